namespace CoordPS.Zab.Simulation;

/// <summary>What to simulate. Everything that is not given follows from the seed.</summary>
public sealed record SimulationOptions
{
    /// <summary>Decides everything: the same seed and options give the same run.</summary>
    public required long Seed { get; init; }

    /// <summary>Simulated time with faults, in seconds. Default 60. What follows, without faults, is for the members to agree.</summary>
    public int Seconds { get; init; } = 60;

    /// <summary>Voters; 0, the default, lets the seed choose 3 to 5.</summary>
    public int Voters { get; init; }

    /// <summary>Observers; -1, the default, lets the seed choose 0 or 1.</summary>
    public int Observers { get; init; } = -1;

    /// <summary>Where to write what the members say to one another and to their disks; null for nowhere.</summary>
    public TextWriter? Trace { get; init; }

    /// <summary>Bugs to plant.</summary>
    internal ZabFaultInjection Faults { get; init; }

    /// <summary>Whether what is committed is looked for on the members' disks.</summary>
    internal bool LooksAtDisks { get; init; } = true;
}
