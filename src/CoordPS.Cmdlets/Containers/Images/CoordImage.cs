using CoordPS.Containers;

namespace CoordPS;

/// <summary>An image of a Docker Engine, under one of its names.</summary>
public sealed class CoordImage
{
    internal CoordImage(ImageDetails details, string? reference, DockerEndpoint endpoint, string? digest = null)
    {
        Id = details.Id;
        Size = details.Size;
        Created = details.Created is { Year: > 1 } created ? created.LocalDateTime : null;
        Labels = details.Config?.Labels ?? new Dictionary<string, string>();
        Architecture = details.Architecture;
        OperatingSystem = details.OperatingSystem;
        Layers = details.Layers?.Layers ?? [];
        DockerContext = endpoint.Context;
        DockerHost = endpoint.Context is null ? endpoint.ToString() : null;
        Reference = Id;
        if (reference is null)
            return;
        ImageReference name = ImageReference.Parse(reference);
        Reference = name.ToString();
        Repository = name.Repository;
        Tag = name.Tag;
        Digest = digest ?? name.Digest ?? DigestOf(details, name.Repository);
    }

    /// <summary>The ID in the engine: <c>sha256:...</c> of the image's configuration.</summary>
    public string Id { get; }

    /// <summary>The name by which it was asked for or listed; the ID of an image that has none.</summary>
    public string Reference { get; }

    /// <summary>The name without tag and digest; null without a name.</summary>
    public string? Repository { get; }

    /// <summary>The tag; null without one.</summary>
    public string? Tag { get; }

    /// <summary>The digest by which the registry of its name knows it; null until it was pushed or pulled.</summary>
    public string? Digest { get; }

    /// <summary>The name by digest, which means this image for ever: <c>repository@sha256:...</c>; null until it was pushed or pulled.</summary>
    public string? Pinned => Digest is null ? null : $"{Repository}@{Digest}";

    /// <summary>The name for whatever runs it: by digest where there is one.</summary>
    public string Image => Pinned ?? Reference;

    /// <summary>The size of all its layers, in bytes.</summary>
    public long Size { get; }

    /// <summary>When it was made, in local time; null where the image does not say.</summary>
    public DateTime? Created { get; }

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>The processors that it runs on, such as <c>amd64</c>.</summary>
    public string Architecture { get; }

    /// <summary>The operating system that it runs on.</summary>
    public string OperatingSystem { get; }

    /// <summary>The digests of its layers' contents, from the base up.</summary>
    public IReadOnlyList<string> Layers { get; }

    /// <summary>The address of its engine; null where <see cref="DockerContext"/> names it.</summary>
    public string? DockerHost { get; }

    /// <summary>The docker context of its engine; null where <see cref="DockerHost"/> names it.</summary>
    public string? DockerContext { get; }

    /// <inheritdoc/>
    public override string ToString() => Image;

    private static string? DigestOf(ImageDetails details, string repository)
    {
        foreach (string pinned in details.RepoDigests ?? [])
        {
            ImageReference name = ImageReference.Parse(pinned);
            if (name.Repository == repository)
                return name.Digest;
        }

        return null;
    }
}
