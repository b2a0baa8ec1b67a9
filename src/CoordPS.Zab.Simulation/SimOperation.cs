namespace CoordPS.Zab.Simulation;

internal enum SimOperationKind
{
    Write,
    Read,
    Sync,
}

internal enum SimOutcome
{
    Unknown,
    Done,
    Failed,
}

/// <summary>An entry of a client's history.</summary>
internal sealed class SimOperation
{
    public required int Client { get; init; }

    public required int Number { get; init; }

    public required SimOperationKind Kind { get; init; }

    public required int Register { get; init; }

    public required long Invoked { get; init; }

    /// <summary>Written or read.</summary>
    public long Value { get; set; }

    public int Version { get; set; }

    /// <summary>The write's zxid, or the last one the member had applied when it answered.</summary>
    public long Zxid { get; set; }

    public long Completed { get; set; } = long.MaxValue;

    public SimOutcome Outcome { get; set; }
}
