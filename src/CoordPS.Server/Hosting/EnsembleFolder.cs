using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CoordPS.Server.Hosting;

/// <summary>
/// The folder of a local ensemble: <c>ensemble.json</c>, and for each member a folder <c>1</c>, <c>2</c> and so on with its <c>myid</c>,
/// <c>zoo.cfg</c> and data. A standalone server's data is in the folder itself.
/// </summary>
internal sealed class EnsembleFolder
{
    public const string DescriptionFile = "ensemble.json";
    public const string ConfigFileName = "zoo.cfg";
    public const string ClientPort = "client port";
    public const string QuorumPort = "quorum port";
    public const string ElectionPort = "election port";

    private const int HighestPort = 65535;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    // Members on one machine hear of each other within milliseconds: three seconds of silence are a loss. Clients choose their session
    // timeouts as with Apache's defaults. A log grows by less at a time, since three of them lie on one disk.
    private static readonly (string Key, string Value)[] MemberDefaults =
    [
        ("tickTime", "500"), ("initLimit", "20"), ("syncLimit", "6"), ("maxSessionTimeout", "60000"), ("maxClientCnxns", "0"),
        ("preAllocSize", "4096"), ("reconfigEnabled", "true"), .. CommonDefaults,
    ];

    private static (string Key, string Value)[] CommonDefaults => [("admin.enableServer", "false"), ("4lw.commands.whitelist", "*")];

    private readonly List<string> _createdFolders = [];
    private readonly List<string> _createdFiles = [];
    private readonly List<int> _givenPorts = [];

    private EnsembleFolder(string path, EnsembleDescription? description)
    {
        Path = path;
        Description = description;
    }

    public string Path { get; }

    /// <summary>Null for a standalone server in this process, which has none.</summary>
    public EnsembleDescription? Description { get; private set; }

    public IReadOnlyList<MemberFolder> Members { get; private set; } = [];

