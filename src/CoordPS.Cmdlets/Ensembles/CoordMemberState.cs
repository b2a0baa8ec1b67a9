namespace CoordPS;

/// <summary>How a member is.</summary>
public enum CoordMemberState
{
    /// <summary>It could not be asked: its address for clients is not known.</summary>
    Unknown,

    /// <summary>It does not run.</summary>
    Stopped,

    /// <summary>It ended by itself; <see cref="CoordMember.Failure"/> says why.</summary>
    Failed,

    /// <summary>It is frozen: it keeps its ports and connections and does nothing until it is resumed.</summary>
    Suspended,

    /// <summary>It does not answer; <see cref="CoordMember.Reason"/> says why.</summary>
    Unreachable,

    /// <summary>It runs and serves no clients: it starts, or has no quorum.</summary>
    NotServing,

    /// <summary>It has lost its quorum and serves reads to clients that accept that.</summary>
    ReadOnly,

    /// <summary>It runs; if it was read, it serves clients.</summary>
    Running,
}
