using CoordPS.Containers;

namespace CoordPS;

/// <summary>A line that a container wrote.</summary>
public sealed class CoordContainerLogLine
{
    internal CoordContainerLogLine(ContainerInfo container, ContainerLogLine line)
    {
        Container = container.Name;
        Time = line.Time.ToLocalTime();
        Stream = line.Stream;
        Line = line.Text;
    }

    /// <summary>The container's name.</summary>
    public string Container { get; }

    /// <summary>When the engine read it, in local time.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>Whether it was written to standard output or to standard error; a terminal's is all standard output.</summary>
    public ContainerStream Stream { get; }

    /// <summary>The line without its end.</summary>
    public string Line { get; }

    /// <inheritdoc/>
    public override string ToString() => Line;
}
