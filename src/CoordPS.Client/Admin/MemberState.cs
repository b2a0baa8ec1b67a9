namespace CoordPS.Client.Admin;

/// <summary>Whether a member answers and serves.</summary>
public enum MemberState
{
    /// <summary>It could not be asked: its address for clients is not known.</summary>
    Unknown,

    /// <summary>It does not answer.</summary>
    Unreachable,

    /// <summary>It answers and serves no clients: it starts, or has no quorum.</summary>
    NotServing,

    /// <summary>It has lost its quorum and serves reads to clients that accept that.</summary>
    ReadOnly,

    /// <summary>It serves clients.</summary>
    Serving,
}
