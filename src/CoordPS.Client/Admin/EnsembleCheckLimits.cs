namespace CoordPS.Client.Admin;

/// <summary>From where on a reading is a warning.</summary>
public sealed record EnsembleCheckLimits
{
    /// <summary>Transactions that a member may be behind the leader. Default 1000.</summary>
    public long Lag { get; init; } = 1000;

    /// <summary>Requests that may wait for their answer at a member. Default 100.</summary>
    public long Outstanding { get; init; } = 100;

    /// <summary>Milliseconds that requests may take on average. Default 50.</summary>
    public double Latency { get; init; } = 50;

    /// <summary>Milliseconds that an fsync may take on average. Default 20.</summary>
    public double Fsync { get; init; } = 20;

    /// <summary>Milliseconds that a single fsync may take: as long as Apache's <c>fsync.warningthresholdms</c>. Default 1000.</summary>
    public double SlowFsync { get; init; } = 1000;

    /// <summary>The share of its file descriptors that a process may have open. Default 0.8.</summary>
    public double OpenFiles { get; init; } = 0.8;

    /// <summary>Watches that a member may keep. Default 1,000,000.</summary>
    public long Watches { get; init; } = 1_000_000;

    /// <summary>Sessions that an ensemble may keep. Default 50,000.</summary>
    public long Sessions { get; init; } = 50_000;

    /// <summary>The share of a disk that must be free. Default 0.1.</summary>
    public double FreeDisk { get; init; } = 0.1;

    /// <summary>The difference between the leader's clock and this machine's. Default 1 second.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(1);
}
