namespace CoordPS.Server.Hosting;

/// <summary>How a member of a local ensemble is, whatever its part in the ensemble.</summary>
public enum LocalMemberState
{
    /// <summary>It does not run.</summary>
    Stopped,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It is frozen: it keeps its ports and connections and does nothing until it is resumed.</summary>
    Suspended,

    /// <summary>It ended by itself; <see cref="LocalMember.Failure"/> says why.</summary>
    Failed,
}
