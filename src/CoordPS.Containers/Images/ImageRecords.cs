using System.Text.Json.Serialization;

namespace CoordPS.Containers;

/// <summary>An image in a list.</summary>
public sealed class ImageSummary
{
    /// <summary><c>sha256:...</c> of its configuration.</summary>
    public string Id { get; init; } = "";

    /// <summary>Its names.</summary>
    public IReadOnlyList<string>? RepoTags { get; init; }

    /// <summary>Its names with digests, one for each repository that it was pulled from or pushed to.</summary>
    public IReadOnlyList<string>? RepoDigests { get; init; }

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Its size in bytes, with all layers.</summary>
    public long Size { get; init; }
}

/// <summary>All that is known of an image.</summary>
public sealed class ImageDetails
{
    /// <summary><c>sha256:...</c> of its configuration.</summary>
    public string Id { get; init; } = "";

    /// <summary>Its names.</summary>
    public IReadOnlyList<string>? RepoTags { get; init; }

    /// <summary>Its names with digests, one for each repository that it was pulled from or pushed to.</summary>
    public IReadOnlyList<string>? RepoDigests { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>The processors that it runs on, such as <c>amd64</c>.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>The operating system that it runs on.</summary>
    [JsonPropertyName("Os")]
    public string OperatingSystem { get; init; } = "";

    /// <summary>Its size in bytes, with all layers.</summary>
    public long Size { get; init; }

    /// <summary>What its containers start with.</summary>
    public ImageConfig? Config { get; init; }

    /// <summary>Its layers.</summary>
    [JsonPropertyName("RootFS")]
    public ImageLayers? Layers { get; init; }
}

/// <summary>What containers of an image start with.</summary>
public sealed class ImageConfig
{
    /// <summary>The image's labels.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>The user; empty for root.</summary>
    public string? User { get; init; }

    /// <summary>The command's first words.</summary>
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>The command's other words, or all of them.</summary>
    public IReadOnlyList<string>? Cmd { get; init; }
}

/// <summary>The layers of an image.</summary>
public sealed class ImageLayers
{
    /// <summary>The digests of their contents, from the base up.</summary>
    public IReadOnlyList<string>? Layers { get; init; }
}

/// <summary>What became of an image that was removed: one of the two.</summary>
public sealed class ImageRemoval
{
    /// <summary>A name that is gone.</summary>
    public string? Untagged { get; init; }

    /// <summary>An image or layer that is gone.</summary>
    public string? Deleted { get; init; }
}

/// <summary>A container that was made from an image.</summary>
internal sealed class ImageUser
{
    public string Id { get; init; } = "";

    public IReadOnlyList<string>? Names { get; init; }
}

/// <summary>A message of a build, push or pull.</summary>
internal sealed class ProgressMessage
{
    [JsonPropertyName("stream")]
    public string? Stream { get; init; }

    [JsonPropertyName("status")]
    public string? Status { get; init; }

    [JsonPropertyName("id")]
    public string? Id { get; init; }

    [JsonPropertyName("progressDetail")]
    public ProgressDetail? Progress { get; init; }

    [JsonPropertyName("errorDetail")]
    public ProgressError? Error { get; init; }

    [JsonPropertyName("aux")]
    public ProgressResult? Result { get; init; }
}

/// <summary>How far a layer is.</summary>
internal sealed class ProgressDetail
{
    [JsonPropertyName("current")]
    public long? Current { get; init; }

    [JsonPropertyName("total")]
    public long? Total { get; init; }
}

/// <summary>Why it failed.</summary>
internal sealed class ProgressError
{
    [JsonPropertyName("code")]
    public int? Code { get; init; }

    [JsonPropertyName("message")]
    public string? Message { get; init; }
}

/// <summary>What came of a build or push.</summary>
internal sealed class ProgressResult
{
    [JsonPropertyName("ID")]
    public string? Id { get; init; }

    public string? Tag { get; init; }

    public string? Digest { get; init; }
}

/// <summary>The image part of the Engine API.</summary>
[JsonSerializable(typeof(ImageSummary[]))]
[JsonSerializable(typeof(ImageDetails))]
[JsonSerializable(typeof(ImageRemoval[]))]
[JsonSerializable(typeof(ImageUser[]))]
[JsonSerializable(typeof(ProgressMessage))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class ImageJson : JsonSerializerContext;
