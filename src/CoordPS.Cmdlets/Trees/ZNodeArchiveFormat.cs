namespace CoordPS;

/// <summary>What a tree is kept in.</summary>
public enum ZNodeArchiveFormat
{
    /// <summary>By the name: <c>.json</c> is JSON, <c>.yaml</c> and <c>.yml</c> are YAML, anything else is a directory.</summary>
    Auto,

    /// <summary>A JSON file.</summary>
    Json,

    /// <summary>A YAML file.</summary>
    Yaml,

    /// <summary>A directory with a file for each znode.</summary>
    Directory,
}
