using CoordPS.Protocol;
using CoordPS.Server.Admin;
using CoordPS.Server.Quorum;
using CoordPS.Storage;

namespace CoordPS.Server;

/// <summary>Shows a server to its four-letter words and its admin endpoint.</summary>
internal sealed class Inspection(ZooKeeperServer server) : IServerInspection
{
    public ServerConfig Config => server.Config;

    public int ClientPort => server.ClientEndPoint.Port;

    public string SnapshotDirectory => server.Database.Directory.SnapshotPath;

    public string LogDirectory => server.Database.Directory.LogPath;

    public bool IsServing => server.IsServing || server.IsReadOnly;

    public ServerMode Mode => server.IsReadOnly ? ServerMode.ReadOnly : server.Member?.State.Role.State switch
    {
        null => ServerMode.Standalone,
        ServerState.Leading => ServerMode.Leader,
        ServerState.Observing => ServerMode.Observer,
        _ => ServerMode.Follower,
    };

    public TimeSpan Uptime => DateTimeOffset.UtcNow - server.Started;

    public long LastProcessedZxid => server.LastProcessedZxid;

    public int NodeCount => server.Tree.NodeCount;

    public int WatchCount => server.Tree.DataWatches.Count + server.Tree.ChildWatches.Count;

    public int EphemeralCount => server.Tree.EphemeralCount;

    public long ApproximateDataSize => server.Tree.ApproximateDataSize;

    public int GlobalSessionCount => server.Sessions.Count;

    public int LocalSessionCount => server.LocalSessions?.Count ?? 0;

    public int OutstandingRequests => server.InProcess;

    public int ConnectionCount => server.Connections.Count();

    public ServerMetrics Metrics => server.Metrics;

    public (long Zxid, DateTimeOffset Time)? LastSnapshot => server.Database.Directory.Snapshots is [.., StorageFile last]
        ? (last.Zxid, new DateTimeOffset(last.LastWriteTimeUtc)) : null;

    public EnsembleInfo? Ensemble => server.Member is { } member ? EnsembleOf(member) : null;

    public IReadOnlyList<ConnectionInfo> Connections() => [.. server.Connections.Select(static c => new ConnectionInfo
    {
        Remote = c.Remote,
        InterestOps = c.IsPaused ? 0 : 1,
        Outstanding = c.Outstanding,
        PacketsReceived = c.Stats.Received,
        PacketsSent = c.Stats.Sent,
        SessionId = c.SessionId,
        LastOperation = c.Stats.LastOperation is { } op ? ShortName(op) : "NA",
        Established = c.Established,
        SessionTimeout = c.SessionTimeout,
        LastCxid = c.Stats.LastXid,
        LastZxid = c.Stats.LastZxid,
        LastResponseTime = c.Stats.LastResponse,
        LastLatency = c.Stats.LastLatency,
        MinLatency = c.Stats.MinLatency,
        AverageLatency = c.Stats.AverageLatency,
        MaxLatency = c.Stats.MaxLatency,
    })];

    public void ResetConnectionStats()
    {
        foreach (ServerConnection connection in server.Connections)
            connection.Stats.Reset();
    }

    public IReadOnlyList<SessionExpiry> SessionExpiries() => server.Sessions.Deadlines();

    public IReadOnlyDictionary<long, IReadOnlyList<string>> Ephemerals()
    {
        lock (server.Tree.Gate)
            return server.Tree.Ephemerals.ToDictionary(static p => p.Key, static p => Sorted(p.Value));
    }

    public (int Connections, int Paths, int Watches) WatchSummary()
    {
        lock (server.Tree.Gate)
        {
            WatchManager watches = server.Tree.DataWatches;
            return (watches.WatcherCount, watches.PathCount, watches.Count);
        }
    }

    public IReadOnlyDictionary<long, IReadOnlyList<string>> WatchesBySession()
    {
        lock (server.Tree.Gate)
        {
            return server.Tree.DataWatches.ByWatcher.GroupBy(static w => w.Watcher.SessionId)
                .ToDictionary(static g => g.Key, static g => Sorted(g.SelectMany(static w => w.Paths)));
        }
    }

