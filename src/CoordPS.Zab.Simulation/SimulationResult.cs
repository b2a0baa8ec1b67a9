using System.Globalization;

namespace CoordPS.Zab.Simulation;

/// <summary>How a simulation went.</summary>
public sealed record SimulationResult
{
    /// <summary>The seed that replays it.</summary>
    public required long Seed { get; init; }

    /// <summary>What was violated, or null when nothing was.</summary>
    public string? Failure { get; init; }

    /// <summary>Whether all properties held.</summary>
    public bool Succeeded => Failure is null;

    /// <summary>Steps taken: packets, writes, ticks, faults and clients' calls.</summary>
    public long Steps { get; init; }

    /// <summary>Transactions committed.</summary>
    public int Committed { get; init; }

    /// <summary>Writes acknowledged to clients.</summary>
    public int AcknowledgedWrites { get; init; }

    /// <summary>Reads answered.</summary>
    public int Reads { get; init; }

    /// <summary>Epochs in which a leader was established.</summary>
    public int Leaders { get; init; }

    /// <summary>Members crashed.</summary>
    public int Crashes { get; init; }

    /// <summary>Cuts and partitions.</summary>
    public int Cuts { get; init; }

    /// <summary>Configurations activated.</summary>
    public int Reconfigurations { get; init; }

    /// <summary>Snapshots sent to learners.</summary>
    public int Snapshots { get; init; }

    /// <summary>Logs truncated.</summary>
    public int Truncations { get; init; }

    /// <summary>Writes that a crash lost, torn ones included.</summary>
    public int LostWrites { get; init; }

    /// <summary>A hash over all that happened: equal for equal runs.</summary>
    public ulong Fingerprint { get; init; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {Seed}: {(Failure is null ? "ok" : "FAILED: " + Failure)} ({Committed} committed, {AcknowledgedWrites} acknowledged, {Reads} reads, {Leaders} leaders, {Crashes} crashes, {Cuts} cuts, {Reconfigurations} reconfigurations, {Snapshots} snapshots, {Truncations} truncations, {LostWrites} lost writes, {Steps} steps)");
}
