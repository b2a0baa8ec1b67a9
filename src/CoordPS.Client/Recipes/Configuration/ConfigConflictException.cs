namespace CoordPS.Client.Recipes;

/// <summary>A configuration was changed by someone else since it was read; nothing was applied.</summary>
public sealed class ConfigConflictException : Exception
{
    internal ConfigConflictException(string path, ZooKeeperTransactionException inner)
        : base($"'{path}' was changed since the configuration was read ({inner.Error}). Nothing was applied. Read it again, look at the difference, and retry.", inner) =>
        Path = path;

    /// <summary>The znode that was changed.</summary>
    public string Path { get; }
}
