namespace CoordPS.Containers;

/// <summary>What to build and how.</summary>
public sealed record ImageBuildOptions
{
    /// <summary>The folder that the Dockerfile copies from.</summary>
    public required string Directory { get; init; }

    /// <summary>The Dockerfile, in the folder or elsewhere; null for <c>Dockerfile</c> there.</summary>
    public string? Dockerfile { get; init; }

    /// <summary>The names that the image gets when it is there.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Values of the Dockerfile's <c>ARG</c>.</summary>
    public IReadOnlyDictionary<string, string> Arguments { get; init; } = new Dictionary<string, string>();

    /// <summary>Labels of the image.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The stage to end with; null for the last.</summary>
    public string? Target { get; init; }

    /// <summary>The platform to build for, such as <c>linux/arm64</c>; null for the engine's own.</summary>
    public string? Platform { get; init; }

    /// <summary>The network of <c>RUN</c>: <c>host</c>, <c>none</c> or the name of one; null for the engine's default.</summary>
    public string? Network { get; init; }

    /// <summary>Whether every step is done anew.</summary>
    public bool NoCache { get; init; }

    /// <summary>Whether base images are pulled even when they are there.</summary>
    public bool Pull { get; init; }
}
