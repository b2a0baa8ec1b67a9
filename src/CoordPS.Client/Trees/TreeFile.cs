namespace CoordPS.Client.Trees;

/// <summary>What a znode is among the files of a directory.</summary>
internal enum TreeFileKind
{
    /// <summary>Not there.</summary>
    None,

    /// <summary>A file with its data.</summary>
    Data,

    /// <summary>A file that says that its data is null.</summary>
    Null,

    /// <summary>A directory with its children and, unless it is null, its data.</summary>
    Directory,
}

/// <summary>The files of a znode.</summary>
internal sealed class TreeFile(string name, string stemPath)
{
    /// <summary>The name of the znode.</summary>
    public string Name => name;

    /// <summary>The path of its file or directory.</summary>
    public string StemPath => stemPath;

    public string DataPath => Kind == TreeFileKind.Directory ? Path.Combine(stemPath, TreeFileName.Data) : stemPath;

    public string NullPath => stemPath + TreeFileName.Null;

    public string MetaPath => stemPath + TreeFileName.Meta;

    public TreeFileKind Kind { get; set; }

    public bool HasMeta { get; set; }
}
