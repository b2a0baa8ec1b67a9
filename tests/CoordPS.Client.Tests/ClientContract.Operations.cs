using System.Diagnostics;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Client.Tests;

public abstract partial class ClientContract
{
    [ContractFact]
    public async Task A_znode_is_created_read_set_and_deleted()
    {
        ZooKeeperClient client = await ConnectAsync();
        string path = $"{Root}/a";
        CreateResult created = await client.CreateAsync(path, Bytes("one"));
        Assert.Equal(path, created.Path);
        Assert.Equal(3, created.Stat!.Value.DataLength);

        ZNodeData read = await client.GetDataAsync(path);
        Assert.Equal("one", Text(read.Data));
        Assert.Equal(created.Stat, read.Stat);

        Stat set = await client.SetDataAsync(path, Bytes("two!"), read.Stat.Version);
        Assert.Equal(1, set.Version);
        Assert.Equal(set, await client.ExistsAsync(path));
        Assert.Equal("two!", Text((await client.GetDataAsync(path)).Data));

        await client.DeleteAsync(path, 1);
        Assert.Null(await client.ExistsAsync(path));
        Assert.True(client.LastZxid > set.Mzxid);
    }

    [ContractFact]
    public async Task Null_and_empty_data_are_kept_apart()
    {
        await Other.CreateAsync($"{Root}/null", data: null);
        await Other.CreateAsync($"{Root}/empty", Array.Empty<byte>());
        Assert.Null((await Other.GetDataAsync($"{Root}/null")).Data);
        Assert.Empty((await Other.GetDataAsync($"{Root}/empty")).Data!);
    }

