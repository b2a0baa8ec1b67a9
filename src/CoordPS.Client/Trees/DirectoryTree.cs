using System.Runtime.CompilerServices;
using System.Text.Json;
using CoordPS.Protocol;

namespace CoordPS.Client.Trees;

/// <summary>
/// A tree in a directory of files. A znode without children is a file with its data; one with children is a directory with a file for each child
/// and its own data in <c>%value</c>. <c>NAME%null</c> in place of <c>NAME</c> is a znode whose data is null, and <c>NAME%meta</c> beside it
/// has its access control list and mode where they are not the usual ones. Names are encoded so that every file system can hold them. Files whose
/// names begin with a dot are not part of the tree. docs/decisions/0041-tree-archives.md describes it.
/// </summary>
/// <param name="directory">The directory.</param>
/// <param name="filter">Which parts of the tree; null for all.</param>
public sealed class DirectoryTree(string directory, TreeFilter? filter = null) : ITreeSource
{
    /// <summary>The directory.</summary>
    public string Directory { get; } = Path.GetFullPath(directory);

    /// <summary>Whether the files were made by an export.</summary>
    public bool IsExport => ReadManifest() is not null;

    /// <summary>Whether an export to the directory has begun and not ended: then znodes are missing.</summary>
    public bool IsIncomplete => ReadManifest() is { } manifest && !manifest.Complete;

    /// <summary>The znode that was the root when the tree was exported; null when the files were not made by an export.</summary>
    public string? Root => ReadManifest()?.Root;

    /// <inheritdoc/>
    public IAsyncEnumerable<TreeNode> ReadAsync(CancellationToken ct = default) =>
        filter is null ? ReadAllAsync(ct) : filter.ApplyAsync(ReadAllAsync(ct), ct);

