using CoordPS.Client.Tests.Trees;
using CoordPS.Client.Trees;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Client.Tests;

public abstract partial class ClientContract
{
    private static readonly EnsembleTreeOptions All = new();

    [ContractFact]
    public async Task A_tree_of_odd_names_and_data_is_copied_as_it_is()
    {
        ZooKeeperClient client = await ConnectAsync();
        TreeCopyProgress progress = await CopyAsync(ListTree.Odd(), client, $"{Root}/odd");
        Assert.Empty(await ListTree.DiffAsync(ListTree.Odd(), new EnsembleTree(client, $"{Root}/odd")));
        // Once more: nothing is left to do.
        long created = progress.Created;
        progress = await CopyAsync(ListTree.Odd(), client, $"{Root}/odd");
        Assert.Equal((0, 0, created), (progress.Created, progress.Updated, progress.Unchanged));
        // And from one place of the ensemble to another.
        await CopyAsync(new EnsembleTree(client, $"{Root}/odd"), client, $"{Root}/copy");
        Assert.Empty(await ListTree.DiffAsync(new EnsembleTree(client, $"{Root}/odd"), new EnsembleTree(client, $"{Root}/copy")));
    }

    [ContractFact]
    public async Task A_walk_is_in_order_whatever_its_window_and_can_be_gone_on_with()
    {
        ZooKeeperClient client = await ConnectAsync();
        await CopyAsync(ListTree.Odd(), client, $"{Root}/odd");
        List<string> expected = [];
        await foreach (TreeNode node in ListTree.Odd().ReadAsync())
            expected.Add(TreePath.ToAbsolute($"{Root}/odd", node.Path));
        foreach ((int window, long bytes) in new[] { (1, 1L), (7, 10L), (512, 1L << 20) })
        {
            List<string> paths = await WalkAsync(new TreeWalkOptions { Window = window, WindowBytes = bytes, WithAcl = true });
            Assert.Equal(expected, paths);
        }

        foreach (int at in new[] { 0, 1, 100, expected.Count - 2, expected.Count - 1 })
            Assert.Equal(expected[(at + 1)..], await WalkAsync(new TreeWalkOptions { After = expected[at] }));

        async Task<List<string>> WalkAsync(TreeWalkOptions options)
        {
            List<string> paths = [];
            await foreach (TreeEntry entry in new TreeWalker(client, options).WalkAsync($"{Root}/odd"))
                paths.Add(entry.Path);
            return paths;
        }
    }

    [ContractFact]
    public async Task Many_children_and_large_data_are_copied()
    {
        ZooKeeperClient client = await ConnectAsync();
        byte[] large = new byte[1_000_000];
        new Random(1).NextBytes(large);
        var tree = new ListTree(Enumerable.Range(0, 5000).Select(i => new TreeNode($"/many/child-{i}") { Data = i % 500 == 0 ? large : Bytes($"{i}") })
            .Append(new TreeNode("/")).Append(new TreeNode("/many")));
        TreeCopyProgress progress = await CopyAsync(tree, client, $"{Root}/large");
        Assert.Equal(5002, progress.Created);
        Assert.Empty(await ListTree.DiffAsync(tree, new EnsembleTree(client, $"{Root}/large")));
    }

