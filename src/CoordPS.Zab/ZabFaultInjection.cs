namespace CoordPS.Zab;

/// <summary>Bugs that tests plant to show that the simulator finds them.</summary>
[Flags]
internal enum ZabFaultInjection
{
    None = 0,

    /// <summary>Acknowledge a proposal when it is handed to the log, not when it is on disk.</summary>
    AckBeforeFsync = 1,

    /// <summary>Keep the log's tail when the leader orders it dropped.</summary>
    SkipTruncate = 2,

    /// <summary>Propose the highest accepted epoch instead of the next, and promise an epoch more than once.</summary>
    ReuseEpoch = 4,

    /// <summary>Commit when any one follower has acknowledged.</summary>
    CommitWithoutQuorum = 8,

    /// <summary>Record the new epoch as current before the leader's history.</summary>
    ForgetHistoryOnNewLeader = 16,

    /// <summary>Ask only the old configuration's quorum while another is proposed.</summary>
    IgnoreNewQuorum = 32,
}
