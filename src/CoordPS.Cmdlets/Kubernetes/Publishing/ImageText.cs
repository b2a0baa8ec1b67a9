namespace CoordPS.Cmdlets;

/// <summary>The parts of an image's reference, <c>REGISTRY:PORT/REPOSITORY:TAG@DIGEST</c>.</summary>
internal static class ImageText
{
    /// <summary>Registry and repository, without tag and digest.</summary>
    public static string Repository(string image)
    {
        int at = image.IndexOf('@', StringComparison.Ordinal);
        string named = at < 0 ? image : image[..at];
        int colon = named.LastIndexOf(':');
        return colon > named.LastIndexOf('/') ? named[..colon] : named;
    }

    /// <summary>The last part of the repository, which is what the image is called.</summary>
    public static string Name(string image)
    {
        string repository = Repository(image);
        return repository[(repository.LastIndexOf('/') + 1)..].ToLowerInvariant().Replace('_', '-').Replace('.', '-');
    }
}
