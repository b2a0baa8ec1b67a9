namespace CoordPS.Containers;

/// <summary>How the engine finds out whether a container is healthy. What is null is as the image says, or the engine's default.</summary>
public sealed record HealthCheck
{
    /// <summary>The command: one string is for the container's shell, more are a program and its arguments. Null: the image's; empty: none.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>The time between two checks; the engine's default is 30 seconds.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>How long a check may take; the engine's default is 30 seconds.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long failures don't count after the start; the engine's default is 0.</summary>
    public TimeSpan? StartPeriod { get; init; }

    /// <summary>After how many failures it is unhealthy; the engine's default is 3.</summary>
    public int? Retries { get; init; }
}
