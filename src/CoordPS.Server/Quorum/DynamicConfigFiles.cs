using System.Globalization;
using System.Text;
using CoordPS.Storage;
using CoordPS.Zab;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Quorum;

/// <summary>
/// The files in which a member keeps a configuration that changes at run time, as Apache lays them out: <c>zoo.cfg.dynamic.VERSION</c>
/// with the active one, <c>zoo.cfg.dynamic.next</c> with one that was proposed, and the line of <c>zoo.cfg</c> that names the first.
/// A member that has no <c>zoo.cfg</c> keeps them in its data directory, each with the members that it was started with; started with
/// others, it goes by those.
/// </summary>
internal sealed class DynamicConfigFiles
{
    private const string GivenHeader = "# In place of these members, which the server was started with:";
    private const string GivenPrefix = "#   ";
    private const string NextSuffix = "next";

    // Line endings as in Apache's files.
    private const char NewLine = '\n';

    private readonly string? _staticFile;
    private readonly string _prefix;
    private readonly EnsembleConfig _given;
    private readonly long _id;
    private readonly ILogger _logger;
    private bool _isStaticMigrated;
    private EnsembleConfig? _next;

    private DynamicConfigFiles(ServerConfig config, ILogger logger)
    {
        _staticFile = config.ConfigFile is { } file ? Path.GetFullPath(file) : null;
        _prefix = (_staticFile ?? Path.Combine(Path.GetFullPath(config.DataDir), "zoo.cfg")) + ".dynamic.";
        _isStaticMigrated = config.DynamicConfigFile is not null;
        _given = ConfigOf(config);
        _id = config.ServerId;
        _logger = logger;
        Active = _given;
    }

    /// <summary>The active configuration at the start.</summary>
    public EnsembleConfig Active { get; private set; }

    /// <summary>The configuration that was proposed and may have become active without this member; null when there is none.</summary>
    public EnsembleConfig? Next { get; private set; }

    /// <summary>Reads the files of a member.</summary>
    /// <param name="config">The settings; on return with the members as the files have them.</param>
    /// <param name="logger">Told of what is passed over.</param>
    /// <exception cref="ConfigException">A file is malformed, or the members given don't include this one.</exception>
    /// <exception cref="StorageException">A file can't be read.</exception>
    public static DynamicConfigFiles Open(ref ServerConfig config, ILogger logger)
    {
        var files = new DynamicConfigFiles(config, logger);
        files.CheckNamesSelf(config);
        if (!config.ReconfigEnabled)
            return files;
        if (files._staticFile is null && files.FindStored() is { } stored)
        {
            files.Active = stored;
            config = With(config, stored);
        }

        string next = files._prefix + NextSuffix;
        if ((files._staticFile is null || files._isStaticMigrated) && Read(next) is { } text && files.IsFor(text))
        {
            EnsembleConfig proposed = Parse(next, text);
            if (proposed.Version > files.Active.Version)
                files._next = files.Next = proposed;
        }

        return files;
    }

    /// <summary>The settings' server, group and weight lines as the consensus core takes them.</summary>
    /// <exception cref="ConfigException">They contradict each other.</exception>
    public static EnsembleConfig ConfigOf(ServerConfig config)
    {
        try
        {
            return new EnsembleConfig(
                config.Servers.Values.Select(static s => EnsembleMember.Parse(s.Id, s.ToString())), config.ConfigVersion, config.Groups, config.Weights);
        }
        catch (FormatException e)
        {
            throw new ConfigException($"{config}: {e.Message}", e);
        }
    }

    /// <summary>Remembers a configuration that was proposed; durable on return.</summary>
    /// <exception cref="StorageException">The file can't be written.</exception>
    public void WriteNext(EnsembleConfig next)
    {
        Write(_prefix + NextSuffix, next, withVersion: true);
        _next = next;
    }

    /// <summary>Makes a configuration the active one, and forgets a proposed one that is not newer; durable on return.</summary>
    /// <exception cref="StorageException">A file can't be written.</exception>
    public void WriteActive(EnsembleConfig active)
    {
        string file = _prefix + active.Version.ToString("x", CultureInfo.InvariantCulture);
        Write(file, active, withVersion: false);
        if (_staticFile is not null)
            EditStatic(_staticFile, file, active);
        else
            DeleteOthers(active.Version);
        if (_next is not null && _next.Version > active.Version)
            return;
        _next = null;
        Guard(_prefix + NextSuffix, "delete", static path => File.Delete(path));
    }

    private void CheckNamesSelf(ServerConfig config)
    {
        if (_given.Members.ContainsKey(_id))
            return;
        throw new ConfigException(
            config.DynamicConfigFile ?? config.ConfigFile, 0, $"server.{_id}", null,
            $"is missing: this member's id is {_id}, by {Path.Combine(config.DataDir, "myid")}; name it in a server line, or correct myid"
            + (config.ConfigVersion > 0 ? ". If it was removed from the ensemble, add its line again to have it join" : ""));
    }

    private static ServerConfig With(ServerConfig config, EnsembleConfig ensemble)
    {
        config = config with
        {
            Servers = ensemble.Members.ToDictionary(static m => m.Key, static m => QuorumServer.Parse(m.Key, m.Value.ToString())),
            Groups = ensemble.Groups,
            Weights = ensemble.Weights,
            ConfigVersion = ensemble.Version,
        };
        EnsembleMember self = ensemble.Members[config.ServerId];
        return config with
        {
            PeerType = self.Type == Zab.LearnerType.Observer ? LearnerType.Observer : LearnerType.Participant,
            ClientPort = self.ClientPort == 0 ? config.ClientPort : self.ClientPort,
            ClientPortAddress = self.ClientPort == 0 ? config.ClientPortAddress : self.ClientHost,
        };
    }