    [ContractFact]
    public async Task A_megabyte_less_a_little_fits_and_more_is_refused_before_it_is_sent()
    {
        ZooKeeperClient client = await ConnectAsync();
        byte[] big = new byte[1_000_000];
        Random.Shared.NextBytes(big);
        await client.CreateAsync($"{Root}/big", big);
        Assert.Equal(big, (await client.GetDataAsync($"{Root}/big")).Data);

        var e = await Assert.ThrowsAsync<RequestTooLargeException>(() => client.SetDataAsync($"{Root}/big", new byte[1_100_000]));
        Assert.Contains($"{Root}/big", e.Message, StringComparison.Ordinal);
        Assert.Contains("jute.maxbuffer", e.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(0, (await client.ExistsAsync($"{Root}/big"))!.Value.Version);
        Assert.Equal(SessionState.Connected, client.State);
    }

    [ContractFact]
    public async Task Sequential_znodes_get_the_parents_counter()
    {
        Assert.Equal($"{Root}/s-0000000000", (await Other.CreateAsync($"{Root}/s-", null, CreateMode.PersistentSequential)).Path);
        Assert.Equal($"{Root}/s-0000000001", (await Other.CreateAsync($"{Root}/s-", null, CreateMode.EphemeralSequential)).Path);
        Assert.Equal($"{Root}/0000000002", (await Other.CreateAsync($"{Root}/", null, CreateMode.PersistentSequential)).Path);
    }

    [ContractFact]
    public async Task Containers_and_znodes_with_a_time_to_live_are_created()
    {
        CreateResult container = await Other.CreateAsync($"{Root}/container", null, CreateMode.Container);
        Assert.Equal($"{Root}/container", container.Path);
        Assert.NotNull(container.Stat);
        await Other.CreateAsync($"{Root}/container/child");
        CreateResult sequential = await Other.CreateAsync(
            $"{Root}/container/ttl-", Bytes("x"), CreateMode.PersistentSequentialWithTtl, ttl: TimeSpan.FromMilliseconds(300));
        Assert.Equal($"{Root}/container/ttl-0000000001", sequential.Path);
        CreateResult lasting = await Other.CreateAsync($"{Root}/lasting", Bytes("x"), CreateMode.PersistentWithTtl, ttl: TimeSpan.FromMinutes(5));
        Assert.Equal(1, lasting.Stat!.Value.DataLength);

        await Eventually.TrueAsync(async () => await Other.ExistsAsync(sequential.Path) is null, "the znode whose time is over is gone");
        await Other.DeleteAsync($"{Root}/container/child");
        await Eventually.TrueAsync(async () => await Other.ExistsAsync($"{Root}/container") is null, "the empty container is gone");
        Assert.NotNull(await Other.ExistsAsync(lasting.Path));
    }

    [ContractFact]
    public async Task A_time_to_live_goes_with_its_modes_only()
    {
        await Assert.ThrowsAsync<BadArgumentsException>(() => Other.CreateAsync($"{Root}/x", null, CreateMode.PersistentWithTtl));
        await Assert.ThrowsAsync<BadArgumentsException>(() => Other.CreateAsync($"{Root}/x", null, CreateMode.Persistent, ttl: TimeSpan.FromSeconds(1)));
        await Assert.ThrowsAsync<BadArgumentsException>(() => Other.CreateAsync($"{Root}/x", null, CreateMode.PersistentWithTtl, ttl: TimeSpan.Zero));
        await Assert.ThrowsAsync<BadArgumentsException>(() => Other.CreateAsync($"{Root}/x", null, (CreateMode)77));
    }

    [ContractFact]
    public async Task Errors_are_typed_and_name_the_path_the_server_and_what_to_do()
    {
        string missing = $"{Root}/missing", node = $"{Root}/node", ephemeral = $"{Root}/ephemeral";
        await Other.CreateAsync(node);
        await Other.CreateAsync($"{node}/child");
        await Other.CreateAsync(ephemeral, null, CreateMode.Ephemeral);

        await ThrowsAsync<NoNodeException>(ErrorCode.NoNode, missing, () => Other.GetDataAsync(missing));
        await ThrowsAsync<NoNodeException>(ErrorCode.NoNode, missing, () => Other.SetDataAsync(missing, Bytes("x")));
        await ThrowsAsync<NoNodeException>(ErrorCode.NoNode, missing, () => Other.DeleteAsync(missing));
        await ThrowsAsync<NoNodeException>(ErrorCode.NoNode, missing, () => Other.GetChildrenAsync(missing));
        await ThrowsAsync<NoNodeException>(ErrorCode.NoNode, missing, () => Other.GetAclAsync(missing));
        await ThrowsAsync<NoNodeException>(ErrorCode.NoNode, $"{missing}/child", () => Other.CreateAsync($"{missing}/child"));
        await ThrowsAsync<NodeExistsException>(ErrorCode.NodeExists, node, () => Other.CreateAsync(node));
        await ThrowsAsync<NotEmptyException>(ErrorCode.NotEmpty, node, () => Other.DeleteAsync(node));
        await ThrowsAsync<BadVersionException>(ErrorCode.BadVersion, node, () => Other.SetDataAsync(node, null, 7));
        await ThrowsAsync<BadVersionException>(ErrorCode.BadVersion, $"{node}/child", () => Other.DeleteAsync($"{node}/child", 7));
        await ThrowsAsync<BadVersionException>(ErrorCode.BadVersion, node, () => Other.SetAclAsync(node, Acl.OpenUnsafe, 7));
        await ThrowsAsync<NoChildrenForEphemeralsException>(ErrorCode.NoChildrenForEphemerals, $"{ephemeral}/child", () => Other.CreateAsync($"{ephemeral}/child"));
        await ThrowsAsync<InvalidAclException>(ErrorCode.InvalidAcl, $"{Root}/acl", () => Other.CreateAsync($"{Root}/acl", null, CreateMode.Persistent, []));
        await ThrowsAsync<InvalidAclException>(ErrorCode.InvalidAcl, node, () => Other.SetAclAsync(node, [new Acl(Permissions.All, new AclId("nonsense", "x"))]));
        await ThrowsAsync<InvalidAclException>(ErrorCode.InvalidAcl, $"{Root}/acl", () => Other.CreateAsync($"{Root}/acl", null, CreateMode.Persistent, Acl.CreatorAll));

        async Task ThrowsAsync<T>(ErrorCode code, string path, Func<Task> call) where T : ZooKeeperException
        {
            T e = await Assert.ThrowsAsync<T>(call);
            Assert.Equal(code, e.Error);
            Assert.Equal(path, e.Path);
            Assert.Contains($"'{path}'", e.Message, StringComparison.Ordinal);
            Assert.Contains(code.ToString(), e.Message, StringComparison.Ordinal);
            Assert.Contains(Fixture.Server.ConnectionString, e.Message, StringComparison.Ordinal);
            Assert.Contains(e.RecommendedAction, e.Message, StringComparison.Ordinal);
            Assert.NotEmpty(e.RecommendedAction);
        }
    }

    [ContractFact]
    public async Task A_malformed_path_fails_the_task_without_asking_the_server()
    {
        foreach (string path in new[] { "", "a", "/a/", "/a//b", "/a/../b", "/a\0b" })
        {
            Task<ZNodeData> call = Other.GetDataAsync(path);
            Assert.True(call.IsFaulted);
            var e = await Assert.ThrowsAsync<BadArgumentsException>(() => call);
            Assert.Equal(path, e.Path);
        }

        await Assert.ThrowsAsync<BadArgumentsException>(() => Other.CreateAsync($"{Root}/", null));
    }

    [ContractFact]
    public async Task An_access_control_list_is_read_replaced_and_obeyed()
    {
        string path = $"{Root}/guarded";
        Acl owner = new(Permissions.All, new AclId("digest", DigestIdentity.Generate("bob:secret")));
        await Other.CreateAsync(path, Bytes("s"), CreateMode.Persistent, [owner]);
        NoAuthException e = await Assert.ThrowsAsync<NoAuthException>(() => Other.GetDataAsync(path));
        Assert.Equal(path, e.Path);
        await Assert.ThrowsAsync<NoAuthException>(() => Other.SetDataAsync(path, null));

        ZooKeeperClient bob = await ConnectAsync(configure: o => o.Credentials.Add(Credential.Digest("bob", "secret")));
        Assert.Equal("s", Text((await bob.GetDataAsync(path)).Data));
        AclResult acl = await bob.GetAclAsync(path);
        Assert.Equal([owner], acl.Acl);

        Stat set = await bob.SetAclAsync(path, [owner, .. Acl.ReadUnsafe], acl.Stat.Aversion);
        Assert.Equal(1, set.Aversion);
        Assert.Equal("s", Text((await Other.GetDataAsync(path)).Data));
    }

    [ContractFact]
    public async Task Credentials_added_later_count_for_the_requests_after_them()
    {
        ZooKeeperClient client = await ConnectAsync();
        await client.AddAuthAsync("digest", Bytes("eve:pw"));
        await client.CreateAsync($"{Root}/mine", null, CreateMode.Persistent, Acl.CreatorAll);
        Assert.Equal($"digest:{DigestIdentity.Generate("eve:pw")}", (await client.GetAclAsync($"{Root}/mine")).Acl.Single().Id.ToString());

        IReadOnlyList<ClientInfo> identities = await client.WhoAmIAsync();
        Assert.Contains(identities, i => i is { AuthScheme: "digest", User: "eve" });
        Assert.Contains(identities, i => i.AuthScheme == "ip");
    }

    [ContractFact]
    public async Task Refused_credentials_end_the_session()
    {
        ZooKeeperClient client = await ConnectAsync();
        AuthFailedException e = await Assert.ThrowsAsync<AuthFailedException>(() => client.AddAuthAsync("nonsense", Bytes("x")));
        Assert.Contains("nonsense", e.Message, StringComparison.Ordinal);
        Assert.Equal(SessionState.AuthFailed, client.State);
        await Assert.ThrowsAsync<AuthFailedException>(() => client.ExistsAsync(Root));

        await Assert.ThrowsAsync<AuthFailedException>(() => ConnectAsync(configure: o => o.Credentials.Add(new Credential("nonsense", Bytes("x")))));
    }

    [ContractFact]
    public async Task The_super_user_may_do_everything()
    {
        ZooKeeperClient super = await ConnectAsync(configure: o => o.Credentials.Add(new Credential("digest", Bytes(TestServerOptions.SuperUser))));
        await Other.CreateAsync($"{Root}/locked", Bytes("x"), CreateMode.Persistent, [new Acl(Permissions.Read, new AclId("digest", "nobody:x"))]);
        await super.SetDataAsync($"{Root}/locked", Bytes("y"));
        Assert.Equal("y", Text((await super.GetDataAsync($"{Root}/locked")).Data));
    }

    [ContractFact]
    public async Task Children_ephemerals_and_descendants_are_listed_and_counted()
    {
        ZooKeeperClient client = await ConnectAsync();
        await client.CreateAsync($"{Root}/a");
        await client.CreateAsync($"{Root}/a/e", null, CreateMode.Ephemeral);
        await client.CreateAsync($"{Root}/b");
        await client.SyncAsync(Root);

        ChildrenResult children = await client.GetChildrenAsync(Root);
        Assert.Equal(["a", "b"], children.Children.Order());
        Assert.Equal(2, children.Stat.NumChildren);
        Assert.Equal(3, await client.GetAllChildrenNumberAsync(Root));
        Assert.Equal([$"{Root}/a/e"], await client.GetEphemeralsAsync(Root));
        Assert.Equal([$"{Root}/a/e"], await client.GetEphemeralsAsync());
        Assert.Empty(await client.GetEphemeralsAsync($"{Root}/b"));
    }

    [ContractFact]
    public async Task A_transaction_does_all_or_nothing()
    {
        await Other.CreateAsync($"{Root}/old", Bytes("x"));
        IReadOnlyList<OperationResult> results = await Other.MultiAsync(
        [
            ZooKeeperOperation.Check($"{Root}/old", 0),
            ZooKeeperOperation.Create($"{Root}/new", Bytes("n")),
            ZooKeeperOperation.Create($"{Root}/new/s-", null, CreateMode.PersistentSequential),
            ZooKeeperOperation.Create($"{Root}/container", null, CreateMode.Container),
            ZooKeeperOperation.Create($"{Root}/ttl", null, CreateMode.PersistentWithTtl, null, TimeSpan.FromMinutes(1)),
            ZooKeeperOperation.SetData($"{Root}/new", Bytes("nn"), 0),
            ZooKeeperOperation.Delete($"{Root}/old", 0),
        ]);
        Assert.All(results, r => Assert.True(r.Succeeded));
        Assert.Equal($"{Root}/new/s-0000000000", results[2].Path);
        Assert.Equal(1, results[5].Stat!.Value.Version);
        Assert.Null(await Other.ExistsAsync($"{Root}/old"));
        Assert.NotNull(await Other.ExistsAsync($"{Root}/ttl"));

        var e = await Assert.ThrowsAsync<ZooKeeperTransactionException>(() => Other.MultiAsync(
        [
            ZooKeeperOperation.Create($"{Root}/never"),
            ZooKeeperOperation.Create($"{Root}/new"),
            ZooKeeperOperation.Delete($"{Root}/new"),
        ]));
        Assert.Equal(1, e.FailedIndex);
        Assert.Equal(ErrorCode.NodeExists, e.Error);
        Assert.Equal($"{Root}/new", e.Path);
        Assert.IsType<NodeExistsException>(e.InnerException);
        Assert.Equal([ErrorCode.Ok, ErrorCode.NodeExists, ErrorCode.RuntimeInconsistency], e.Results.Select(r => r.Error));
        Assert.Null(await Other.ExistsAsync($"{Root}/never"));

        var check = await Assert.ThrowsAsync<ZooKeeperTransactionException>(() => Other.MultiAsync([ZooKeeperOperation.Check($"{Root}/new", 42)]));
        Assert.IsType<BadVersionException>(check.InnerException);
        Assert.Empty(await Other.MultiAsync([]));
    }

    [ContractFact]
    public async Task Several_reads_in_one_request_succeed_or_fail_each_on_its_own()
    {
        await Other.CreateAsync($"{Root}/a", Bytes("one"));
        await Other.CreateAsync($"{Root}/a/b");
        IReadOnlyList<OperationResult> results = await Other.MultiReadAsync(
        [
            ZooKeeperOperation.GetData($"{Root}/a"),
            ZooKeeperOperation.GetData($"{Root}/missing"),
            ZooKeeperOperation.GetChildren($"{Root}/a"),
        ]);
        Assert.Equal("one", Text(results[0].Data));
        Assert.Equal(ErrorCode.NoNode, results[1].Error);
        Assert.Equal(["b"], results[2].Children);

        await Assert.ThrowsAsync<BadArgumentsException>(() => Other.MultiAsync([ZooKeeperOperation.GetData(Root)]));
        await Assert.ThrowsAsync<BadArgumentsException>(() => Other.MultiReadAsync([ZooKeeperOperation.Delete(Root)]));
    }

    [ContractFact]
    public async Task The_configuration_is_read_whatever_the_chroot()
    {
        ZooKeeperClient client = await ConnectAsync($"{Fixture.Server.ConnectionString}{Root}");
        ZNodeData config = await client.GetConfigAsync();
        Assert.Equal((await Other.GetDataAsync("/zookeeper/config")).Stat, config.Stat);
    }

    [ContractFact]
    public async Task Reconfiguration_is_refused_where_it_is_turned_off()
    {
        ZooKeeperException e = await Assert.ThrowsAnyAsync<ZooKeeperException>(() => Other.ReconfigAsync(leaving: "2"));
        Assert.Equal(ErrorCode.ReconfigDisabled, e.Error);
    }

    [ContractFact]
    public async Task With_a_chroot_every_path_is_relative_to_it()
    {
        ZooKeeperClient client = await ConnectAsync($"{Fixture.Server.ConnectionString}{Root}/c");
        Assert.Equal($"{Root}/c", client.Chroot);
        NoNodeException missing = await Assert.ThrowsAsync<NoNodeException>(() => client.CreateAsync("/a"));
        Assert.Equal("/a", missing.Path);

        Assert.Equal("/", (await client.CreateAsync("/")).Path);
        Assert.Equal("/a", (await client.CreateAsync("/a", Bytes("x"))).Path);
        Assert.Equal("/a/s-0000000000", (await client.CreateAsync("/a/s-", null, CreateMode.EphemeralSequential)).Path);
        Assert.Equal("/0000000001", (await client.CreateAsync("/", null, CreateMode.PersistentSequential)).Path);
        Assert.Equal("x", Text((await Other.GetDataAsync($"{Root}/c/a")).Data));
        Assert.Equal(["/a/s-0000000000"], await client.GetEphemeralsAsync());
        IReadOnlyList<OperationResult> results = await client.MultiAsync(
            [ZooKeeperOperation.Create("/a/m-", null, CreateMode.PersistentSequential), ZooKeeperOperation.SetData("/a", Bytes("y"))]);
        Assert.Equal("/a/m-0000000001", results[0].Path);
        Assert.Equal(["0000000001", "a"], (await client.GetChildrenAsync("/")).Children.Order());
    }

    [ContractFact]
    public async Task Requests_are_carried_out_in_the_order_of_the_calls()
    {
        ZooKeeperClient client = await ConnectAsync(configure: o => o.MaxInFlight = 100);
        await client.CreateAsync($"{Root}/n");
        Task<Stat>[] sets = [.. Enumerable.Range(0, 2_000).Select(i => client.SetDataAsync($"{Root}/n", Bytes($"{i}"), i))];
        Task<ZNodeData> read = client.GetDataAsync($"{Root}/n");
        Stat[] stats = await Task.WhenAll(sets);
        Assert.Equal(Enumerable.Range(1, 2_000), stats.Select(s => s.Version));
        Assert.Equal("1999", Text((await read).Data));
    }

    [ContractFact]
    public async Task Many_callers_share_the_connection_and_each_gets_its_own_answer()
    {
        ZooKeeperClient client = await ConnectAsync();
        await Parallel.ForAsync(0, 500, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, ct) =>
        {
            string path = $"{Root}/n{i}";
            await client.CreateAsync(path, Bytes($"{i}"), ct: ct);
            Assert.Equal($"{i}", Text((await client.GetDataAsync(path, ct)).Data));
            await Assert.ThrowsAsync<NodeExistsException>(() => client.CreateAsync(path, ct: ct));
            await client.DeleteAsync(path, 0, ct);
        });
        Assert.Empty((await client.GetChildrenAsync(Root)).Children);
    }

