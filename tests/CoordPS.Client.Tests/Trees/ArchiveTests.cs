using CoordPS.Client.Trees;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Client.Tests.Trees;

public sealed class ArchiveTests : IDisposable
{
    private static readonly TreeArchiveHeader Header = new() { Source = "here", Root = "/app", Sorted = true };

    private readonly TempDirectory _directory = new();

    private string FilePath => _directory.Combine("tree.json");

    private TreeArchiveFile Archive => new(FilePath, new JsonTreeFormat());

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_file_keeps_every_name_and_byte()
    {
        var progress = new TreeCopyProgress();
        await Archive.WriteAsync(Header, _ => ListTree.Odd(), true, null, progress);
        Assert.Empty(await ListTree.DiffAsync(ListTree.Odd(), Archive));
        Assert.Equal("/app", (await Archive.ReadHeaderAsync()).Root);
        Assert.True(progress.Created > 400);
        Assert.False(File.Exists(FilePath + TreeArchiveFile.PartialSuffix));
    }

    [Fact]
    public async Task A_file_keeps_modes()
    {
        ListTree tree = new([
            new TreeNode("/"), new TreeNode("/c") { Mode = CreateMode.Container }, new TreeNode("/e") { Mode = CreateMode.Ephemeral },
            new TreeNode("/t") { Mode = CreateMode.PersistentWithTtl, Ttl = TimeSpan.FromMilliseconds(1234) },
        ]);
        await Archive.WriteAsync(Header, _ => tree, true, null, new TreeCopyProgress());
        Assert.Empty(await ListTree.DiffAsync(tree, Archive));
        List<TreeNode> read = [];
        await foreach (TreeNode node in Archive.ReadAsync())
            read.Add(node);
        Assert.Equal([null, CreateMode.Container, CreateMode.Ephemeral, CreateMode.PersistentWithTtl], read.Select(node => node.Mode));
        Assert.Equal(1234, read[3].Ttl!.Value.TotalMilliseconds);
    }

    [Fact]
    public async Task A_file_written_by_hand_needs_no_order_and_no_layout()
    {
        await File.WriteAllTextAsync(FilePath, """
            { "format": "coordps-tree", // a comment
              "extra": { "is": ["passed", "over"] },
              "nodes": [ { "path": "/b", "data": "second" }, { "data": "first", "path": "/a" }, {"path":"/"}, ] }
            """);
        List<string> paths = [];
        await foreach (TreeNode node in Archive.ReadAsync())
            paths.Add(node.Path);
        Assert.Equal(["/", "/a", "/b"], paths);
    }

