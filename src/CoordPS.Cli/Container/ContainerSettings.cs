using CoordPS.Server;

namespace CoordPS.Cli;

/// <summary>
/// The settings of a member that runs as a container, by the environment variables of the official Apache image (docker-library, zookeeper):
/// a <c>zoo.cfg</c> and a <c>myid</c> are made of them when there are none. Files that are there count, as when the container starts again.
/// </summary>
internal sealed class ContainerSettings(Func<string, string?> environment)
{
    private const string DefaultServers = "server.1=localhost:2888:3888;2181";

    /// <summary>Variables that set a line of <c>zoo.cfg</c>, with the value it has without them.</summary>
    private static readonly (string Key, string Variable, string Default)[] Lines =
    [
        ("dataDir", "ZOO_DATA_DIR", "/data"),
        ("dataLogDir", "ZOO_DATA_LOG_DIR", "/datalog"),
        ("tickTime", "ZOO_TICK_TIME", "2000"),
        ("initLimit", "ZOO_INIT_LIMIT", "5"),
        ("syncLimit", "ZOO_SYNC_LIMIT", "2"),
        ("autopurge.snapRetainCount", "ZOO_AUTOPURGE_SNAPRETAINCOUNT", "3"),
        ("autopurge.purgeInterval", "ZOO_AUTOPURGE_PURGEINTERVAL", "0"),
        ("maxClientCnxns", "ZOO_MAX_CLIENT_CNXNS", "60"),
        ("standaloneEnabled", "ZOO_STANDALONE_ENABLED", "true"),
        ("admin.enableServer", "ZOO_ADMINSERVER_ENABLED", "true"),
    ];

    /// <summary>Variables of that image which are about Java; what they would set is to be said otherwise.</summary>
    private static readonly string[] OfJava = ["JVMFLAGS", "SERVER_JVMFLAGS", "ZOO_LOG4J_PROP"];

    private static readonly char[] Blanks = [' ', '\t', '\r', '\n'];

    /// <summary>The <c>zoo.cfg</c> that counts.</summary>
    public string ConfigFile => Path.Combine(Value("ZOO_CONF_DIR", "/conf"), "zoo.cfg");

    private string DataDir => Value("ZOO_DATA_DIR", "/data");

    /// <summary>The text of the <c>zoo.cfg</c> that the variables say.</summary>
    public string Config()
    {
        IEnumerable<string> lines = Lines.Select(line => $"{line.Key}={Value(line.Variable, line.Default)}")
            .Concat(Words("ZOO_SERVERS") is { Length: > 0 } servers ? servers : [DefaultServers]);
        if (Value("ZOO_4LW_COMMANDS_WHITELIST", "") is { Length: > 0 } words)
        {
            lines = lines.Append($"4lw.commands.whitelist={words}");
        }

        return string.Join('\n', lines.Concat(Words("ZOO_CFG_EXTRA"))) + "\n";
    }

    /// <summary>What is set in vain.</summary>
    public IEnumerable<string> Warnings() => OfJava.Where(name => Value(name, "").Length > 0)
        .Select(name => $"{name} has no effect: this server is not Java. Name settings in ZOO_CFG_EXTRA, and what to log with --log-level.");

    /// <summary>Writes the files that are missing.</summary>
    /// <exception cref="UnauthorizedAccessException">They can't be written.</exception>
    /// <exception cref="IOException">They can't be written.</exception>
    public void Write()
    {
        WriteMissing(ConfigFile, Config());
        WriteMissing(Path.Combine(DataDir, "myid"), Value("ZOO_MY_ID", IdOfHost() ?? "1") + "\n");
    }

    /// <summary>
    /// The number of the server whose host begins with this container's name, as those of a StatefulSet's pods do (<c>server.2=zk-1.zk:…</c> for
    /// <c>zk-1</c>); null when there is none.
    /// </summary>
    private string? IdOfHost() => Value("HOSTNAME", "") is { Length: > 0 } host
        ? Words("ZOO_SERVERS").Select(static line => line.Split('=', 2)).FirstOrDefault(parts =>
            parts is [var key, var address] && key.StartsWith("server.", StringComparison.Ordinal) && address.Split(':')[0].Split('.')[0].Equals(host, StringComparison.OrdinalIgnoreCase))?[0]["server.".Length..]
        : null;

    /// <summary>Whole or not at all: a container that is killed just then starts again with what it finds.</summary>
    private static void WriteMissing(string file, string text)
    {
        if (File.Exists(file))
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file + ".new", text);
        File.Move(file + ".new", file);
    }

    /// <summary>An empty variable counts as none, as in a shell's <c>${NAME:-default}</c>.</summary>
    private string Value(string variable, string fallback) => environment(variable)?.Trim() is { Length: > 0 } text ? text : fallback;

    private string[] Words(string variable) => Value(variable, "").Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
}
