using CoordPS.Protocol;

namespace CoordPS.Zab;

/// <summary>How far a learner is.</summary>
internal enum LearnerStage
{
    /// <summary>Connected; it has not said who it is.</summary>
    Connected,

    /// <summary>It has said who it is and waits for the epoch, or has been told.</summary>
    Introduced,

    /// <summary>It has promised the epoch and waits to be synchronized.</summary>
    Promised,

    /// <summary>It has been sent the history and NEWLEADER, which it has not acknowledged.</summary>
    Syncing,

    /// <summary>It has acknowledged the leader's history.</summary>
    Synced,
}

/// <summary>What the leader knows of one learner on one connection.</summary>
internal sealed class LearnerHandler(long connection, long deadline)
{
    public long Connection { get; } = connection;

    public long Sid { get; set; } = -1;

    public bool IsObserver { get; set; }

    public LearnerStage Stage { get; set; }

    /// <summary>The learner's last zxid, as of its ACKEPOCH.</summary>
    public long PeerLastZxid { get; set; }

    /// <summary>Committed transactions up to here were sent before NEWLEADER, whose acknowledgement covers them.</summary>
    public long SyncedZxid { get; set; }

    /// <summary>Whether it gets new proposals, commits and informs.</summary>
    public bool IsForwarding { get; set; }

    /// <summary>Commits since NEWLEADER was sent, to follow UPTODATE.</summary>
    public List<QuorumPacket> HeldCommits { get; } = [];

    /// <summary>Everything up to here is on the learner's disk. Acknowledgements come in order, so one number says it all.</summary>
    public long AckedZxid { get; set; }

    /// <summary>When the learner was last heard.</summary>
    public long HeardAt { get; set; }

    /// <summary>Its introduction, while it waits for what becomes of another connection in the name of the same member.</summary>
    public QuorumPacket? Claim { get; set; }

    /// <summary>When <see cref="Claim"/> is decided.</summary>
    public long DecideAt { get; set; }

    /// <summary>When the learner will have been silent for too long.</summary>
    public long Deadline { get; set; } = deadline;

    /// <summary>The oldest proposal that is watched for its acknowledgement; 0 for none.</summary>
    public long WatchedZxid { get; set; }

    public long WatchedSince { get; set; }

    /// <summary>The last proposal sent.</summary>
    public long SentZxid { get; set; }
}
