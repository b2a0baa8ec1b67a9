namespace CoordPS.Containers;

/// <summary>What is mounted into a container.</summary>
/// <param name="Source">The name of a volume, or an absolute path of the engine's machine; empty for a volume without a name.</param>
/// <param name="Target">Where it is in the container.</param>
/// <param name="ReadOnly">Whether the container may not write.</param>
public sealed record VolumeMount(string Source, string Target, bool ReadOnly = false)
{
    /// <summary>Whether it is a folder of the engine's machine rather than a volume of the engine.</summary>
    public bool IsFolder => Source.StartsWith('/') || (Source.Length > 2 && Source[1] == ':');

    /// <summary>Reads <c>[SOURCE:]TARGET[:ro|rw]</c>, as the docker command's <c>--volume</c>: <c>data:/data</c>, <c>/srv/app:/app:ro</c>.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static VolumeMount Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string rest = text;
        bool readOnly = rest.EndsWith(":ro", StringComparison.Ordinal);
        if (readOnly || rest.EndsWith(":rw", StringComparison.Ordinal))
            rest = rest[..^3];
        // C:\folder:C:\app has more colons than parts.
        int colon = rest.LastIndexOf(':');
        if (colon > 0 && colon + 1 < rest.Length && rest[colon + 1] is '\\' or '/' && char.IsAsciiLetter(rest[colon - 1]) && (colon == 1 || rest[colon - 2] == ':'))
            colon = colon == 1 ? -1 : colon - 2;
        string source = colon < 0 ? "" : rest[..colon], target = rest[(colon + 1)..];
        if (!target.StartsWith('/') && !(target.Length > 2 && target[1] == ':'))
            throw new FormatException($"'{text}' is no volume: write NAME:/folder, /folder/here:/folder or /folder, with :ro to have it read-only.");
        return new VolumeMount(source, target, readOnly);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{(Source.Length > 0 ? Source + ":" : "")}{Target}{(ReadOnly ? ":ro" : "")}";
}
