namespace CoordPS.Server.Admin;

/// <summary>A member's view of its ensemble.</summary>
internal sealed record EnsembleInfo
{
    public required bool IsLeader { get; init; }

    /// <summary>The leader's number; -1 when there is none.</summary>
    public required long LeaderId { get; init; }

    /// <summary>The leader's address, or empty.</summary>
    public required string LeaderAddress { get; init; }

    /// <summary>election, discovery, synchronization or broadcast.</summary>
    public required string ZabState { get; init; }

    /// <summary>Whether this member is a participant of the current configuration.</summary>
    public required bool IsVoting { get; init; }

    /// <summary>This member's addresses as host:port; empty when unknown.</summary>
    public string QuorumAddress { get; init; } = "";

    public string ElectionAddress { get; init; } = "";

    public string ClientAddress { get; init; } = "";

    /// <summary>All members of the current configuration.</summary>
    public IReadOnlyDictionary<long, QuorumServer> Members { get; init; } = new Dictionary<long, QuorumServer>();

    /// <summary>The current configuration's version.</summary>
    public long ConfigVersion { get; init; }

    /// <summary>The participants of the current configuration.</summary>
    public IReadOnlyDictionary<long, QuorumServer> VotingView { get; init; } = new Dictionary<long, QuorumServer>();

    /// <summary>On a leader: its learners' numbers by kind, and the rest of what only a leader knows. Null on others.</summary>
    public LeaderInfo? Leader { get; init; }
}

/// <summary>What only a leader knows.</summary>
/// <param name="Learners">Connected followers and observers.</param>
/// <param name="SyncedFollowers">Voting followers that are in sync.</param>
/// <param name="SyncedNonVotingFollowers">Followers outside the configuration that are in sync.</param>
/// <param name="SyncedObservers">Observers that are in sync.</param>
/// <param name="PendingSyncs">Syncs waiting for a commit.</param>
/// <param name="Uptime">Time since the member became leader.</param>
internal sealed record LeaderInfo(
    int Learners, int SyncedFollowers, int SyncedNonVotingFollowers, int SyncedObservers, int PendingSyncs, TimeSpan Uptime)
{
    /// <summary>Sizes of proposals in bytes; -1 when there was none.</summary>
    public int LastProposalSize { get; init; } = -1;

    public int MinProposalSize { get; init; } = -1;

    public int MaxProposalSize { get; init; } = -1;
}
