namespace CoordPS.Zab;

/// <summary>Whether a reconfiguration may be proposed.</summary>
public enum ReconfigCheck
{
    /// <summary>It may.</summary>
    Allowed,

    /// <summary>This member does not lead.</summary>
    NotLeading,

    /// <summary><see cref="ZabOptions.ReconfigEnabled"/> is off (RECONFIGDISABLED).</summary>
    Disabled,

    /// <summary>Another one is pending (RECONFIGINPROGRESS).</summary>
    InProgress,

    /// <summary>The configuration is not at the version expected (BADVERSION).</summary>
    BadVersion,

    /// <summary>The new configuration has no voter (BADARGUMENTS).</summary>
    NoVoters,

    /// <summary>No quorum of the new configuration is connected and up to date (NEWCONFIGNOQUORUM).</summary>
    NoQuorum,
}