    /// <summary>Reads the description of the ensemble that a folder holds; null when there is none.</summary>
    /// <exception cref="LocalEnsembleException">The description is damaged.</exception>
    public static EnsembleDescription? ReadDescription(string path)
    {
        string file = System.IO.Path.Combine(path, DescriptionFile);
        if (!File.Exists(file))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(file), HostingJson.Default.EnsembleDescription) is { Members.Count: > 0 } found
                ? found
                : throw new JsonException("it names no members");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.Data, $"'{file}' does not describe an ensemble: {e.Message}",
                $"Restore the file, or move '{path}' away to begin anew; the members' data in it is untouched.", null, e);
        }
    }

    /// <summary>Opens the folder of an ensemble, or makes one.</summary>
    /// <exception cref="LocalEnsembleException">The folder holds something else, or the options don't fit it. Nothing was overwritten.</exception>
    public static EnsembleFolder Open(LocalEnsembleOptions options, string path)
    {
        if (ReadDescription(path) is { } description)
            return OpenExisting(options, path, description);
        int members = options.Members ?? 1;
        int observers = options.Observers ?? 0;
        if (members == 1 && observers > 0)
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.Configuration, "Observers need a quorum, and one member is a standalone server.", "Give -Members 3, or leave out -Observers.");
        }

        if (members == 1 && !options.OutOfProcess)
            return Standalone(options, path);
        RefuseForeign(path, members == 1 ? "server" : "ensemble");
        var folder = new EnsembleFolder(path, null);
        try
        {
            folder.Create(options, members, observers);
            return folder;
        }
        catch (Exception e)
        {
            folder.Discard();
            if (e is ConfigException or IOException or UnauthorizedAccessException)
                throw Unusable(path, e);
            throw;
        }
    }

    /// <summary>Opens the folder of an ensemble whose members run, or ran, as processes.</summary>
    /// <exception cref="LocalEnsembleException">It can't be read.</exception>
    public static EnsembleFolder OpenRecorded(string path)
    {
        EnsembleDescription description = ReadDescription(path) ?? throw new LocalEnsembleException(
            LocalEnsembleProblem.Data, $"'{System.IO.Path.Combine(path, DescriptionFile)}' is missing.", "Restore the ensemble's folder, or stop the ensemble to forget it.");
        var folder = new EnsembleFolder(path, description);
        folder.ReadMembers();
        return folder;
    }

    /// <summary>Removes what opening has made.</summary>
    public void Discard()
    {
        ReleasePorts();
        foreach (string file in _createdFiles)
            File.Delete(file);
        for (int i = _createdFolders.Count - 1; i >= 0; i--)
        {
            if (Directory.Exists(_createdFolders[i]))
                Directory.Delete(_createdFolders[i], recursive: true);
        }

        _createdFiles.Clear();
        _createdFolders.Clear();
    }

    /// <summary>What was made stays from now on.</summary>
    public void Keep()
    {
        _createdFiles.Clear();
        _createdFolders.Clear();
    }

    /// <summary>Lets others have the ports that were chosen.</summary>
    public void ReleasePorts()
    {
        _givenPorts.ForEach(PortPicker.Release);
        _givenPorts.Clear();
    }

    /// <summary>Whether opening has made it, so that it can be made again with other ports.</summary>
    public bool IsNew => _createdFiles.Count > 0;

    /// <summary>Finds out which port is in the way, of those that are not to be exchanged for others.</summary>
    /// <exception cref="LocalEnsembleException">A port that was given, or that clients and other members know already, is in use.</exception>
    public void CheckPorts(LocalEnsembleOptions options)
    {
        foreach (MemberFolder member in Members)
        {
            foreach ((string purpose, string? host, int port) in member.Ports)
            {
                IReadOnlyList<int> given = purpose == ClientPort ? options.ClientPorts : purpose == QuorumPort ? options.QuorumPorts : options.ElectionPorts;
                bool chosen = IsNew && Ports(given, Members.Count, purpose) is null;
                if (!chosen && !PortPicker.IsFree(host, port))
                {
                    throw new LocalEnsembleException(
                        LocalEnsembleProblem.Address, $"Member {member.Id} can't have {purpose} {port}: something listens on {host ?? "*"}:{port} already.",
                        IsNew ? "Give another port, or leave it out to have a free one chosen." : "Stop what uses the port: clients and the other members know the member by it.",
                        member.Id);
                }
            }
        }
    }

    /// <summary>The files of one more member, whose server lines are those of the running members and its own.</summary>
    public MemberFolder AddMember(bool observer, IEnumerable<string> serverLines)
    {
        EnsembleDescription description = Description!;
        long id = description.Members.Max(static m => m.Id) + 1;
        // The folder of a member that was removed may be there still.
        while (Directory.Exists(System.IO.Path.Combine(Path, Name(id))))
            id++;
        MemberFolder model = Members[0];
        string host = model.Config.Servers[model.Id].Addresses[0].Host;
        string clientHost = model.Config.ClientPortAddress ?? "0.0.0.0";
        string line = $"server.{Name(id)}={ServerLine(host, Choose(host), Choose(host), observer, clientHost, Choose(clientHost))}";
        string text = Without(File.ReadAllText(model.ConfigPath!), "server.", "dataDir", "dynamicConfigFile", "dataLogDir");
        string path = System.IO.Path.Combine(Path, Name(id));
        CreateFolder(path);
        Write(System.IO.Path.Combine(path, "myid"), Name(id) + "\n");
        Write(
            System.IO.Path.Combine(path, ConfigFileName),
            $"{text.TrimEnd()}\ndataDir={Escape(path)}\n{string.Join('\n', serverLines.Append(line))}\n");
        var member = new MemberFolder(id, path, ServerConfig.Load(System.IO.Path.Combine(path, ConfigFileName)));
        Describe(description with { Members = [.. description.Members, new DescribedMember(id, Name(id))] });
        Members = [.. Members, member];
        Keep();
        return member;
    }

    /// <summary>Forgets a member, and removes its folder if that is wanted.</summary>
    public void RemoveMember(long id, bool deleteData)
    {
        MemberFolder member = Members.Single(m => m.Id == id);
        Describe(Description! with { Members = [.. Description!.Members.Where(m => m.Id != id)] });
        Members = [.. Members.Where(m => m.Id != id)];
        if (deleteData && Directory.Exists(member.Path))
            Directory.Delete(member.Path, recursive: true);
    }

    private static EnsembleFolder OpenExisting(LocalEnsembleOptions options, string path, EnsembleDescription description)
    {
        var folder = new EnsembleFolder(path, description);
        folder.ReadMembers();
        int observers = folder.Members.Count(static m => m.Config.Servers.TryGetValue(m.Id, out QuorumServer? s) && s.Type == LearnerType.Observer);
        int members = folder.Members.Count - observers;
        if ((options.Members ?? members) != members || (options.Observers ?? observers) != observers)
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.Mismatch,
                $"'{path}' holds ensemble '{description.Name}' with {members} members and {observers} observers, not {options.Members ?? members} and {options.Observers ?? observers}.",
                "Leave out -Members and -Observers to start it as it is, and add or remove members afterwards; or give another -DataPath.");
        }

        if (options.Settings.Count > 0 || options.ClientPorts.Count > 0 || options.QuorumPorts.Count > 0 || options.ElectionPorts.Count > 0)
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.Mismatch, $"'{path}' holds ensemble '{description.Name}', whose settings and ports are in its members' {ConfigFileName} files.",
                $"Change them there, such as in '{folder.Members[0].ConfigPath}', and leave out -Configuration and the ports.");
        }

        return folder;
    }

    private static EnsembleFolder Standalone(LocalEnsembleOptions options, string path)
    {
        if (options.QuorumPorts.Count > 0 || options.ElectionPorts.Count > 0)
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.Configuration, "A standalone server has no quorum and election ports.", "Leave them out, or give -Members 3.");
        }

        var text = new StringBuilder();
        Append(text, options, CommonDefaults, [("dataDir", path), ("clientPort", Name(Ports(options.ClientPorts, 1, ClientPort)?[0] ?? 0)), ("clientPortAddress", options.Address)]);
        try
        {
            return new EnsembleFolder(path, null) { Members = [new MemberFolder(1, path, ServerConfig.Parse(text.ToString()))] };
        }
        catch (ConfigException e)
        {
            throw Unusable(path, e);
        }
    }

    /// <summary>Nothing of somebody else's is ever taken for an ensemble's, or written over.</summary>
    private static void RefuseForeign(string path, string what)
    {
        if (!Directory.Exists(path) || !Directory.EnumerateFileSystemEntries(path).Any())
            return;
        throw new LocalEnsembleException(
            LocalEnsembleProblem.Mismatch, $"'{path}' holds something else than an ensemble: it is not empty and has no {DescriptionFile}.",
            $"Give a folder that is empty or does not exist for the new {what}. Nothing was changed.");
    }

    private void Create(LocalEnsembleOptions options, int members, int observers)
    {
        int count = members + observers;
        CreateFolder(Path);
        string host = MemberFolder.Reachable(options.Address).ToString();
        int[]? client = Ports(options.ClientPorts, count, ClientPort);
        int[]? quorum = Ports(options.QuorumPorts, count, QuorumPort);
        int[]? election = Ports(options.ElectionPorts, count, ElectionPort);
        string? password = options.Settings.ContainsKey("DigestAuthenticationProvider.superDigest") ? null
            : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        (string, string)[] super = password is null ? [] : [("DigestAuthenticationProvider.superDigest", SuperDigest(password))];
        if (count == 1)
        {
            var text = new StringBuilder();
            Append(text, options, [.. CommonDefaults, .. super],
                [("dataDir", Path), ("clientPort", Name(client?[0] ?? Choose(options.Address))), ("clientPortAddress", options.Address)]);
            Write(System.IO.Path.Combine(Path, ConfigFileName), text.ToString());
        }
        else
        {
            (string Key, string Value)[] servers = [.. Enumerable.Range(0, count).Select(i => ($"server.{i + 1}", ServerLine(
                host, quorum?[i] ?? Choose(host), election?[i] ?? Choose(host), i >= members, options.Address, client?[i] ?? Choose(options.Address))))];
            for (int id = 1; id <= count; id++)
            {
                string path = System.IO.Path.Combine(Path, Name(id));
                CreateFolder(path);
                Write(System.IO.Path.Combine(path, "myid"), Name(id) + "\n");
                var text = new StringBuilder();
                Append(text, options, [.. MemberDefaults, .. super], [("dataDir", path), .. servers]);
                Write(System.IO.Path.Combine(path, ConfigFileName), text.ToString());
            }
        }

        Describe(new EnsembleDescription
        {
            Name = options.Name,
            Members = [.. Enumerable.Range(1, count).Select(id => new DescribedMember(id, count == 1 ? "." : Name(id)))],
            SuperPassword = password,
        });
        ReadMembers();
    }

    private void ReadMembers()
    {
        var members = new List<MemberFolder>();
        foreach (DescribedMember described in Description!.Members.OrderBy(static m => m.Id))
        {
            string path = System.IO.Path.GetFullPath(System.IO.Path.Combine(Path, described.Folder));
            string file = System.IO.Path.Combine(path, ConfigFileName);
            try
            {
                ServerConfig config = ServerConfig.Load(file);
                if (config.IsDistributed && config.ServerId != described.Id)
                {
                    throw new LocalEnsembleException(
                        LocalEnsembleProblem.Mismatch, $"'{System.IO.Path.Combine(config.DataDir, "myid")}' says {config.ServerId} and {DescriptionFile} says {described.Id}.",
                        "Restore the file: no two members may have the same number.", described.Id);
                }

                members.Add(new MemberFolder(described.Id, path, config));
            }
            catch (ConfigException e)
            {
                throw new LocalEnsembleException(
                    LocalEnsembleProblem.Configuration, $"Member {described.Id} can't start: {e.Message}", $"Correct '{file}'.", described.Id, e);
            }
        }

        Members = members;
    }

    private static LocalEnsembleException Unusable(string path, Exception e) => e is ConfigException
        ? new LocalEnsembleException(LocalEnsembleProblem.Configuration, e.Message, "Correct the setting in -Configuration.", null, e)
        : new LocalEnsembleException(
            LocalEnsembleProblem.Data, e.Message, $"Make sure that '{path}' can be written and that no other server uses it, or give another -DataPath.", null, e);

    internal static int[]? Ports(IReadOnlyList<int> given, int count, string what)
    {
        if (given.Count == 0 || (given.Count == 1 && given[0] == 0))
            return null;
        if (given.Count == 1 && given[0] + count - 1 <= HighestPort)
            return [.. Enumerable.Range(given[0], count)];
        if (given.Count != count || given.Any(static p => p is < 1 or > HighestPort))
        {
            throw new LocalEnsembleException(
                LocalEnsembleProblem.Configuration, $"{given.Count} {what}s were given for {count} members.",
                $"Give one {what} for each member, or the first of consecutive ones, from 1 to {HighestPort}.");
        }

        return [.. given];
    }

    private static string ServerLine(string host, int quorum, int election, bool observer, string clientHost, int client) => string.Create(
        CultureInfo.InvariantCulture, $"{Bracket(host)}:{quorum}:{election}:{(observer ? "observer" : "participant")};{Bracket(clientHost)}:{client}");

    private static string Bracket(string host) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;

    private static string Name(long number) => number.ToString(CultureInfo.InvariantCulture);

    internal static string SuperDigest(string password)
    {
#pragma warning disable CA5350 // The digest that ZooKeeper has.
        return "super:" + Convert.ToBase64String(SHA1.HashData(Encoding.UTF8.GetBytes("super:" + password)));
#pragma warning restore CA5350
    }

    /// <summary>Defaults that the settings don't name, the settings, and what is not up to them: that comes last, and the parser warns of the rest.</summary>
    private static void Append(
        StringBuilder text, LocalEnsembleOptions options, IEnumerable<(string Key, string Value)> defaults, IEnumerable<(string Key, string Value)> last)
    {
        IEnumerable<(string Key, string Value)> lines = defaults.Where(d => !options.Settings.ContainsKey(d.Key))
            .Concat(options.Settings.OrderBy(static s => s.Key, StringComparer.Ordinal).Select(static s => (s.Key, s.Value)))
            .Concat(last);
        foreach ((string key, string value) in lines)
            text.Append(Escape(key)).Append('=').Append(Escape(value)).Append('\n');
    }

    /// <summary>As a Java properties file writes it.</summary>
    private static string Escape(string value)
    {
        var text = new StringBuilder(value.Length);
        foreach (char c in value.ReplaceLineEndings(" "))
        {
            if (c == '\\')
                text.Append(@"\\");
            else if (c is < ' ' or > '~')
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                text.Append(c);
        }

        return text.ToString();
    }

    private static string Without(string text, params string[] keys) => string.Concat(text.Split('\n')
        .Where(line => line.Length > 0 && !keys.Any(key => line.StartsWith(key.EndsWith('.') ? key : key + "=", StringComparison.Ordinal)))
        .Select(static line => line + "\n"));

    private int Choose(string host)
    {
        int port = PortPicker.Next(host);
        _givenPorts.Add(port);
        return port;
    }

    private void Describe(EnsembleDescription description)
    {
        string file = System.IO.Path.Combine(Path, DescriptionFile);
        string text = JsonSerializer.Serialize(description, HostingJson.Default.EnsembleDescription) + "\n";
        if (Description is null)
        {
            Write(file, text);
        }
        else
        {
            PrivateFile.Write(file + ".new", text);
            File.Move(file + ".new", file, overwrite: true);
        }

        Description = description;
    }

    private void CreateFolder(string path)
    {
        // The folder's own missing parents are made, and stay: somebody may have come to use them.
        if (Directory.Exists(path))
            return;
        Directory.CreateDirectory(path);
        _createdFolders.Add(path);
    }

    private void Write(string file, string text)
    {
        PrivateFile.Write(file, text);
        _createdFiles.Add(file);
    }
}
