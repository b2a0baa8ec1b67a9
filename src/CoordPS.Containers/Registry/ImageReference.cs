namespace CoordPS.Containers;

/// <summary>The name of an image: <c>[REGISTRY/]PATH[:TAG][@DIGEST]</c>.</summary>
/// <param name="Repository">The name without tag and digest, as it was written.</param>
/// <param name="Tag">The tag; null when there is a digest, or none was written.</param>
/// <param name="Digest"><c>sha256:...</c>; null when there is none.</param>
public sealed record ImageReference(string Repository, string? Tag, string? Digest)
{
    internal const string DockerHub = "docker.io";

    /// <summary>The registry's address; <c>docker.io</c> where the name has none.</summary>
    public string Registry
    {
        get
        {
            int slash = Repository.IndexOf('/', StringComparison.Ordinal);
            string first = slash < 0 ? "" : Repository[..slash];
            return first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first == "localhost" ? first : DockerHub;
        }
    }

    /// <summary>The tag, or <c>latest</c> where neither tag nor digest is written.</summary>
    public string? EffectiveTag => Tag ?? (Digest is null ? "latest" : null);

    /// <summary>Reads a name.</summary>
    public static ImageReference Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int at = text.IndexOf('@', StringComparison.Ordinal);
        string? digest = at < 0 ? null : text[(at + 1)..];
        string name = at < 0 ? text : text[..at];
        int colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') && colon >= 0
            ? new ImageReference(name[..colon], name[(colon + 1)..], digest)
            : new ImageReference(name, null, digest);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Repository}{(EffectiveTag is { } tag ? $":{tag}" : "")}{(Digest is null ? "" : $"@{Digest}")}";
}
