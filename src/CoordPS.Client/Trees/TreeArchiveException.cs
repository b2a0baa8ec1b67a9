namespace CoordPS.Client.Trees;

/// <summary>A tree in files is not what it should be, or its files can't be read or written.</summary>
public sealed class TreeArchiveException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="file">The file or directory.</param>
    /// <param name="what">What is wrong with it, without a full stop.</param>
    /// <param name="action">What to do about it.</param>
    /// <param name="inner">What caused it.</param>
    public TreeArchiveException(string file, string what, string action, Exception? inner = null)
        : base($"{file}: {what}. {action}", inner)
    {
        File = file;
        What = $"{file}: {what}.";
        RecommendedAction = action;
    }

    /// <summary>The file or directory.</summary>
    public string File { get; }

    /// <summary>What is wrong, without what to do.</summary>
    public string What { get; }

    /// <summary>What to do about it.</summary>
    public string RecommendedAction { get; }

    /// <summary>Whether an exception is one of the file system's.</summary>
    internal static bool IsOfFileSystem(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;
}