    private static EnsembleConfig Parse(string file, string text)
    {
        try
        {
            return EnsembleConfig.Parse(text);
        }
        catch (FormatException e)
        {
            throw new ConfigException($"{file}: {e.Message} Correct it after the file of another member; delete it only if it is this member's .next.", e);
        }
    }

    private static long? VersionOf(string file) =>
        long.TryParse(Path.GetExtension(file).TrimStart('.'), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long version) ? version : null;

    private static string Lines(EnsembleConfig config)
    {
        string text = config.ToString();
        return text[..text.LastIndexOf("version=", StringComparison.Ordinal)];
    }

    /// <summary>The newest stored configuration, if it took the place of the members that this member is started with now.</summary>
    private EnsembleConfig? FindStored()
    {
        string directory = Path.GetDirectoryName(_prefix)!;
        if (!Directory.Exists(directory))
            return null;
        string? newest = Stored(directory).MaxBy(static f => VersionOf(f));
        if (newest is null || VersionOf(newest) <= _given.Version || Read(newest) is not { } text)
            return null;
        if (!IsFor(text))
        {
            _logger.LogWarning(
                "{File} is left out of account: this member was started with other members when it was written. It goes by those given now.", newest);
            return null;
        }

        EnsembleConfig stored = Parse(newest, text).WithVersion(VersionOf(newest)!.Value);
        if (stored.Members.ContainsKey(_id))
            return stored;
        _logger.LogWarning(
            "{File} says that this member, {Id}, was removed from the ensemble. It starts as one that wants to join; add it by a reconfiguration.", newest, _id);
        return null;
    }

    private IEnumerable<string> Stored(string directory) =>
        Directory.EnumerateFiles(directory, Path.GetFileName(_prefix) + "*").Where(static f => VersionOf(f) is not null);

    /// <summary>Whether a file belongs to a member that is started with the members given now. Of Apache's layout it does anyway.</summary>
    private bool IsFor(string text)
    {
        if (_staticFile is not null)
            return true;
        IEnumerable<string> given = text.Split(NewLine).Where(static l => l.StartsWith(GivenPrefix, StringComparison.Ordinal)).Select(static l => l[GivenPrefix.Length..]);
        return string.Concat(given.Select(static l => l + NewLine)) == Lines(_given);
    }

    private static string? Read(string file)
    {
        string? text = null;
        if (File.Exists(file))
            Guard(file, "read", path => text = File.ReadAllText(path));
        return text;
    }

    private void Write(string file, EnsembleConfig config, bool withVersion)
    {
        var text = new StringBuilder();
        if (_staticFile is null)
        {
            text.Append(GivenHeader).Append(NewLine);
            foreach (string line in Lines(_given).Split(NewLine, StringSplitOptions.RemoveEmptyEntries))
                text.Append(GivenPrefix).Append(line).Append(NewLine);
        }

        text.Append(withVersion ? config.ToString() + NewLine : Lines(config));
        Guard(file, "write", path => DurableFile.ReplaceAllBytes(path, Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>
    /// Has the static file name the dynamic one, and drops from it what that has instead. Comments, order and everything else stay,
    /// unlike with Apache.
    /// </summary>
    private void EditStatic(string file, string dynamicFile, EnsembleConfig active)
    {
        bool hasClientAddress = active.Members.TryGetValue(_id, out EnsembleMember? self) && self.ClientPort != 0;
        Guard(file, "rewrite", path =>
        {
            // What is replaced is the file, not a link to it.
            path = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
            byte[] before = File.ReadAllBytes(path);
            if (!_isStaticMigrated)
                DurableFile.ReplaceAllBytes(file + ".bak", before, like: path);
            _isStaticMigrated = true;
            DurableFile.ReplaceAllBytes(path, Encoding.Latin1.GetBytes(Edit(Encoding.Latin1.GetString(before), dynamicFile, hasClientAddress)));
        });
    }

    private static string Edit(string text, string dynamicFile, bool hasClientAddress)
    {
        string[] lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');
        var dropped = new HashSet<int>();
        foreach (ConfigFileEntry entry in ConfigFile.Parse(text, null))
        {
            if (!EnsembleSettings.Owns(entry.Key) && entry.Key is not ("dynamicConfigFile" or "peerType")
                && !(hasClientAddress && entry.Key is "clientPort" or "clientPortAddress"))
                continue;
            int line = entry.Line - 1;
            dropped.Add(line);
            while (ConfigFile.EndsInContinuation(lines[line]) && line + 1 < lines.Length)
                dropped.Add(++line);
        }

        var edited = new StringBuilder();
        for (int i = 0; i < lines.Length; i++)
        {
            // The last line is what follows the last line ending, mostly nothing.
            if (!dropped.Contains(i) && (i + 1 < lines.Length || lines[i].Length > 0))
                edited.Append(lines[i]).Append(NewLine);
        }

        edited.Append("dynamicConfigFile=");
        foreach (char c in dynamicFile.Replace('\\', '/'))
        {
            if (char.IsAscii(c))
                edited.Append(c);
            else
                edited.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return edited.Append(NewLine).ToString();
    }

    private void DeleteOthers(long version)
    {
        foreach (string file in Stored(Path.GetDirectoryName(_prefix)!).Where(f => VersionOf(f) != version).ToArray())
            Guard(file, "delete", static path => File.Delete(path));
    }

    private static void Guard(string file, string what, Action<string> action)
    {
        try
        {
            action(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                $"Can't {what} '{file}', in which this member keeps the ensemble's configuration: {e.Message} Give the server's user the right to change "
                + "the file and its directory and make room on the disk, or set reconfigEnabled=false on all members.", file, e);
        }
    }
}