    [ContractFact]
    public async Task What_differs_is_overwritten_only_when_asked_and_the_rest_deleted_only_when_asked()
    {
        ZooKeeperClient client = await ConnectAsync();
        await Other.CreateAsync($"{Root}/d", Bytes("old"));
        await Other.CreateAsync($"{Root}/d/same", Bytes("same"));
        await Other.CreateAsync($"{Root}/d/acl", Bytes("acl"));
        await Other.CreateAsync($"{Root}/d/more");
        await Other.CreateAsync($"{Root}/d/more/below");
        var tree = new ListTree([
            new TreeNode("/") { Data = Bytes("new") }, new TreeNode("/acl") { Data = Bytes("acl"), Acl = ListTree.Guarded }, new TreeNode("/created"), new TreeNode("/same") { Data = Bytes("same") },
        ]);
        List<string> failed = [];
        var progress = new TreeCopyProgress((path, e) => failed.Add($"{path} {((TreeConflictException)e).Differences}"));
        await TreeCopy.ToEnsembleAsync(tree, client, $"{Root}/d", All, new TreeCopyOptions(), progress);
        Assert.Equal([$"{Root}/d Data", $"{Root}/d/acl Acl"], failed);
        Assert.Equal((1, 0, 0, 1, 2), (progress.Created, progress.Updated, progress.Deleted, progress.Unchanged, progress.Failed));

        var dry = new TreeCopyProgress();
        await TreeCopy.ToEnsembleAsync(tree, client, $"{Root}/d", All, new TreeCopyOptions { Overwrite = true, Delete = true, DryRun = true }, dry);
        Assert.Equal((0, 2, 2, 2), (dry.Created, dry.Updated, dry.Deleted, dry.Unchanged));
        Assert.NotEmpty(await ListTree.DiffAsync(tree, new EnsembleTree(client, $"{Root}/d")));

        progress = await CopyAsync(tree, client, $"{Root}/d", overwrite: true, delete: true);
        Assert.Equal((0, 2, 2, 2), (progress.Created, progress.Updated, progress.Deleted, progress.Unchanged));
        Assert.Empty(await ListTree.DiffAsync(tree, new EnsembleTree(client, $"{Root}/d")));
    }

    [ContractFact]
    public async Task Ephemerals_are_left_out_or_become_persistent()
    {
        ZooKeeperClient client = await ConnectAsync();
        await client.CreateAsync($"{Root}/e");
        await client.CreateAsync($"{Root}/e/gone", Bytes("x"), CreateMode.Ephemeral);
        TreeCopyProgress progress = await CopyAsync(new EnsembleTree(client, $"{Root}/e"), client, $"{Root}/without");
        Assert.Equal(1, progress.Created);
        progress = await CopyAsync(new EnsembleTree(client, $"{Root}/e", new EnsembleTreeOptions { IncludeEphemerals = true }), client, $"{Root}/with");
        Assert.Equal(2, progress.Created);
        Assert.Equal(0, (await client.GetDataAsync($"{Root}/with/gone")).Stat.EphemeralOwner);
        // Again: it is the same as far as a copy goes.
        progress = await CopyAsync(new EnsembleTree(client, $"{Root}/e", new EnsembleTreeOptions { IncludeEphemerals = true }), client, $"{Root}/with");
        Assert.Equal(2, progress.Unchanged);
    }

    [ContractFact]
    public async Task Containers_and_times_to_live_are_made_where_an_archive_has_them()
    {
        ZooKeeperClient client = await ConnectAsync();
        var tree = new ListTree([
            new TreeNode("/"), new TreeNode("/c") { Mode = CreateMode.Container }, new TreeNode("/c/x"), new TreeNode("/t") { Mode = CreateMode.PersistentWithTtl, Ttl = TimeSpan.FromSeconds(3) },
        ]);
        await CopyAsync(tree, client, $"{Root}/modes");
        Assert.Empty(await ListTree.DiffAsync(tree, new EnsembleTree(client, $"{Root}/modes")));
        await client.DeleteAsync($"{Root}/modes/c/x");
        await Eventually.TrueAsync(async () => (await client.GetChildrenAsync($"{Root}/modes")).Children.Count == 0, "the servers remove both");
    }

    [ContractFact]
    public async Task The_root_is_copied_without_what_is_the_servers_own()
    {
        ZooKeeperClient client = await ConnectAsync();
        List<string> paths = [];
        await foreach (TreeNode node in new EnsembleTree(client, "/", new EnsembleTreeOptions { Filter = new TreeFilter { Exclude = path => path.StartsWith("/t-", StringComparison.Ordinal) } }).ReadAsync())
            paths.Add(node.Path);
        Assert.Equal(["/"], paths.Where(path => !path.StartsWith("/stray", StringComparison.Ordinal)));
    }