    [ContractFact]
    public async Task A_list_of_children_may_be_longer_than_a_request_and_one_over_the_limit_fails_alone()
    {
        string padding = new('x', 180);
        await Task.WhenAll(Enumerable.Range(0, 8_000).Select(i => Other.CreateAsync($"{Root}/{padding}{i}")));
        Assert.Equal(8_000, (await Other.GetChildrenAsync(Root)).Children.Count);

        ZooKeeperClient small = await ConnectAsync(configure: o => o.MaxFrameLength = 100_000);
        Task<Stat?> before = small.ExistsAsync(Root);
        Task<ChildrenResult> list = small.GetChildrenAsync(Root);
        Task<Stat?> after = small.ExistsAsync(Root);
        Assert.NotNull(await before);
        ReplyTooLargeException e = await Assert.ThrowsAsync<ReplyTooLargeException>(() => list);
        Assert.Equal(Root, e.Path);
        Assert.NotNull(await after);
        Assert.Equal(SessionState.Connected, small.State);
    }

    [ContractFact]
    public async Task A_tree_is_deleted_children_first_and_what_is_missing_is_created()
    {
        await Other.EnsurePathAsync($"{Root}/a/b/c");
        await Other.EnsurePathAsync($"{Root}/a/b/c");
        await Task.WhenAll(Enumerable.Range(0, 600).Select(i => Other.CreateAsync($"{Root}/a/b/c/{i}")));
        var reports = new List<int>();
        int deleted = await Other.DeleteRecursiveAsync($"{Root}/a", new SynchronousProgress(reports.Add));
        Assert.Equal(603, deleted);
        Assert.Equal(Enumerable.Range(1, 603), reports);
        Assert.Empty((await Other.GetChildrenAsync(Root)).Children);
        Assert.Equal(0, await Other.DeleteRecursiveAsync($"{Root}/a"));

        ZooKeeperClient client = await ConnectAsync($"{Fixture.Server.ConnectionString}{Root}/chroot/deep");
        await Other.CreateAsync($"{Root}/chroot");
        await client.EnsurePathAsync("/x/y");
        Assert.NotNull(await Other.ExistsAsync($"{Root}/chroot/deep/x/y"));
        Assert.Equal(2, await client.DeleteRecursiveAsync("/"));
    }

