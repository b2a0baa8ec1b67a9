namespace CoordPS.Containers;

/// <summary>The output that a line was written to.</summary>
public enum ContainerStream
{
    /// <summary>Standard output; all output of a container with a terminal.</summary>
    Stdout,

    /// <summary>Standard error.</summary>
    Stderr,
}

/// <summary>A line that a container wrote.</summary>
/// <param name="Time">When the engine read it.</param>
/// <param name="Stream">Where it was written to.</param>
/// <param name="Text">The line without its end.</param>
public readonly record struct ContainerLogLine(DateTimeOffset Time, ContainerStream Stream, string Text);

/// <summary>Which lines of a container's log to read.</summary>
public sealed record ContainerLogOptions
{
    /// <summary>Whether to go on with lines as they are written, until the container ends.</summary>
    public bool Follow { get; init; }

    /// <summary>The first moment; null for the beginning.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The last moment; null for the end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>How many lines from the end to begin with; null for all.</summary>
    public int? Tail { get; init; }

    /// <summary>Whether to read standard output.</summary>
    public bool Stdout { get; init; } = true;

    /// <summary>Whether to read standard error.</summary>
    public bool Stderr { get; init; } = true;
}
