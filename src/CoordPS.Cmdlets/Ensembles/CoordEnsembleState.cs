namespace CoordPS;

/// <summary>How an ensemble is.</summary>
public enum CoordEnsembleState
{
    /// <summary>It serves clients.</summary>
    Running,

    /// <summary>It was stopped.</summary>
    Stopped,

    /// <summary>It had to stop by itself, such as after a failed disk; <see cref="CoordEnsemble.Failure"/> says why.</summary>
    Failed,
}
