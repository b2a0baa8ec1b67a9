namespace CoordPS.Storage;

/// <summary>How a <see cref="TxnLog"/> writes.</summary>
public sealed record TxnLogOptions
{
    /// <summary>
    /// By how many bytes a file grows, in zeros, whenever less than 4 KiB of it are left (<c>zookeeper.preAllocSize</c>, which is
    /// in KiB). 0 turns it off. Default: 64 MiB.
    /// </summary>
    public long PreAllocSize { get; init; } = 64L * 1024 * 1024;

    /// <summary>
    /// Whether <see cref="TxnLog.Commit"/> waits for the device (<c>zookeeper.forceSync</c>). Without it a power failure can lose
    /// acknowledged transactions. Default: true.
    /// </summary>
    public bool ForceSync { get; init; } = true;

    /// <summary>A sync that takes longer is logged as a warning (<c>fsync.warningthresholdms</c>). Default: one second.</summary>
    public TimeSpan FsyncWarningThreshold { get; init; } = TimeSpan.FromSeconds(1);
}
