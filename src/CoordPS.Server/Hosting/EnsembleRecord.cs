namespace CoordPS.Server.Hosting;

/// <summary>What is noted of an ensemble whose members are processes, so that another process finds it.</summary>
internal sealed record EnsembleRecord
{
    public required string Name { get; init; }

    public required string DataPath { get; init; }

    /// <summary>Whether the folder was made for the ensemble, and goes with it.</summary>
    public bool IsTemporary { get; init; }

    public required string ExecutablePath { get; init; }

    public DateTimeOffset Started { get; init; }

    public IReadOnlyList<RecordedMember> Members { get; init; } = [];
}

/// <summary>A member's process.</summary>
/// <param name="Id">The member's number.</param>
/// <param name="ProcessId">The process; 0 when it was stopped.</param>
/// <param name="Identity">What tells the process from a later one with the same number.</param>
/// <param name="IsSuspended">Whether it was suspended, for systems that don't tell.</param>
internal sealed record RecordedMember(long Id, int ProcessId, string? Identity, bool IsSuspended = false);
