namespace CoordPS.Client.Admin;

/// <summary>
/// A member as it was at one moment. What is null is not known; <see cref="WhyUnknown"/> has the reason by the property's name.
/// </summary>
public sealed record MemberStatus
{
    /// <summary>The address asked; null when it is not known.</summary>
    public ServerName? Server { get; init; }

    /// <summary>The N of its <c>server.N</c>; 0 for a standalone server.</summary>
    public int? Id { get; init; }

    /// <summary>Whether it answers and serves.</summary>
    public MemberState State { get; init; }

    /// <summary>Why it does not serve; null when it does.</summary>
    public string? Reason { get; init; }

    /// <summary>What it is to its ensemble.</summary>
    public MemberRole Role { get; init; }

    /// <summary>When it was asked, by the clock of this machine.</summary>
    public DateTimeOffset Time { get; init; } = DateTimeOffset.Now;

    /// <summary>Milliseconds from the first byte sent to the last received of <c>srvr</c>.</summary>
    public double? ResponseTime { get; init; }

    /// <summary>The version, such as <c>3.8.0</c> or <c>3.8.0-CoordPS-0.1.0</c>, without a build's number.</summary>
    public string? Version { get; init; }

    /// <summary>The last zxid that it has applied.</summary>
    public long? LastZxid { get; init; }

    /// <summary>The epoch of <see cref="LastZxid"/>. A member that has applied nothing since the last election shows an earlier one.</summary>
    public long? Epoch => LastZxid >>> 32;

    /// <summary>Transactions of the leader that the member has not applied; null when the leader's last zxid is not known, or not comparable.</summary>
    public long? Lag { get; init; }

    /// <summary>Open client connections, the one that asked among them.</summary>
    public long? Connections { get; init; }

    /// <summary>Sessions of the ensemble (3.6 and later).</summary>
    public long? Sessions { get; init; }

    /// <summary>Requests received and not yet answered.</summary>
    public long? Outstanding { get; init; }

    /// <summary>The fewest milliseconds that a request took.</summary>
    public double? MinLatency { get; init; }

    /// <summary>Milliseconds that a request took on average since the statistics were reset.</summary>
    public double? AverageLatency { get; init; }

    /// <summary>The most milliseconds that a request took.</summary>
    public double? MaxLatency { get; init; }

    /// <summary>Packets received from clients.</summary>
    public long? Received { get; init; }

    /// <summary>Packets sent to clients.</summary>
    public long? Sent { get; init; }

    /// <summary>Znodes in its tree.</summary>
    public long? ZNodeCount { get; init; }

    /// <summary>Watches of its own clients.</summary>
    public long? WatchCount { get; init; }

    /// <summary>Ephemeral znodes.</summary>
    public long? EphemeralCount { get; init; }

    /// <summary>Bytes of paths and data in its tree, about.</summary>
    public long? DataSize { get; init; }

    /// <summary>Of a leader: followers and observers that are connected.</summary>
    public long? Learners { get; init; }

    /// <summary>Of a leader: followers in sync; before 3.6 observers count too.</summary>
    public long? SyncedFollowers { get; init; }

    /// <summary>Of a leader: observers in sync (3.6 and later).</summary>
    public long? SyncedObservers { get; init; }

    /// <summary>Of a leader: syncs that wait for a commit.</summary>
    public long? PendingSyncs { get; init; }

    /// <summary>Milliseconds that an fsync of the transaction log took on average (3.6 and later).</summary>
    public double? AverageFsync { get; init; }

    /// <summary>The most milliseconds that an fsync took (3.6 and later).</summary>
    public double? MaxFsync { get; init; }

    /// <summary>Fsyncs over the member's <c>fsync.warningthresholdms</c> (3.4.10 to 3.5).</summary>
    public long? SlowFsyncs { get; init; }

    /// <summary>File descriptors that the process has open.</summary>
    public long? OpenFiles { get; init; }

    /// <summary>File descriptors that the process may open.</summary>
    public long? MaxFiles { get; init; }

    /// <summary>How long it has run (3.6 and later).</summary>
    public TimeSpan? Uptime { get; init; }

    /// <summary>What it says of its state in detail, such as <c>following - broadcast</c> (3.6 and later).</summary>
    public string? PeerState { get; init; }

    /// <summary>The configuration that it runs with.</summary>
    public EnsembleMembership? Membership { get; init; }

    /// <summary>What <c>conf</c> printed, by name.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = Empty;

    /// <summary>What <c>mntr</c> printed, by name without its <c>zk_</c>.</summary>
    public IReadOnlyDictionary<string, string> Metrics { get; init; } = Empty;

    /// <summary>Why a property is null, by its name.</summary>
    public IReadOnlyDictionary<string, string> WhyUnknown { get; init; } = Empty;

    private static IReadOnlyDictionary<string, string> Empty { get; } = new Dictionary<string, string>();
}
