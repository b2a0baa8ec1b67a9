using System.Globalization;
using CoordPS.Containers;

namespace CoordPS;

/// <summary>Something that happened to a container.</summary>
public sealed class CoordContainerEvent
{
    internal CoordContainerEvent(EngineEvent source, DockerEndpoint endpoint)
    {
        Source = source;
        DockerHost = endpoint.Context is null ? endpoint.ToString() : null;
        DockerContext = endpoint.Context;
    }

    /// <summary>When, by the engine's clock, in local time.</summary>
    public DateTimeOffset Time => Source.Time.ToLocalTime();

    /// <summary>What happened: <c>create</c>, <c>start</c>, <c>die</c>, <c>stop</c>, <c>kill</c>, <c>health_status</c>, <c>pause</c>, <c>destroy</c> and so on.</summary>
    public string Action => Source.Action;

    /// <summary>Details, such as <c>healthy</c> of <c>health_status</c>; null without any.</summary>
    public string? Detail => Source.Detail;

    /// <summary>The container's name.</summary>
    public string Container => Source.Name ?? Source.Id;

    /// <summary>The container's id.</summary>
    public string Id => Source.Id;

    /// <summary>The container's image as it was named.</summary>
    public string? Image => Source.Attributes.GetValueOrDefault("image");

    /// <summary>The exit code, of <c>die</c>.</summary>
    public int? ExitCode => int.TryParse(Source.Attributes.GetValueOrDefault("exitCode"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int code) ? code : null;

    /// <summary>What the engine says besides, the container's labels among it.</summary>
    public IReadOnlyDictionary<string, string> Attributes => Source.Attributes;

    /// <summary>The address of the engine; null when a context names it.</summary>
    public string? DockerHost { get; }

    /// <summary>The docker context that names the engine; null when there is none.</summary>
    public string? DockerContext { get; }

    private EngineEvent Source { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Container} {Action}{(Detail is null ? "" : $": {Detail}")}";
}