    [ContractFact]
    public async Task A_path_is_ensured_without_the_right_to_create_where_it_exists()
    {
        await Other.CreateAsync($"{Root}/open");
        await Other.SetAclAsync(Root, [new Acl(Permissions.Read | Permissions.Delete | Permissions.Admin, AclId.Anyone)]);
        await Other.EnsurePathAsync($"{Root}/open/a/b");
        await Assert.ThrowsAsync<NoAuthException>(() => Other.EnsurePathAsync($"{Root}/closed"));
    }

    [ContractFact]
    public async Task Cancelling_ends_the_wait_at_once_and_the_session_goes_on()
    {
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync(proxy.ConnectionString);
        await client.CreateAsync($"{Root}/n");
        proxy.Hold(ProxyDirection.ToClient);
        using var cancellation = new CancellationTokenSource();
        Task<Stat> set = client.SetDataAsync($"{Root}/n", Bytes("x"), -1, cancellation.Token);
        Assert.False(set.IsCompleted);
        await cancellation.CancelAsync();
        var e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => set);
        Assert.Equal(cancellation.Token, e.CancellationToken);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ExistsAsync(Root, cancellation.Token));
        Task<ZNodeData> read = client.GetDataAsync($"{Root}/n");
        proxy.Release();
        Assert.Equal("x", Text((await read).Data));
    }

    [ContractFact]
    public async Task An_answer_that_takes_too_long_fails_its_request()
    {
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync(proxy.ConnectionString, o => o.RequestTimeout = TimeSpan.FromMilliseconds(500));
        // By the one that has all the time there is.
        await Other.CreateAsync($"{Root}/n", Bytes(""));
        proxy.Hold(ProxyDirection.ToClient);
        long start = Stopwatch.GetTimestamp();
        RequestTimeoutException e = await Assert.ThrowsAsync<RequestTimeoutException>(() => client.SetDataAsync($"{Root}/n", Bytes("x")));
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(490));
        Assert.True(e.OutcomeUnknown);
        Assert.False((await Assert.ThrowsAsync<RequestTimeoutException>(() => client.GetDataAsync($"{Root}/n"))).OutcomeUnknown);
        proxy.Release();
        await Eventually.TrueAsync(async () => Text((await Other.GetDataAsync($"{Root}/n")).Data) == "x", "the set is carried out");
    }

    [ContractFact]
    public async Task A_request_that_is_said_not_to_be_carried_out_never_is()
    {
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync(proxy.ConnectionString, o => o.RequestTimeout = TimeSpan.FromMilliseconds(100));
        proxy.Hold(ProxyDirection.ToServer);
        // When the sockets on the way take no more, the client keeps some to be sent, and then some that wait.
        byte[] data = new byte[900_000];
        List<string> notDone = [];
        for (int i = 0; i < 100 && notDone.Count < 2; i++)
        {
            string path = $"{Root}/{i}";
            if (!(await Assert.ThrowsAsync<RequestTimeoutException>(() => client.CreateAsync(path, data))).OutcomeUnknown)
                notDone.Add(path);
        }

        Assert.Equal(2, notDone.Count);
        proxy.Release();
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await client.SyncAsync(Root);
                    return true;
                }
                catch (RequestTimeoutException)
                {
                    return false;
                }
            },
            "what was sent before it is answered");
        string[] done = [.. (await Other.GetChildrenAsync(Root)).Children.Select(name => $"{Root}/{name}")];
        Assert.Empty(done.Intersect(notDone));
    }

    private sealed class SynchronousProgress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
