using System.Collections.Frozen;

namespace CoordPS.Server;

/// <summary>
/// The settings of a server, under the names and with the defaults of Apache ZooKeeper 3.8. Read them from a <c>zoo.cfg</c> with
/// <see cref="Load"/>, or set properties for a server inside this process, and derive variants with <c>with</c>.
/// </summary>
/// <remarks>Specified by the ZooKeeper Administrator's Guide, "Configuration Parameters".</remarks>
public sealed partial record ServerConfig
{
    private const int Unset = -1;
    private readonly int _minSessionTimeout = Unset;
    private readonly int _maxSessionTimeout = Unset;

    /// <summary>Directory of the snapshots and the <c>myid</c> file; required. Created when missing.</summary>
    public required string DataDir { get; init; }

    /// <summary>Directory of the transaction logs; default: <see cref="DataDir"/>. Created when missing.</summary>
    public string DataLogDir
    {
        get => field ?? DataDir;
        init;
    }

    /// <summary>Port for clients; 0, the default, takes any free one.</summary>
    public int ClientPort { get; init; }

    /// <summary>Address or host name to listen on for clients; null, the default, means all addresses.</summary>
    public string? ClientPortAddress { get; init; }

    /// <summary>Length of the queue of connections not yet accepted; -1, the default, leaves it to the system.</summary>
    public int ClientPortListenBacklog { get; init; } = Unset;

    /// <summary>Length of a tick, the unit of session expiry and heartbeats, in milliseconds; default 3000.</summary>
    public int TickTime { get; init; } = 3000;

    /// <summary>Ticks that a follower may take to connect to its leader and to sync with it; needed in an ensemble.</summary>
    public int InitLimit { get; init; }

    /// <summary>Ticks that a follower may lag behind its leader; needed in an ensemble.</summary>
    public int SyncLimit { get; init; }

    /// <summary>Ticks that a learner may take to connect to its leader; 0, the default, means <see cref="InitLimit"/>.</summary>
    public int ConnectToLearnerMasterLimit { get; init; }

    /// <summary>Connections that one address may hold; 0 means no limit; default 60.</summary>
    public int MaxClientCnxns { get; init; } = 60;

    /// <summary>Connections in all; 0, the default, means no limit.</summary>
    public int MaxCnxns { get; init; }

    /// <summary>The shortest session timeout that a client can negotiate, in milliseconds; default two ticks.</summary>
    public int MinSessionTimeout
    {
        get => _minSessionTimeout == Unset ? TickTime * 2 : _minSessionTimeout;
        init => _minSessionTimeout = value;
    }

    /// <summary>The longest session timeout that a client can negotiate, in milliseconds; default twenty ticks.</summary>
    public int MaxSessionTimeout
    {
        get => _maxSessionTimeout == Unset ? TickTime * 20 : _maxSessionTimeout;
        init => _maxSessionTimeout = value;
    }

    /// <summary>Snapshots that a purge keeps, with their logs; default and minimum 3.</summary>
    public int AutopurgeSnapRetainCount { get; init; } = 3;

    /// <summary>Hours between purges of old snapshots and logs; 0, the default, or less turns them off.</summary>
    public int AutopurgePurgeInterval { get; init; }

    /// <summary>The four-letter words that are answered, separated by commas, or <c>*</c> for all; default <c>srvr</c>.</summary>
    public string FourLetterWordWhitelist { get; init; } = "srvr";

    /// <summary>Whether the admin HTTP endpoint runs. Default false; a <c>zoo.cfg</c> that does not say turns it on, as Apache does.</summary>
    public bool AdminServerEnabled { get; init; }

    /// <summary>Port of the admin endpoint; default 8080; 0 takes any free one.</summary>
    public int AdminServerPort { get; init; } = 8080;

    /// <summary>Address that the admin endpoint listens on; default 0.0.0.0.</summary>
    public string AdminServerAddress { get; init; } = "0.0.0.0";

    /// <summary>Milliseconds after which an idle connection to the admin endpoint is closed; default 30000.</summary>
    public int AdminIdleTimeout { get; init; } = 30000;

    /// <summary>Path of the admin endpoint's commands; default <c>/commands</c>.</summary>
    public string AdminCommandUrl { get; init; } = "/commands";

    /// <summary>
    /// Port of a second endpoint that serves <c>/metrics</c> alone, as Apache's PrometheusMetricsProvider does (7000 unless
    /// <c>metricsProvider.httpPort</c> says otherwise); null, the default, opens none; 0 takes any free one.
    /// </summary>
    public int? MetricsHttpPort { get; init; }

    /// <summary>Address of the endpoint at <see cref="MetricsHttpPort"/>; default 0.0.0.0.</summary>
    public string MetricsHttpHost { get; init; } = "0.0.0.0";

    /// <summary>Whether <c>/metrics</c> includes those of the process (<c>metricsProvider.exportJvmInfo</c>); default true.</summary>
    public bool MetricsExportProcessInfo { get; init; } = true;

    /// <summary><c>super:</c> and the Base64 SHA-1 of <c>super:password</c>, which lets that identity do everything; null, the default: nobody.</summary>
    public string? SuperDigest { get; init; }

    /// <summary>Whether a write is on disk before it is acknowledged; default true. Turn it off only for data that may be lost.</summary>
    public bool ForceSync { get; init; } = true;

    /// <summary>Transactions after which a snapshot is taken and a new log begun; default 100000.</summary>
    public int SnapCount { get; init; } = 100_000;