    [ContractFact]
    public async Task What_can_not_be_read_is_told_and_not_taken_for_missing()
    {
        ZooKeeperClient client = await ConnectAsync();
        await CopyAsync(new ListTree([new TreeNode("/"), new TreeNode("/a"), new TreeNode("/a/b"), new TreeNode("/c")]), client, $"{Root}/from");
        await CopyAsync(new EnsembleTree(client, $"{Root}/from"), client, $"{Root}/to");
        await Other.SetAclAsync($"{Root}/from/a", [new Acl(Permissions.All, new AclId("ip", "192.0.2.1"))]);
        List<string> failed = [];
        var progress = new TreeCopyProgress((path, e) => failed.Add($"{path} {((ZooKeeperException)e).Error}"));
        await TreeCopy.ToEnsembleAsync(new EnsembleTree(client, $"{Root}/from"), client, $"{Root}/to", All, new TreeCopyOptions { Overwrite = true, Delete = true }, progress);
        Assert.Equal([$"{Root}/from/a NoAuth"], failed);
        Assert.Equal(0, progress.Deleted);
        Assert.NotNull(await client.ExistsAsync($"{Root}/to/a/b"));
    }

    [ContractFact]
    public async Task A_source_that_is_gone_deletes_nothing()
    {
        ZooKeeperClient client = await ConnectAsync();
        await CopyAsync(new ListTree([new TreeNode("/"), new TreeNode("/a")]), client, $"{Root}/kept");
        await CopyAsync(new EnsembleTree(client, $"{Root}/never", new EnsembleTreeOptions { MayBeMissing = true }), client, $"{Root}/kept", delete: true);
        Assert.NotNull(await client.ExistsAsync($"{Root}/kept/a"));
    }

    [ContractFact]
    public async Task One_znode_that_can_not_be_created_is_told_and_the_rest_are()
    {
        ZooKeeperClient client = await ConnectAsync();
        IReadOnlyList<Acl> bad = [new Acl(Permissions.All, new AclId("nonsense", "x"))];
        List<string> failed = [];
        var progress = new TreeCopyProgress((path, _) => failed.Add(path));
        await TreeCopy.ToEnsembleAsync(
            new ListTree([new TreeNode("/"), new TreeNode("/a"), new TreeNode("/bad") { Acl = bad }, new TreeNode("/bad/below"), new TreeNode("/c"), new TreeNode("/c/d")]),
            client, $"{Root}/some", All, new TreeCopyOptions(), progress);
        Assert.Equal([$"{Root}/some/bad"], failed);
        Assert.Equal((4, 2), (progress.Created, progress.Failed));
        Assert.NotNull(await client.ExistsAsync($"{Root}/some/c/d"));
    }

    [ContractFact]
    public async Task A_copy_survives_lost_connections_and_one_that_was_stopped_goes_on()
    {
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync($"127.0.0.1:{proxy.Port}");
        var tree = new ListTree(Enumerable.Range(0, 20_000).Select(i => new TreeNode($"/p{i / 200}/c{i}") { Data = Bytes($"{i}") })
            .Concat(Enumerable.Range(0, 100).Select(i => new TreeNode($"/p{i}"))).Append(new TreeNode("/")));
        using var stop = new CancellationTokenSource();
        TreeCopyProgress stopped = null!;
        int rounds = 0;
        stopped = new TreeCopyProgress((path, e) => Assert.Fail($"{path}: {e.Message}"));
        Task copying = TreeCopy.ToEnsembleAsync(tree, client, $"{Root}/far", All, new TreeCopyOptions(), stopped, stop.Token);
        while (!copying.IsCompleted && rounds < 2)
        {
            await Eventually.TrueAsync(() => stopped.Created > 1000 * (rounds + 1) || copying.IsCompleted, "the copy goes on");
            proxy.Cut();
            rounds++;
        }

        await stop.CancelAsync();
        try
        {
            await copying;
        }
        catch (OperationCanceledException)
        {
            // What is there has all its parents.
        }

        TreeCopyProgress rest = await CopyAsync(tree, client, $"{Root}/far");
        Assert.Equal(20_101, rest.Created + rest.Unchanged);
        Assert.True(rest.Unchanged >= stopped.Created);
        Assert.Empty(await ListTree.DiffAsync(tree, new EnsembleTree(Other, $"{Root}/far")));
    }