    public IReadOnlyDictionary<string, IReadOnlyList<long>> WatchesByPath()
    {
        lock (server.Tree.Gate)
        {
            return server.Tree.DataWatches.ByPath.ToDictionary(
                static p => p.Key, static p => (IReadOnlyList<long>)[.. p.Value.Select(static w => w.SessionId)]);
        }
    }

    private EnsembleInfo EnsembleOf(QuorumPeer member)
    {
        MemberState state = member.State;
        Zab.EnsembleConfig ensemble = member.Ensemble;
        Dictionary<long, QuorumServer> servers = ensemble.Members.ToDictionary(static m => m.Key, static m => QuorumServer.Parse(m.Key, m.Value.ToString()));
        servers.TryGetValue(server.Config.ServerId, out QuorumServer? self);
        QuorumServer? leader = servers.GetValueOrDefault(state.Role.Leader);
        bool leads = state.Role.State == ServerState.Leading;
        return new EnsembleInfo
        {
            IsLeader = leads,
            LeaderId = state.Role.Leader,
            LeaderAddress = leader?.Addresses[0].Host ?? "",
            ZabState = state.Role.Phase.ToString().ToLowerInvariant(),
            IsVoting = state.Type == LearnerType.Participant,
            QuorumAddress = self is null ? "" : Address(self.Addresses[0].Host, self.Addresses[0].QuorumPort),
            ElectionAddress = self is null ? "" : Address(self.Addresses[0].Host, self.Addresses[0].ElectionPort),
            ClientAddress = Address(server.Config.ClientPortAddress ?? "0.0.0.0", server.ClientEndPoint.Port),
            Members = servers,
            ConfigVersion = ensemble.Version,
            VotingView = servers.Where(static s => s.Value.Type == LearnerType.Participant).ToDictionary(),
            Leader = !leads ? null : new LeaderInfo(
                state.Learners.Count,
                state.Learners.Count(l => l.IsSynced && !l.IsObserver && ensemble.IsVoter(l.Member)),
                state.Learners.Count(l => l.IsSynced && !l.IsObserver && !ensemble.IsVoter(l.Member)),
                state.Learners.Count(static l => l.IsSynced && l.IsObserver),
                0, DateTimeOffset.UtcNow - server.ServingSince),
        };
    }

    private static string Address(string host, int port) => $"{host}:{port}";

    private static IReadOnlyList<string> Sorted(IEnumerable<string> paths) => [.. paths.Order(StringComparer.Ordinal)];

    /// <summary>The name that Apache's FinalRequestProcessor gives an operation.</summary>
    private static string ShortName(OpCode operation) => operation switch
    {
        OpCode.Ping => "PING",
        OpCode.CreateSession => "SESS",
        OpCode.Multi => "MULT",
        OpCode.MultiRead => "MLTR",
        OpCode.Create or OpCode.Create2 or OpCode.CreateTtl or OpCode.CreateContainer => "CREA",
        OpCode.Delete or OpCode.DeleteContainer => "DELE",
        OpCode.SetData => "SETD",
        OpCode.Reconfig => "RECO",
        OpCode.SetAcl => "SETA",
        OpCode.CloseSession => "CLOS",
        OpCode.Sync => "SYNC",
        OpCode.Check => "CHEC",
        OpCode.Exists => "EXIS",
        OpCode.GetData => "GETD",
        OpCode.SetWatches => "SETW",
        OpCode.SetWatches2 => "STW2",
        OpCode.AddWatch => "ADDW",
        OpCode.GetAcl => "GETA",
        OpCode.GetChildren or OpCode.GetChildren2 => "GETC",
        OpCode.GetAllChildrenNumber => "GETACN",
        OpCode.CheckWatches => "CHKW",
        OpCode.RemoveWatches => "REMW",
        OpCode.WhoAmI => "HOMI",
        OpCode.GetEphemerals => "GETE",
        _ => "NA",
    };
}