    [Theory]
    [InlineData("""{"format":"coordps-tree","sorted":true,"nodes":[{"path":"/b"},{"path":"/a"}]}""", "comes after")]
    [InlineData("""{"format":"coordps-tree","nodes":[{"path":"/a"},{"path":"/a"}]}""", "twice")]
    [InlineData("""{"format":"coordps-tree","nodes":[{"path":"/a","dat":"x"}]}""", "'dat' is not a field")]
    [InlineData("""{"format":"coordps-tree","nodes":[{"path":"a"}]}""", "znode 1 ('a')")]
    [InlineData("""{"format":"coordps-tree","nodes":[{"path":"/a","mode":"ttl"}]}""", "ttl")]
    [InlineData("""{"format":"coordps-tree","nodes":[{"path":"/a","acl":["everyone"]}]}""", "not an access control entry")]
    [InlineData("""{"format":"coordps-tree","nodes":[{"path":"/a","base64":"!"}]}""", "znode 1 ('/a')")]
    [InlineData("""{"format":"coordps-tree","nodes":[{"path":"/a"}""", "ends early")]
    [InlineData("""{"format":"coordps-tree","nodes":[{"path":"/a"}],"count":2}""", "1 znodes are in it, and 2")]
    [InlineData("""{"format":"coordps-tree","version":99,"nodes":[]}""", "later version")]
    [InlineData("""{"format":"other","nodes":[]}""", "does not hold a tree")]
    [InlineData("""[1]""", "does not hold a tree")]
    [InlineData("", "ends early")]
    public async Task A_damaged_file_is_refused_with_the_reason(string text, string expected)
    {
        await File.WriteAllTextAsync(FilePath, text);
        TreeArchiveException e = await Assert.ThrowsAsync<TreeArchiveException>(async () =>
        {
            await foreach (TreeNode _ in Archive.ReadAsync())
            {
            }
        });
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Contains(FilePath, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_file_is_gone_on_with_wherever_it_was_cut()
    {
        await Archive.WriteAsync(Header, _ => ListTree.Odd(), true, null, new TreeCopyProgress());
        byte[] whole = await File.ReadAllBytesAsync(FilePath);
        List<TreeNode> nodes = [];
        await foreach (TreeNode node in ListTree.Odd().ReadAsync())
            nodes.Add(node);
        foreach (int cut in new[] { 1, 50, 200, 1000, whole.Length / 2, whole.Length - 3, whole.Length - 1 }.Concat(Enumerable.Range(3000, 60)))
        {
            File.Delete(FilePath);
            await File.WriteAllBytesAsync(FilePath + TreeArchiveFile.PartialSuffix, whole[..cut]);
            long resumed = 0;
            await Archive.WriteAsync(
                Header, after => new ListTree(nodes.Where(node => after is null || TreePath.Compare(node.Path, after) > 0)), true, (_, count) => resumed = count, new TreeCopyProgress());
            Assert.Equal(whole, await File.ReadAllBytesAsync(FilePath));
            Assert.True(cut < 1000 || resumed > 0, $"Cut at {cut} it was begun anew.");
        }
    }

    [Fact]
    public async Task An_interrupted_file_of_another_tree_is_begun_anew()
    {
        await Archive.WriteAsync(Header with { Root = "/other" }, _ => ListTree.Odd(), true, null, new TreeCopyProgress());
        File.Move(FilePath, FilePath + TreeArchiveFile.PartialSuffix);
        await Archive.WriteAsync(Header, after => after is null ? new ListTree([new TreeNode("/")]) : throw new InvalidOperationException(), true, null, new TreeCopyProgress());
        Assert.Empty(await ListTree.DiffAsync(new ListTree([new TreeNode("/")]), Archive));
    }

    [Fact]
    public async Task A_directory_keeps_every_name_and_byte()
    {
        string directory = _directory.Combine("tree");
        await ToDirectoryAsync(ListTree.Odd(), directory);
        Assert.Empty(await ListTree.DiffAsync(ListTree.Odd(), new DirectoryTree(directory)));
        Assert.False(new DirectoryTree(directory).IsIncomplete);
        Assert.Equal("/app", new DirectoryTree(directory).Root);
    }

    [Fact]
    public async Task No_two_files_of_a_directory_differ_in_case_alone()
    {
        string directory = _directory.Combine("tree");
        await ToDirectoryAsync(ListTree.Odd(), directory);
        foreach (string each in Directory.EnumerateDirectories(directory, "*", SearchOption.AllDirectories).Append(directory))
        {
            string[] names = [.. Directory.EnumerateFileSystemEntries(each).Select(Path.GetFileName)!];
            Assert.Equal(names.Length, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        }
    }

    [Fact]
    public async Task A_directory_is_brought_up_to_date()
    {
        string directory = _directory.Combine("tree");
        await ToDirectoryAsync(
            new ListTree([
                new TreeNode("/"), new TreeNode("/a"), new TreeNode("/a/b") { Data = [1] }, new TreeNode("/leaf") { Data = [2] }, new TreeNode("/parent") { Data = [3] },
                new TreeNode("/parent/x") { Data = [] }, new TreeNode("/App") { Data = [] }, new TreeNode("/none"),
            ]), directory);
        ListTree changed = new([
            new TreeNode("/") { Data = [9] }, new TreeNode("/a") { Data = [] }, new TreeNode("/leaf") { Data = [2], Acl = ListTree.Guarded }, new TreeNode("/leaf/now-parent") { Data = [4] },
            new TreeNode("/parent"), new TreeNode("/App") { Data = [] }, new TreeNode("/app") { Data = [5] }, new TreeNode("/none") { Data = [6] }, new TreeNode("/" + new string('l', 600)),
        ]);
        TreeCopyProgress progress = await ToDirectoryAsync(changed, directory);
        Assert.Empty(await ListTree.DiffAsync(changed, new DirectoryTree(directory)));
        Assert.Equal((3, 5, 2, 1), (progress.Created, progress.Updated, progress.Deleted, progress.Unchanged));
        progress = await ToDirectoryAsync(changed, directory);
        Assert.Equal((0, 0, 0, 9), (progress.Created, progress.Updated, progress.Deleted, progress.Unchanged));
        await ToDirectoryAsync(new ListTree([new TreeNode("/")]), directory);
        Assert.Equal(TreeFileName.Manifest, Path.GetFileName(Assert.Single(Directory.EnumerateFileSystemEntries(directory))));
    }

    [Fact]
    public async Task A_directory_with_a_file_too_many_names_it()
    {
        string directory = _directory.Combine("tree");
        await ToDirectoryAsync(new ListTree([new TreeNode("/"), new TreeNode("/a"), new TreeNode("/b") { Data = [] }]), directory);
        await File.WriteAllTextAsync(Path.Combine(directory, ".gitignore"), "passed over");
        await File.WriteAllTextAsync(Path.Combine(directory, "%61"), "a again");
        string problem = Assert.Single(await ListTree.DiffAsync(new ListTree([new TreeNode("/")]), new DirectoryTree(directory)));
        Assert.Contains("stands for the same znode", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_wanted_is_left_out()
    {
        string directory = _directory.Combine("tree");
        await ToDirectoryAsync(
            new ListTree([
                new TreeNode("/"), new TreeNode("/a"), new TreeNode("/a/keep"), new TreeNode("/a/keep/all"), new TreeNode("/a/keep/skip"), new TreeNode("/a/other"), new TreeNode("/b"), new TreeNode("/b/c"),
            ]), directory);
        var filter = new TreeFilter { Include = path => path.EndsWith("/keep", StringComparison.Ordinal), Exclude = path => path.EndsWith("/skip", StringComparison.Ordinal) };
        List<string> paths = [];
        await foreach (TreeNode node in new DirectoryTree(directory, filter).ReadAsync())
            paths.Add(node.Path);
        Assert.Equal(["/", "/a", "/a/keep", "/a/keep/all"], paths);
    }

    private static async Task<TreeCopyProgress> ToDirectoryAsync(ITreeSource tree, string directory)
    {
        List<string> failures = [];
        var progress = new TreeCopyProgress((path, e) => failures.Add($"{path}: {e.Message}"));
        await TreeCopy.ToDirectoryAsync(tree, directory, "/app", null, new TreeCopyOptions { Overwrite = true, Delete = true }, progress);
        Assert.Empty(failures);
        return progress;
    }
}