    [ContractFact]
    public async Task A_mirror_follows_its_source()
    {
        ZooKeeperClient client = await ConnectAsync();
        await CopyAsync(new ListTree([new TreeNode("/"), new TreeNode("/a") { Data = Bytes("1") }]), client, $"{Root}/source");
        using var stop = new CancellationTokenSource();
        var synchronized = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mirror = new TreeMirror(client, $"{Root}/source", client, $"{Root}/mirror", All, new TreeCopyOptions { Overwrite = true, Delete = true });
        Task running = mirror.RunAsync(() => new TreeCopyProgress(), _ =>
        {
            synchronized.TrySetResult();
            return ValueTask.CompletedTask;
        }, stop.Token);
        await synchronized.Task.WaitAsync(Patience);
        await Other.SetDataAsync($"{Root}/source/a", Bytes("2"));
        await Other.CreateAsync($"{Root}/source/b");
        await Other.CreateAsync($"{Root}/source/b/c", Bytes("3"));
        await SameAsync();
        await Other.DeleteRecursiveAsync($"{Root}/source/b");
        await SameAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Task SameAsync() => Eventually.TrueAsync(async () =>
            (await ListTree.DiffAsync(new EnsembleTree(Other, $"{Root}/source"), new EnsembleTree(Other, $"{Root}/mirror"))).Count == 0, "the mirror is equal to its source");
    }

    [ContractFact]
    public async Task A_quota_is_kept_where_servers_look_for_it_and_counts()
    {
        ZooKeeperClient client = await ConnectAsync($"{Fixture.Server.ConnectionString}{Root}");
        await client.CreateAsync("/q", Bytes("12345"));
        await client.CreateAsync("/q/child", Bytes("678"));
        await client.CreateAsync("/other");
        Assert.Null(await client.GetQuotaAsync("/q"));
        await client.SetQuotaAsync(new ZNodeQuota("/q") { Count = 10, ByteHardLimit = 1000 });
        await client.SetQuotaAsync(new ZNodeQuota("/other") { Bytes = 5 });
        ZNodeQuota? quota = await client.GetQuotaAsync("/q");
        Assert.Equal(new ZNodeQuota("/q") { Count = 10, ByteHardLimit = 1000, UsedCount = 2, UsedBytes = 8 }, quota);
        Assert.Equal("count=10,bytes=-1=;byteHardLimit=1000;countHardLimit=-1", Text((await Other.GetDataAsync($"/zookeeper/quota{Root}/q/zookeeper_limits")).Data));
        List<string> roots = [];
        await foreach (string root in client.ListQuotasAsync("/"))
            roots.Add(root);
        Assert.Equal(["/other", "/q"], roots);
        Assert.Contains("has one", (await Assert.ThrowsAsync<BadArgumentsException>(() => client.SetQuotaAsync(new ZNodeQuota("/q/child") { Count = 1 }))).Message, StringComparison.Ordinal);
        Assert.True(await client.RemoveQuotaAsync("/q"));
        Assert.False(await client.RemoveQuotaAsync("/q"));
        Assert.True(await client.RemoveQuotaAsync("/other"));
        Assert.Null(await Other.ExistsAsync($"/zookeeper/quota{Root}"));
    }

    private static async Task<TreeCopyProgress> CopyAsync(ITreeSource source, ZooKeeperClient client, string root, bool overwrite = false, bool delete = false)
    {
        List<string> failures = [];
        var progress = new TreeCopyProgress((path, e) => failures.Add($"{path}: {e.Message}"));
        await TreeCopy.ToEnsembleAsync(source, client, root, All, new TreeCopyOptions { Overwrite = overwrite, Delete = delete }, progress);
        Assert.Empty(failures);
        return progress;
    }
}
