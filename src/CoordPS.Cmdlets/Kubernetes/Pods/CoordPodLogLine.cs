namespace CoordPS;

/// <summary>A line of a container's log.</summary>
/// <param name="Time">When it was written, by the node's clock; null where that is not told.</param>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Pod">The pod's name.</param>
/// <param name="Container">The container's name.</param>
/// <param name="Line">The line.</param>
public sealed record CoordPodLogLine(DateTimeOffset? Time, string Namespace, string Pod, string Container, string Line)
{
    /// <inheritdoc/>
    public override string ToString() => Line;
}
