using CoordPS.Protocol;

namespace CoordPS.Zab.Simulation;

/// <summary>
/// Runs an ensemble of the consensus core from a seed: processes crash and lose what they had not synced, disks are slow,
/// clocks drift, the network delays, cuts and partitions, configurations change; clients read and write meanwhile. Zab's
/// properties are checked at every step, the clients' histories at the end.
/// </summary>
public static class Simulator
{
    /// <summary>Runs one simulation.</summary>
    public static SimulationResult Run(SimulationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new Simulation(options).Run();
    }

    /// <summary>Runs a range of seeds on all cores and gives the results in order of seeds.</summary>
    /// <param name="firstSeed">The first.</param>
    /// <param name="count">How many.</param>
    /// <param name="options">Applied to each but for the seed.</param>
    /// <param name="cancellation">Stops early with an exception.</param>
    public static IReadOnlyList<SimulationResult> RunMany(long firstSeed, int count, SimulationOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var results = new SimulationResult[count];
        Parallel.For(
            0, count, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount },
            i => results[i] = Run(options with { Seed = firstSeed + i }));
        return results;
    }
}
