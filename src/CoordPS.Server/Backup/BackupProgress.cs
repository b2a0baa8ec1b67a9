namespace CoordPS.Server.Backup;

/// <summary>How far a backup or restore is.</summary>
/// <param name="Step">What it does, such as "Copying the snapshot".</param>
/// <param name="Count">How many it has done.</param>
/// <param name="Unit">Of what: znodes, transactions or files.</param>
public readonly record struct BackupProgress(string Step, long Count, string Unit)
{
    /// <inheritdoc/>
    public override string ToString() => Unit.Length == 0 ? Step : $"{Step}: {Count} {Unit}";
}