    /// <summary>KiB of transaction log after which a snapshot is taken; 0 or less: no such limit; default 4194304.</summary>
    public long SnapSizeLimitInKb { get; init; } = 4_194_304;

    /// <summary>KiB by which a transaction log is extended ahead of the writes; default 65536.</summary>
    public long PreAllocSize { get; init; } = 65_536;

    /// <summary>Longest request and longest data of a znode, in bytes; default 1048575.</summary>
    public int JuteMaxBuffer { get; init; } = 0xfffff;

    /// <summary>Requests that may be waiting in the server before it stops reading from clients; default 1000.</summary>
    public int GlobalOutstandingLimit { get; init; } = 1000;

    /// <summary>Whether access control lists are ignored; default false.</summary>
    public bool SkipAcl { get; init; }

    /// <summary>Whether TTL znodes can be created; default false.</summary>
    public bool ExtendedTypesEnabled { get; init; }

    /// <summary>Whether a write beyond a hard quota is refused; default false: it is logged.</summary>
    public bool EnforceQuota { get; init; }

    /// <summary>Whether a member without a quorum serves read-only clients; default false.</summary>
    public bool ReadOnlyModeEnabled { get; init; }

    /// <summary>Milliseconds of an fsync that are worth a warning; default 1000.</summary>
    public long FsyncWarningThreshold { get; init; } = 1000;

    /// <summary>Committed transactions kept in memory for followers that lag; default 500.</summary>
    public int CommitLogCount { get; init; } = 500;

    /// <summary>Whether a server starts from logs without any snapshot, as after an upgrade from 3.4; default false.</summary>
    public bool SnapshotTrustEmpty { get; init; }

    /// <summary>Milliseconds between checks for empty containers and expired TTL znodes; default 60000.</summary>
    public int ContainerCheckInterval { get; init; } = 60_000;

    /// <summary>Containers and TTL znodes deleted in a minute at most; default 10000.</summary>
    public int ContainerMaxPerMinute { get; init; } = 10_000;

    /// <summary>Milliseconds after which a container that never had a child is deleted; 0, the default: never.</summary>
    public long ContainerMaxNeverUsedInterval { get; init; }

    /// <summary>Whether sessions start local to their member; default false.</summary>
    public bool LocalSessionsEnabled { get; init; }

    /// <summary>Whether a local session becomes global when it creates an ephemeral znode; default false.</summary>
    public bool LocalSessionsUpgradingEnabled { get; init; }

    /// <summary>Whether an observer writes a log and snapshots; default true.</summary>
    public bool SyncEnabled { get; init; } = true;

    /// <summary>Whether the leader serves clients; default true.</summary>
    public bool LeaderServes { get; init; } = true;

    /// <summary>Whether one participant alone runs standalone; default true.</summary>
    public bool StandaloneEnabled { get; init; } = true;

    /// <summary>Whether members may be added and removed at run time; default false.</summary>
    public bool ReconfigEnabled { get; init; }

    /// <summary>Whether the quorum and election ports listen on all addresses; default false: on those of the server line.</summary>
    public bool QuorumListenOnAllIPs { get; init; }

    /// <summary>Milliseconds for opening a connection to another member's election port; default 5000.</summary>
    public int CnxTimeout { get; init; } = 5000;

    /// <summary>Attempts to bind the election port; 0: no limit; default 3.</summary>
    public int ElectionPortBindRetry { get; init; } = 3;

    /// <summary>What this member does when no server line says otherwise; default participant.</summary>
    public LearnerType PeerType { get; init; }

    /// <summary>This member's number (<c>dataDir/myid</c>); -1 when there is none.</summary>
    public long ServerId { get; init; } = Unset;

    /// <summary>The members of the ensemble by number; empty for a standalone server.</summary>
    public IReadOnlyDictionary<long, QuorumServer> Servers { get; init; } = FrozenDictionary<long, QuorumServer>.Empty;

    /// <summary>Members of each group, for hierarchical quorums; empty: majorities of all participants.</summary>
    public IReadOnlyDictionary<long, IReadOnlyList<long>> Groups { get; init; } = FrozenDictionary<long, IReadOnlyList<long>>.Empty;

    /// <summary>Weights of members in hierarchical quorums; a member without an entry weighs 1.</summary>
    public IReadOnlyDictionary<long, long> Weights { get; init; } = FrozenDictionary<long, long>.Empty;

    /// <summary>Version of the ensemble's configuration; 0 unless the dynamic file's name carries one.</summary>
    public long ConfigVersion { get; init; }

    /// <summary>The file with the server lines, when they are not in the main file; else null.</summary>
    public string? DynamicConfigFile { get; init; }

    /// <summary>The file that this was read from; else null.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>The text that this was read from; else empty.</summary>
    public string InitialConfig { get; init; } = "";

    /// <summary>What was odd about the file: unknown keys, settings without effect. <c>coordps server</c> logs them; other hosts should, too.</summary>
    public IReadOnlyList<ConfigWarning> Warnings { get; init; } = [];

    /// <summary>Whether this is a member of an ensemble rather than a standalone server.</summary>
    public bool IsDistributed
    {
        get
        {
            var participants = Servers.Values.Count(s => s.Type == LearnerType.Participant);
            return participants > 1 || (!StandaloneEnabled && Servers.Count > 0);
        }
    }

    /// <summary>Names the configuration without its secrets.</summary>
    /// <returns>The file, or the data directory.</returns>
    public override string ToString() => ConfigFile ?? $"dataDir={DataDir}";
}
