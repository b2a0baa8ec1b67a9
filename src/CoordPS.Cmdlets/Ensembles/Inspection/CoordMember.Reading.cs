using CoordPS.Client.Admin;
using CoordPS.Server.Hosting;

namespace CoordPS;

/// <content>What <c>Get-CoordMember</c> read from the member. A property that is null is not known; <see cref="WhyUnknown"/> says why.</content>
public sealed partial class CoordMember
{
    internal CoordMember(string ensemble, string connectionString, MemberStatus reading, LocalMember? local)
    {
        Ensemble = ensemble;
        ConnectionString = connectionString;
        Reading = reading;
        Local = local;
    }

    /// <summary>What clients of the whole ensemble connect to; null when the member was not read.</summary>
    public string? ConnectionString { get; }

    /// <summary>The member's address for clients, as <c>host:port</c>; null when it is not known.</summary>
    public string? Server => Reading?.Server?.ToString() ?? Local?.ClientEndPoint.ToString();

    /// <summary>All that was read, with the configuration and the metrics by the member's own names; null when nothing was.</summary>
    public MemberStatus? Reading { get; }

    /// <summary>Why it does not serve; null when it does.</summary>
    public string? Reason => Reading?.Reason;

    /// <summary>The epoch of its last zxid.</summary>
    public long? Epoch => Reading?.Epoch;

    /// <summary>The last zxid that it has applied.</summary>
    public long? LastZxid => Reading?.LastZxid;

    /// <summary>Transactions that it is behind the leader.</summary>
    public long? Lag => Reading?.Lag;

    /// <summary>Open client connections, the one that read this among them.</summary>
    public long? Connections => Reading?.Connections;

    /// <summary>Sessions of the ensemble (3.6 and later).</summary>
    public long? Sessions => Reading?.Sessions;

    /// <summary>Requests received and not yet answered.</summary>
    public long? Outstanding => Reading?.Outstanding;

    /// <summary>The fewest milliseconds that a request took.</summary>
    public double? MinLatency => Reading?.MinLatency;

    /// <summary>Milliseconds that a request took on average.</summary>
    public double? AverageLatency => Reading?.AverageLatency;

    /// <summary>The most milliseconds that a request took.</summary>
    public double? MaxLatency => Reading?.MaxLatency;

    /// <summary>Znodes in its tree.</summary>
    public long? ZNodeCount => Reading?.ZNodeCount;

    /// <summary>Watches of its own clients.</summary>
    public long? WatchCount => Reading?.WatchCount;

    /// <summary>Ephemeral znodes.</summary>
    public long? EphemeralCount => Reading?.EphemeralCount;

    /// <summary>Bytes of paths and data in its tree, about.</summary>
    public long? DataSize => Reading?.DataSize;

    /// <summary>Of a leader: followers and observers that are connected.</summary>
    public long? Learners => Reading?.Learners;

    /// <summary>Of a leader: followers in sync.</summary>
    public long? SyncedFollowers => Reading?.SyncedFollowers;

    /// <summary>Of a leader: observers in sync (3.6 and later).</summary>
    public long? SyncedObservers => Reading?.SyncedObservers;

    /// <summary>Of a leader: syncs that wait for a commit.</summary>
    public long? PendingSyncs => Reading?.PendingSyncs;

    /// <summary>Milliseconds that an fsync of the transaction log took on average (3.6 and later).</summary>
    public double? AverageFsync => Reading?.AverageFsync;

    /// <summary>The most milliseconds that an fsync took (3.6 and later).</summary>
    public double? MaxFsync => Reading?.MaxFsync;

    /// <summary>File descriptors that the process has open.</summary>
    public long? OpenFiles => Reading?.OpenFiles;

    /// <summary>File descriptors that the process may open.</summary>
    public long? MaxFiles => Reading?.MaxFiles;

    /// <summary>How long it has run (3.6 and later).</summary>
    public TimeSpan? Uptime => Reading?.Uptime;

    /// <summary>The version, without a build's number.</summary>
    public string? Version => Reading?.Version;

    /// <summary>Why a property is null, by its name.</summary>
    public IReadOnlyDictionary<string, string> WhyUnknown => Reading?.WhyUnknown ?? new Dictionary<string, string>();

    private MembershipEntry? Configured => Reading?.Membership?.Members.FirstOrDefault(member => member.Id == Id);
}
