using System.Net;
using CoordPS.Server.Admin;

namespace CoordPS.Server.Tests.Admin;

/// <summary>A server with fixed numbers, to check what the reports make of them.</summary>
internal sealed class InspectedServer : IServerInspection
{
    public const long First = 0x100001e9ca40000;
    public const long Second = 0x100001e9ca40001;

    public ServerConfig Config { get; set; } = new()
    {
        DataDir = "/zk", TickTime = 2000, MaxClientCnxns = 0, FourLetterWordWhitelist = "*", InitialConfig = "tickTime=2000\n",
        SuperDigest = "super:secret",
    };

    public int ClientPort => 2181;

    public string SnapshotDirectory { get; set; } = "/zk/version-2";

    public string LogDirectory { get; set; } = "/zk/version-2";

    public bool IsServing { get; set; } = true;

    public ServerMode Mode { get; set; } = ServerMode.Standalone;

    public TimeSpan Uptime => TimeSpan.FromMilliseconds(18574);

    public long LastProcessedZxid { get; set; } = 0x1f;

    public int NodeCount => 9;

    public int WatchCount => 4;

    public int EphemeralCount => 2;

    public long ApproximateDataSize => 60;

    public int GlobalSessionCount => 2;

    public int LocalSessionCount => 0;

    public int OutstandingRequests => 3;

    public int ConnectionCount => 2;

    public ServerMetrics Metrics { get; } = new();

    public (long Zxid, DateTimeOffset Time)? LastSnapshot { get; set; } = (0x1e, DateTimeOffset.FromUnixTimeSeconds(1795318869));

    public EnsembleInfo? Ensemble { get; set; }

    public int ConnectionResets { get; private set; }

    public IReadOnlyList<ConnectionInfo> Connections() =>
    [
        new ConnectionInfo
        {
            Remote = new IPEndPoint(IPAddress.Loopback, 38042), PacketsReceived = 11, PacketsSent = 10, Outstanding = 1, SessionId = First,
            LastOperation = "EXIS", Established = DateTimeOffset.FromUnixTimeMilliseconds(1795318885966), SessionTimeout = 10000,
            LastCxid = 0xa, LastZxid = 5, LastResponseTime = 2022395, LastLatency = 0, MinLatency = 0, AverageLatency = 1, MaxLatency = 6,
        },
        new ConnectionInfo { Remote = new IPEndPoint(IPAddress.Loopback.MapToIPv6(), 38100), InterestOps = 0, PacketsReceived = 1 },
    ];

    public void ResetConnectionStats() => ConnectionResets++;

    public IReadOnlyList<SessionExpiry> SessionExpiries() =>
        [new SessionExpiry(new DateTimeOffset(2026, 11, 2, 3, 4, 5, TimeSpan.Zero), 2062000, [Second, First])];

    public IReadOnlyDictionary<long, IReadOnlyList<string>> Ephemerals() =>
        new Dictionary<long, IReadOnlyList<string>> { [First] = ["/a/e", "/a/f"] };

    (int Connections, int Paths, int Watches) IServerInspection.WatchSummary() => (2, 2, 3);

    public IReadOnlyDictionary<long, IReadOnlyList<string>> WatchesBySession() =>
        new Dictionary<long, IReadOnlyList<string>> { [First] = ["/a/b", "/nope"], [Second] = ["/a/b"] };

    public IReadOnlyDictionary<string, IReadOnlyList<long>> WatchesByPath() =>
        new Dictionary<string, IReadOnlyList<long>> { ["/a/b"] = [First, Second], ["/nope"] = [First] };
}
