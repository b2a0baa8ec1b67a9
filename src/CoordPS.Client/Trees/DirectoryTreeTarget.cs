using CoordPS.Protocol;

namespace CoordPS.Client.Trees;

/// <summary>
/// Writes a tree to a directory of files, see <see cref="DirectoryTree"/>. One znode is held back until it is known whether a child follows,
/// which makes a directory of it.
/// </summary>
internal sealed class DirectoryTreeTarget : ITreeTarget
{
    private readonly string _directory;
    private readonly string? _root;
    private readonly TreeCopyProgress _progress;
    private readonly Stack<Level> _levels = new();
    private TreeNode? _pending;
    private bool _pendingIsNew;
    private bool _started;

    public DirectoryTreeTarget(string directory, string? root, TreeFilter? filter, TreeCopyProgress progress)
    {
        _directory = Path.GetFullPath(directory);
        _root = root;
        _progress = progress;
        var existing = new DirectoryTree(_directory, filter);
        // Even the root is not there before an export has begun.
        Existing = existing.IsExport ? existing : new EmptyTree();
    }

    /// <inheritdoc/>
    public ITreeSource Existing { get; }

    /// <inheritdoc/>
    public string NameOf(string path) => path;

    /// <inheritdoc/>
    public Task PrepareAsync(CancellationToken ct)
    {
        try
        {
            Directory.CreateDirectory(_directory);
            DirectoryTree.WriteManifest(_directory, _root, complete: false);
        }
        catch (Exception e) when (TreeArchiveException.IsOfFileSystem(e))
        {
            throw new TreeArchiveException(_directory, e.Message.TrimEnd('.'), "Choose a directory that can be written.", e);
        }

        _started = true;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask CreateAsync(TreeNode node, CancellationToken ct)
    {
        Settle(node.Path);
        _pending = node;
        _pendingIsNew = true;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask UpdateAsync(TreeNode node, TreeDifferences differences, CancellationToken ct)
    {
        Settle(node.Path);
        _pending = node;
        _pendingIsNew = false;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(TreeNode node, CancellationToken ct)
    {
        Settle(node.Path);
        Try(node.Path, () =>
        {
            Level level = Enter(ZPath.Parent(node.Path));
            TreeFile file = level.Find(ZPath.Name(node.Path));
            File.Delete(file.MetaPath);
            switch (file.Kind)
            {
                case TreeFileKind.Directory:
                    File.Delete(file.DataPath);
                    Directory.Delete(file.StemPath);
                    break;
                case TreeFileKind.Null:
                    File.Delete(file.NullPath);
                    break;
                default:
                    File.Delete(file.StemPath);
                    break;
            }

            level.Remove(file);
            _progress.OnDeleted();
        });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public Task CompleteAsync(CancellationToken ct)
    {
        Settle(null);
        if (_started && _progress.Failed == 0)
            Try(ZPath.Root, () => DirectoryTree.WriteManifest(_directory, _root, complete: true));
        return Task.CompletedTask;
    }

    /// <summary>Writes the znode that was held back, as what it has become by the one that follows.</summary>
    private void Settle(string? next)
    {
        if (_pending is not { } node)
            return;
        _pending = null;
        bool hasChildren = next is not null && ZPath.IsSameOrBelow(next, node.Path);
        Try(node.Path, () =>
        {
            Write(node, hasChildren);
            if (_pendingIsNew)
                _progress.OnCreated(node.Data?.Length ?? 0);
            else
                _progress.OnUpdated(node.Data?.Length ?? 0);
        });
    }

    private void Write(TreeNode node, bool hasChildren)
    {
        TreeFile file;
        if (node.Path == ZPath.Root)
        {
            file = new TreeFile("", _directory + Path.DirectorySeparatorChar) { Kind = TreeFileKind.Directory, HasMeta = true };
        }
        else
        {
            Level level = Enter(ZPath.Parent(node.Path));
            file = level.Find(ZPath.Name(node.Path));
            if (hasChildren)
                Level.MakeDirectory(file);
        }

        switch (file.Kind, node.Data)
        {
            case (TreeFileKind.Directory, null):
                File.Delete(file.DataPath);
                break;
            case (_, null):
                File.WriteAllBytes(file.NullPath, []);
                if (file.Kind == TreeFileKind.Data)
                    File.Delete(file.StemPath);
                file.Kind = TreeFileKind.Null;
                break;
            case (_, { } data):
                if (file.Kind == TreeFileKind.None)
                    file.Kind = TreeFileKind.Data;
                File.WriteAllBytes(file.DataPath, data);
                if (file.Kind == TreeFileKind.Null)
                {
                    File.Delete(file.NullPath);
                    file.Kind = TreeFileKind.Data;
                }

                break;
        }

        if (TreeNodeMeta.IsNeeded(node))
        {
            File.WriteAllBytes(file.MetaPath, TreeNodeMeta.Format(node));
            file.HasMeta = true;
        }
        else if (file.HasMeta)
        {
            File.Delete(file.MetaPath);
            file.HasMeta = false;
        }
    }

    /// <summary>The directory of a znode, made of its file if it was one.</summary>
    private Level Enter(string path)
    {
        while (_levels.TryPeek(out Level? top) && !ZPath.IsSameOrBelow(path, top.Path))
            _levels.Pop();
        if (_levels.Count == 0)
            _levels.Push(new Level(ZPath.Root, _directory, isNew: false));
        while (_levels.Peek() is var level && level.Path != path)
        {
            int start = level.Path.Length == 1 ? 1 : level.Path.Length + 1, end = path.IndexOf('/', start);
            string name = end < 0 ? path[start..] : path[start..end];
            TreeFile file = level.Find(name);
            bool isNew = Level.MakeDirectory(file);
            _levels.Push(new Level(ZPath.Combine(level.Path, name), file.StemPath, isNew));
        }

        return _levels.Peek();
    }

    private void Try(string path, Action action)
    {
        try
        {
            action();
        }
        catch (TreeArchiveException e)
        {
            _progress.OnFailed(path, e);
        }
        catch (Exception e) when (TreeArchiveException.IsOfFileSystem(e))
        {
            _progress.OnFailed(path, new TreeArchiveException(
                _directory, $"'{path}' could not be written: {e.Message.TrimEnd('.')}", "Make room or give leave to write, and run the export again.", e));
        }
    }

    /// <summary>A directory being written: which znodes below it have files, by which names.</summary>
    private sealed class Level
    {
        private readonly string _directory;
        private readonly Dictionary<string, TreeFile> _files = new(StringComparer.Ordinal);

        /// <summary>The file names in use, as file systems compare them that don't care for case.</summary>
        private readonly HashSet<string> _used = new(StringComparer.OrdinalIgnoreCase);

        public Level(string path, string directory, bool isNew)
        {
            Path = path;
            _directory = directory;
            if (isNew)
                return;
            foreach (TreeFile file in DirectoryTree.List(directory))
            {
                _files.Add(file.Name, file);
                _used.Add(file.StemPath);
            }
        }

        public string Path { get; }

        /// <summary>The files of a znode, or where they will be.</summary>
        public TreeFile Find(string name)
        {
            if (_files.TryGetValue(name, out TreeFile? file))
                return file;
            string stem = "", previous;
            int escaped = 0;
            do
            {
                previous = stem;
                stem = System.IO.Path.Combine(_directory, TreeFileName.Encode(name, escaped++));
            }
            while (!_used.Add(stem) && stem != previous);
            if (System.IO.Path.GetDirectoryName(stem) is { } folder && folder.Length > _directory.Length)
                Directory.CreateDirectory(folder);
            file = new TreeFile(name, stem);
            _files.Add(name, file);
            return file;
        }

        public void Remove(TreeFile file)
        {
            _files.Remove(file.Name);
            _used.Remove(file.StemPath);
            // Long names have directories of their own.
            string? folder = System.IO.Path.GetDirectoryName(file.StemPath);
            while (folder is not null && folder.Length > _directory.Length && !Directory.EnumerateFileSystemEntries(folder).Any())
            {
                Directory.Delete(folder);
                folder = System.IO.Path.GetDirectoryName(folder);
            }
        }

        /// <summary>Makes a directory of the file; its data moves into it.</summary>
        /// <returns>Whether there was none before.</returns>
        public static bool MakeDirectory(TreeFile file)
        {
            if (file.Kind == TreeFileKind.Directory)
                return false;
            string data = file.StemPath + TreeFileName.Data;
            if (file.Kind == TreeFileKind.Data)
                File.Move(file.StemPath, data);
            Directory.CreateDirectory(file.StemPath);
            if (file.Kind == TreeFileKind.Data)
                File.Move(data, System.IO.Path.Combine(file.StemPath, TreeFileName.Data));
            if (file.Kind == TreeFileKind.Null)
                File.Delete(file.NullPath);
            file.Kind = TreeFileKind.Directory;
            return true;
        }
    }

    private sealed class EmptyTree : ITreeSource
    {
        public IAsyncEnumerable<TreeNode> ReadAsync(CancellationToken ct = default) => AsyncEnumerable.Empty<TreeNode>();
    }
}
