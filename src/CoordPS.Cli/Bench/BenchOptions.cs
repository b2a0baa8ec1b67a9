namespace CoordPS.Cli.Bench;

/// <summary>What to measure and how.</summary>
internal sealed record BenchOptions
{
    public static readonly string[] AllOperations = ["create", "set", "get", "exists", "mixed", "delete", "watch", "connect", "load"];

    public required string Address { get; init; }

    public required IReadOnlyList<string> Operations { get; init; }

    public required int Sessions { get; init; }

    /// <summary>Requests that each session keeps in flight.</summary>
    public required int Window { get; init; }

    /// <summary>Bytes of data.</summary>
    public required int Payload { get; init; }

    /// <summary>Znodes that set, get, exists and mixed choose from.</summary>
    public required int Keys { get; init; }

    /// <summary>Percentage of reads in mixed.</summary>
    public required int Reads { get; init; }

    public required TimeSpan WarmUp { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>Operations in all, in place of <see cref="Duration"/>; 0: none given.</summary>
    public required int Count { get; init; }

    /// <summary>Sessions that wait for each event of watch.</summary>
    public required int Watchers { get; init; }

    /// <summary>Events of watch.</summary>
    public required int Rounds { get; init; }

    /// <summary>Processes of the server, for its CPU time and memory.</summary>
    public required IReadOnlyList<int> ServerPids { get; init; }

    /// <summary>Whether the znodes stay.</summary>
    public required bool Keep { get; init; }

    public required string Label { get; init; }
}
