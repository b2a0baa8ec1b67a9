using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace CoordPS.Server.Admin;

/// <summary>
/// The four-letter words: a client that sends one of them in place of a frame's length gets a text and its connection is closed.
/// </summary>
/// <remarks>Specified by the ZooKeeper Administrator's Guide, "The Four Letter Words"; the texts are those that 3.8 prints.</remarks>
internal sealed class FourLetterWords
{
    private const string NotServing = "This ZooKeeper instance is not currently serving requests\n";

    private static readonly string[] Known =
    [
        "conf", "cons", "crst", "dirs", "dump", "envi", "isro", "mntr", "ruok", "srst", "srvr", "stat", "wchc", "wchp", "wchs",
    ];

    private readonly IServerInspection _server;
    private readonly HashSet<string> _allowed;

    public FourLetterWords(IServerInspection server)
    {
        _server = server;
        _allowed = Allowed(server.Config);
    }

    /// <summary>Whether the first four bytes of a connection, read as the length of a frame, are a word rather than a length.</summary>
    public static bool IsWord(int firstFourBytes) => Word(firstFourBytes) is not null;

    /// <summary>The text to send before the connection is closed.</summary>
    /// <param name="firstFourBytes">A value for which <see cref="IsWord"/> is true.</param>
    public byte[] Answer(int firstFourBytes)
    {
        var word = Word(firstFourBytes) ?? throw new ArgumentOutOfRangeException(nameof(firstFourBytes));
        return Encoding.UTF8.GetBytes(Answer(word));
    }

    /// <inheritdoc cref="Answer(int)"/>
    public string Answer(string word)
    {
        if (!_allowed.Contains(word))
        {
            return $"{word} is not executed because it is not in the whitelist.\n";
        }

        return word switch
        {
            "ruok" => "imok",
            "conf" => WhenServing(Conf),
            "cons" => WhenServing(Cons),
            "crst" => WhenServing(ResetConnectionStats),
            "dirs" => WhenServing(Dirs),
            "dump" => WhenServing(Dump),
            "envi" => Envi(),
            "isro" => !_server.IsServing ? "null" : _server.Mode == ServerMode.ReadOnly ? "ro" : "rw",
            "mntr" => WhenServing(Mntr),
            "srst" => WhenServing(ResetStats),
            "srvr" => WhenServing(() => Stat(withClients: false)),
            "stat" => WhenServing(() => Stat(withClients: true)),
            "wchc" => WhenServing(WatchesBySession),
            "wchp" => WhenServing(WatchesByPath),
            "wchs" => WhenServing(WatchSummary),
            _ => throw new ArgumentOutOfRangeException(nameof(word), word, "not a four-letter word"),
        };
    }

    internal static string StateName(ServerMode mode) => mode switch
    {
        ServerMode.Standalone => "standalone",
        ServerMode.Leader => "leader",
        ServerMode.Follower => "follower",
        ServerMode.Observer => "observer",
        _ => "read-only",
    };