    internal static void WriteManifest(string directory, string? root, bool complete)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, JsonTreeFormat.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("format"u8, JsonTreeFormat.FormatName);
            json.WriteNumber("version"u8, JsonTreeFormat.Version);
            if (root is not null)
                json.WriteString("root"u8, root);
            json.WriteBoolean("complete"u8, complete);
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        File.WriteAllBytes(Path.Combine(directory, TreeFileName.Manifest), buffer.ToArray());
    }

    /// <summary>The znodes below that a directory has files for, by the order of their names.</summary>
    internal static List<TreeFile> List(string directory)
    {
        var files = new Dictionary<string, TreeFile>(StringComparer.Ordinal);
        List(directory, "", files);
        List<TreeFile> list = [.. files.Values];
        list.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return list;
    }

    private static void List(string directory, string prefix, Dictionary<string, TreeFile> files)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(directory).EnumerateFileSystemInfos("*", Everything))
        {
            string fileName = entry.Name;
            bool isDirectory = entry is DirectoryInfo;
            if (fileName[0] == '.' || fileName is TreeFileName.Data or TreeFileName.Meta or TreeFileName.Manifest)
                continue;
            if (isDirectory && fileName.EndsWith(TreeFileName.Continued, StringComparison.Ordinal))
            {
                if (TreeFileName.Decode(fileName[..^TreeFileName.Continued.Length]) is { } part)
                {
                    List(entry.FullName, prefix + part, files);
                    continue;
                }
            }

            string stem = fileName;
            bool isNull = TryTrim(ref stem, TreeFileName.Null, isDirectory), isMeta = !isNull && TryTrim(ref stem, TreeFileName.Meta, isDirectory);
            if (TreeFileName.Decode(stem) is not { } decoded)
                throw Unreadable(entry.FullName, "its name stands for no znode", "A % in a name is written as %25. Rename or remove it.");
            string name = prefix + decoded;
            if (ZPath.Check("/" + name) is { } reason)
                throw Unreadable(entry.FullName, $"its name stands for '{name}', which no znode can have: {reason}", "Rename or remove it.");
            string stemPath = Path.Combine(directory, stem);
            if (!files.TryGetValue(name, out TreeFile? file))
                files.Add(name, file = new TreeFile(name, stemPath));
            if (file.StemPath != stemPath)
                throw Unreadable(stemPath, $"it stands for the same znode as {file.StemPath}", "Remove one of them.");
            if (isMeta)
                file.HasMeta = true;
            else if (file.Kind == TreeFileKind.None)
                file.Kind = isDirectory ? TreeFileKind.Directory : isNull ? TreeFileKind.Null : TreeFileKind.Data;
            else
                throw Unreadable(entry.FullName, $"it stands for the same znode as another file, '{stem}' with or without {TreeFileName.Null}", "Remove one of them.");
        }
    }

    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None };

    private static bool TryTrim(ref string name, string suffix, bool isDirectory)
    {
        if (isDirectory || !name.EndsWith(suffix, StringComparison.Ordinal))
            return false;
        name = name[..^suffix.Length];
        return true;
    }

    private static TreeArchiveException Unreadable(string file, string what, string action) => new(file, what, action);

    private static TreeNode ReadNode(string path, TreeFile file)
    {
        try
        {
            byte[]? data = file.Kind switch
            {
                TreeFileKind.Data => File.ReadAllBytes(file.StemPath),
                TreeFileKind.Directory when Path.Combine(file.StemPath, TreeFileName.Data) is var own && File.Exists(own) => File.ReadAllBytes(own),
                _ => null,
            };
            if (!file.HasMeta)
                return new TreeNode(path) { Data = data };
            string meta = file.MetaPath;
            try
            {
                return TreeNodeMeta.Parse(path, File.ReadAllBytes(meta), data);
            }
            catch (FormatException e)
            {
                return new TreeNode(path) { Failure = Unreadable(meta, e.Message, "Correct or remove it.") };
            }
        }
        catch (Exception e) when (TreeArchiveException.IsOfFileSystem(e))
        {
            return new TreeNode(path) { Failure = new TreeArchiveException(file.StemPath, e.Message.TrimEnd('.'), "Make it readable.", e) };
        }
    }

    private async IAsyncEnumerable<TreeNode> ReadAllAsync([EnumeratorCancellation] CancellationToken ct)
    {
        if (!System.IO.Directory.Exists(Directory))
            yield break;
        // Reading files has no asynchronous form that is worth its price: the reader's thread waits.
        await Task.CompletedTask.ConfigureAwait(false);
        var rootFile = new TreeFile("", Directory + Path.DirectorySeparatorChar)
        {
            Kind = TreeFileKind.Directory,
            HasMeta = File.Exists(Path.Combine(Directory, TreeFileName.Meta)),
        };
        yield return ReadNode(ZPath.Root, rootFile);
        var levels = new Stack<(string Path, List<TreeFile>.Enumerator Files)>();
        if (!TryList(Directory, ZPath.Root, levels, out TreeNode? failed))
            yield return failed!;
        while (levels.Count > 0)
        {
            ct.ThrowIfCancellationRequested();
            (string parent, List<TreeFile>.Enumerator files) = levels.Pop();
            if (!files.MoveNext())
                continue;
            levels.Push((parent, files));
            TreeFile file = files.Current;
            // What has only a %meta is what is left of a znode that is gone.
            if (file.Kind == TreeFileKind.None)
                continue;
            string path = ZPath.Combine(parent, file.Name);
            TreeNode node = ReadNode(path, file);
            if (node.Failure is null && file.Kind == TreeFileKind.Directory && !TryList(file.StemPath, path, levels, out failed))
                node = failed!;
            yield return node;
        }
    }

    private static bool TryList(
        string directory, string path, Stack<(string Path, List<TreeFile>.Enumerator Files)> levels, out TreeNode? failed)
    {
        failed = null;
        try
        {
            levels.Push((path, List(directory).GetEnumerator()));
            return true;
        }
        catch (TreeArchiveException e)
        {
            failed = new TreeNode(path) { Failure = e };
        }
        catch (Exception e) when (TreeArchiveException.IsOfFileSystem(e))
        {
            failed = new TreeNode(path) { Failure = new TreeArchiveException(directory, e.Message.TrimEnd('.'), "Make it readable.", e) };
        }

        return false;
    }

    private (string? Root, bool Complete)? ReadManifest()
    {
        string file = Path.Combine(Directory, TreeFileName.Manifest);
        if (!File.Exists(file))
            return null;
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file));
            JsonElement root = json.RootElement;
            if (root.GetProperty("format").GetString() != JsonTreeFormat.FormatName)
                throw new TreeArchiveException(file, "it does not describe a tree", "Choose a directory that Export-ZNode wrote.");
            if (root.GetProperty("version").GetInt32() > JsonTreeFormat.Version)
                throw new TreeArchiveException(file, "the tree was written by a later version", "Use that version.");
            return (root.TryGetProperty("root", out JsonElement name) ? name.GetString() : null,
                !root.TryGetProperty("complete", out JsonElement complete) || complete.GetBoolean());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new TreeArchiveException(file, $"it does not describe a tree: {e.Message.TrimEnd('.')}", "Remove it, if the directory is one to import.", e);
        }
    }
}
