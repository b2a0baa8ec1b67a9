namespace CoordPS.Storage;

/// <summary>A data directory, log or snapshot that can't be used, read or written. The message names the file and says what to do.</summary>
public class StorageException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What failed, where, and what to do.</param>
    /// <param name="file">Full path of the file or directory.</param>
    /// <param name="innerException">The cause, if another exception.</param>
    public StorageException(string message, string? file, Exception? innerException = null) : base(message, innerException) => File = file;

    /// <summary>Creates the exception without a file.</summary>
    public StorageException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without a file.</summary>
    public StorageException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception without a message.</summary>
    public StorageException()
    {
    }

    /// <summary>Full path of the file or directory concerned; null when there is none.</summary>
    public string? File { get; }
}
