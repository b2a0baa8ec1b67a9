namespace CoordPS;

/// <summary>How an ensemble is.</summary>
public enum CoordEnsembleState
{
    /// <summary>It serves clients, through all its members.</summary>
    Running,

    /// <summary>It was stopped.</summary>
    Stopped,

    /// <summary>It had to stop by itself, such as after a failed disk; <see cref="CoordEnsemble.Failure"/> says why.</summary>
    Failed,

    /// <summary>A quorum serves clients, and some members do not.</summary>
    Degraded,

    /// <summary>Members run, and no quorum of them serves.</summary>
    NoQuorum,
}