    internal static string RemoteText(EndPoint remote) => remote switch
    {
        IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped => new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port).ToString(),
        _ => remote.ToString() ?? "",
    };

    private static string? Word(int firstFourBytes)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, firstFourBytes);
        foreach (var known in Known)
        {
            if (bytes[0] == known[0] && bytes[1] == known[1] && bytes[2] == known[2] && bytes[3] == known[3])
            {
                return known;
            }
        }

        return null;
    }

    private static HashSet<string> Allowed(ServerConfig config)
    {
        // srvr always answers, because zkServer.sh depends on it; isro does when read-only clients may look for a server.
        var allowed = new HashSet<string>(StringComparer.Ordinal) { "srvr" };
        if (config.ReadOnlyModeEnabled)
        {
            allowed.Add("isro");
        }

        foreach (var word in config.FourLetterWordWhitelist.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (word == "*")
            {
                allowed.UnionWith(Known);
                break;
            }

            allowed.Add(word);
        }

        return allowed;
    }

    private static string Hex(long id) => "0x" + id.ToString("x", CultureInfo.InvariantCulture);

    private string WhenServing(Func<string> answer) => _server.IsServing ? answer() : NotServing;

    private string Conf()
    {
        var config = _server.Config;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"clientPort={_server.ClientPort}\n");
        text.Append("secureClientPort=-1\n");
        text.Append(CultureInfo.InvariantCulture, $"dataDir={_server.SnapshotDirectory}\n");
        text.Append(CultureInfo.InvariantCulture, $"dataDirSize={DirectorySize.Of(_server.SnapshotDirectory)}\n");
        text.Append(CultureInfo.InvariantCulture, $"dataLogDir={_server.LogDirectory}\n");
        text.Append(CultureInfo.InvariantCulture, $"dataLogSize={DirectorySize.Of(_server.LogDirectory)}\n");
        text.Append(CultureInfo.InvariantCulture, $"tickTime={config.TickTime}\n");
        text.Append(CultureInfo.InvariantCulture, $"maxClientCnxns={config.MaxClientCnxns}\n");
        text.Append(CultureInfo.InvariantCulture, $"minSessionTimeout={config.MinSessionTimeout}\n");
        text.Append(CultureInfo.InvariantCulture, $"maxSessionTimeout={config.MaxSessionTimeout}\n");
        text.Append(CultureInfo.InvariantCulture, $"clientPortListenBacklog={config.ClientPortListenBacklog}\n");
        text.Append(CultureInfo.InvariantCulture, $"serverId={Math.Max(0, config.ServerId)}\n");
        if (_server.Ensemble is not { } ensemble)
        {
            return text.ToString();
        }

        text.Append(CultureInfo.InvariantCulture, $"initLimit={config.InitLimit}\n");
        text.Append(CultureInfo.InvariantCulture, $"syncLimit={config.SyncLimit}\n");
        text.Append("electionAlg=3\n");
        text.Append(CultureInfo.InvariantCulture, $"electionPort={PortOf(ensemble.ElectionAddress)}\n");
        text.Append(CultureInfo.InvariantCulture, $"quorumPort={PortOf(ensemble.QuorumAddress)}\n");
        text.Append(CultureInfo.InvariantCulture, $"peerType={(ensemble.Members.TryGetValue(config.ServerId, out var self) ? (int)self.Type : 0)}\n");
        text.Append("membership: \n");
        foreach (var member in ensemble.Members.Values.OrderBy(s => s.Id))
        {
            text.Append(CultureInfo.InvariantCulture, $"server.{member.Id}={member}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"version={ensemble.ConfigVersion:x}").ToString();
    }

    private static string PortOf(string address) => address[(address.LastIndexOf(':') + 1)..];

    private string Cons()
    {
        var text = new StringBuilder();
        foreach (var connection in _server.Connections())
        {
            AppendConnection(text, connection, brief: false).Append('\n');
        }

        return text.Append('\n').ToString();
    }

    private string Stat(bool withClients)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Zookeeper version: {ServerVersion.Text}\n");
        if (_server.Mode == ServerMode.ReadOnly)
        {
            text.Append("READ-ONLY mode; serving only read-only clients\n");
        }

        if (withClients)
        {
            text.Append("Clients:\n");
            foreach (var connection in _server.Connections())
            {
                AppendConnection(text, connection, brief: true).Append('\n');
            }

            text.Append('\n');
        }

        var latency = _server.Metrics.RequestLatency;
        text.Append(CultureInfo.InvariantCulture, $"Latency min/avg/max: {latency.Min}/{MetricsReport.Format(latency.Average)}/{latency.Max}\n");
        text.Append(CultureInfo.InvariantCulture, $"Received: {_server.Metrics.PacketsReceived.Value}\n");
        text.Append(CultureInfo.InvariantCulture, $"Sent: {_server.Metrics.PacketsSent.Value}\n");
        text.Append(CultureInfo.InvariantCulture, $"Connections: {_server.ConnectionCount}\n");
        text.Append(CultureInfo.InvariantCulture, $"Outstanding: {_server.OutstandingRequests}\n");
        text.Append(CultureInfo.InvariantCulture, $"Zxid: {Hex(_server.LastProcessedZxid)}\n");
        text.Append(CultureInfo.InvariantCulture, $"Mode: {StateName(_server.Mode)}\n");
        text.Append(CultureInfo.InvariantCulture, $"Node count: {_server.NodeCount}\n");
        if (_server.Ensemble?.Leader is { } leader)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"Proposal sizes last/min/max: {leader.LastProposalSize}/{leader.MinProposalSize}/{leader.MaxProposalSize}\n");
        }

        return text.ToString();
    }

    private static StringBuilder AppendConnection(StringBuilder text, ConnectionInfo connection, bool brief)
    {
        text.Append(CultureInfo.InvariantCulture, $" /{RemoteText(connection.Remote)}[{connection.InterestOps:x}]");
        text.Append(CultureInfo.InvariantCulture,
            $"(queued={connection.Outstanding},recved={connection.PacketsReceived},sent={connection.PacketsSent}");
        if (brief || connection.SessionId == 0)
        {
            return text.Append(')');
        }

        text.Append(CultureInfo.InvariantCulture, $",sid={Hex(connection.SessionId)},lop={connection.LastOperation}");
        text.Append(CultureInfo.InvariantCulture, $",est={connection.Established.ToUnixTimeMilliseconds()},to={connection.SessionTimeout}");
        if (connection.LastCxid >= 0)
        {
            text.Append(CultureInfo.InvariantCulture, $",lcxid={Hex(connection.LastCxid)}");
        }

        text.Append(CultureInfo.InvariantCulture, $",lzxid={Hex(connection.LastZxid)},lresp={connection.LastResponseTime}");
        text.Append(CultureInfo.InvariantCulture, $",llat={connection.LastLatency},minlat={connection.MinLatency}");
        return text.Append(CultureInfo.InvariantCulture, $",avglat={connection.AverageLatency},maxlat={connection.MaxLatency})");
    }

    private string ResetConnectionStats()
    {
        _server.ResetConnectionStats();
        return "Connection stats reset.\n";
    }

    private string ResetStats()
    {
        _server.Metrics.Reset();
        return "Server stats reset.\n";
    }

    private string Dirs() => string.Create(
        CultureInfo.InvariantCulture,
        $"datadir_size: {DirectorySize.Of(_server.SnapshotDirectory)}\nlogdir_size: {DirectorySize.Of(_server.LogDirectory)}\n");

    private string Dump()
    {
        var text = new StringBuilder("SessionTracker dump:\n");
        var expiries = _server.SessionExpiries();
        text.Append(CultureInfo.InvariantCulture, $"Session Sets ({expiries.Count})/({expiries.Sum(e => e.Sessions.Count)}):\n");
        foreach (var expiry in expiries)
        {
            text.Append(CultureInfo.InvariantCulture, $"{expiry.Sessions.Count} expire at {expiry.Time.UtcDateTime:ddd MMM dd HH:mm:ss 'UTC' yyyy}:\n");
            foreach (var session in expiry.Sessions)
            {
                text.Append('\t').Append(Hex(session)).Append('\n');
            }
        }

        var ephemerals = _server.Ephemerals();
        text.Append(CultureInfo.InvariantCulture, $"ephemeral nodes dump:\nSessions with Ephemerals ({ephemerals.Count}):\n");
        foreach (var (session, paths) in ephemerals.OrderBy(e => e.Key))
        {
            text.Append(Hex(session)).Append(":\n");
            foreach (var path in paths)
            {
                text.Append('\t').Append(path).Append('\n');
            }
        }

        var connections = _server.Connections();
        text.Append(CultureInfo.InvariantCulture, $"Connections dump:\nConnections ({connections.Count}):\n");
        foreach (var connection in connections)
        {
            text.Append(CultureInfo.InvariantCulture, $"\tip: /{RemoteText(connection.Remote)} sessionId: {Hex(connection.SessionId)}\n");
        }

        return text.ToString();
    }

    private static string Envi()
    {
        var text = new StringBuilder("Environment:\n");
        foreach (var (name, value) in EnvironmentReport.Values())
        {
            text.Append(name).Append('=').Append(value).Append('\n');
        }

        return text.ToString();
    }

    private string Mntr()
    {
        var text = new StringBuilder();
        foreach (var (name, value) in MetricsReport.Values(_server))
        {
            text.Append("zk_").Append(name).Append('\t').Append(MetricsReport.Format(value)).Append('\n');
        }

        return text.ToString();
    }

    private string WatchSummary()
    {
        var (connections, paths, watches) = _server.WatchSummary();
        return string.Create(CultureInfo.InvariantCulture, $"{connections} connections watching {paths} paths\nTotal watches:{watches}\n");
    }

    private string WatchesBySession()
    {
        var text = new StringBuilder();
        foreach (var (session, paths) in _server.WatchesBySession())
        {
            text.Append(Hex(session)).Append('\n');
            foreach (var path in paths)
            {
                text.Append('\t').Append(path).Append('\n');
            }
        }

        return text.Append('\n').ToString();
    }

    private string WatchesByPath()
    {
        var text = new StringBuilder();
        foreach (var (path, sessions) in _server.WatchesByPath())
        {
            text.Append(path).Append('\n');
            foreach (var session in sessions)
            {
                text.Append('\t').Append(Hex(session)).Append('\n');
            }
        }

        return text.Append('\n').ToString();
    }
}
