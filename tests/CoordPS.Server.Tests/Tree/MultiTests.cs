using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Server.Tests;

public sealed class MultiTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly ServerUnderTest _server = shared.Server;
    private readonly string _path = $"/m-{Guid.NewGuid():N}";

    [Fact]
    public async Task All_operations_take_effect_in_their_order_under_one_zxid()
    {
        ZooKeeperClient client = await _server.ConnectAsync();
        IReadOnlyList<OperationResult> results = await client.MultiAsync(
        [
            ZooKeeperOperation.Create(_path, [1]),
            ZooKeeperOperation.Create(_path + "/s", null, CreateMode.PersistentSequential),
            ZooKeeperOperation.Create(_path + "/e", null, CreateMode.Ephemeral),
            ZooKeeperOperation.Create(_path + "/c", null, CreateMode.Container),
            ZooKeeperOperation.Create(_path + "/t", null, CreateMode.PersistentWithTtl, ttl: TimeSpan.FromHours(1)),
            ZooKeeperOperation.SetData(_path, [1, 2], 0),
            ZooKeeperOperation.Check(_path, 1),
            ZooKeeperOperation.Delete(_path + "/s0000000000"),
        ]);
        Assert.All(results, r => Assert.Equal(ErrorCode.Ok, r.Error));
        Assert.Equal(_path + "/s0000000000", results[1].Path);
        Stat stat = (await client.ExistsAsync(_path))!.Value;
        Assert.Equal((1, 3, 5, 2), (stat.Version, stat.NumChildren, stat.Cversion, stat.DataLength));
        Assert.Equal((stat.Czxid, stat.Czxid), (stat.Mzxid, stat.Pzxid));
        Assert.Equal(client.SessionId, (await client.ExistsAsync(_path + "/e"))!.Value.EphemeralOwner);
    }

    [Fact]
    public async Task One_failure_undoes_all_and_says_which_it_was()
    {
        ZooKeeperClient client = await _server.ConnectAsync();
        await client.CreateAsync(_path);
        var failed = await Assert.ThrowsAsync<ZooKeeperTransactionException>(() => client.MultiAsync(
        [
            ZooKeeperOperation.Create(_path + "/a"),
            ZooKeeperOperation.SetData(_path, [9]),
            ZooKeeperOperation.Delete(_path + "/missing"),
            ZooKeeperOperation.Create(_path + "/b"),
        ]));
        Assert.Equal([ErrorCode.Ok, ErrorCode.Ok, ErrorCode.NoNode, ErrorCode.RuntimeInconsistency], failed.Results.Select(r => r.Error));
        Stat stat = (await client.ExistsAsync(_path))!.Value;
        Assert.Equal((0, 0, 0), (stat.Version, stat.NumChildren, stat.Cversion));
    }

    [Fact]
    public async Task What_follows_a_failed_multi_meets_the_state_before_it()
    {
        RawConnection connection = await _server.ConnectRawAsync();
        // Pipelined, so that each is prepared while those before it are under way.
        Action<JuteWriter> failing = w =>
        {
            Part(w, OpCode.Create, new CreateRequest(_path + "/s", [], Acl.OpenUnsafe, CreateMode.PersistentSequential).Write);
            Part(w, OpCode.SetData, new SetDataRequest(_path, [1], -1).Write);
            Part(w, OpCode.Delete, new PathVersionRequest(_path + "/first", -1).Write);
            Part(w, OpCode.Check, new PathVersionRequest(_path, 77).Write);
            new MultiHeader(OpCode.Error, true, (ErrorCode)(-1)).Write(w);
        };
        byte[] create = RawConnection.Frame(1, OpCode.Create, new CreateRequest(_path, [], Acl.OpenUnsafe, CreateMode.Persistent).Write);
        byte[] first = RawConnection.Frame(2, OpCode.Create, new CreateRequest(_path + "/first", [], Acl.OpenUnsafe, CreateMode.Persistent).Write);
        byte[] set = RawConnection.Frame(4, OpCode.SetData, new SetDataRequest(_path, [2], 0).Write);
        byte[] again = RawConnection.Frame(5, OpCode.Create, new CreateRequest(_path + "/first", [], Acl.OpenUnsafe, CreateMode.Persistent).Write);
        byte[] next = RawConnection.Frame(6, OpCode.Create, new CreateRequest(_path + "/s", [], Acl.OpenUnsafe, CreateMode.PersistentSequential).Write);
        await connection.SendAsync((byte[])[.. create, .. first, .. RawConnection.Frame(3, OpCode.Multi, failing), .. set, .. again, .. next]);
        List<RawReply> replies = [];
        while (replies.Count < 6)
            replies.Add((await connection.ReceiveAsync())!);
        Assert.Equal([1, 2, 3, 4, 5, 6], replies.Select(r => r.Header.Xid));
        Assert.Equal(
            [ErrorCode.Ok, ErrorCode.Ok, ErrorCode.Ok, ErrorCode.Ok, ErrorCode.NodeExists, ErrorCode.Ok], replies.Select(r => r.Error));
        Assert.Equal(1, replies[3].Read<Stat>().Version);
        Assert.Equal(_path + "/s0000000001", replies[5].Read<CreateResponse>().Path);
    }

    [Fact]
    public async Task No_reader_sees_half_of_it()
    {
        ZooKeeperClient writer = await _server.ConnectAsync();
        await writer.MultiAsync([ZooKeeperOperation.Create(_path, [0]), ZooKeeperOperation.Create(_path + "/a", [0]), ZooKeeperOperation.Create(_path + "/b", [0])]);
        RawConnection reader = await _server.ConnectRawAsync();
        using var done = new CancellationTokenSource();
        Task writing = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
                await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => writer.MultiAsync([ZooKeeperOperation.SetData(_path + "/a", [0]), ZooKeeperOperation.SetData(_path + "/b", [0])])));
        });
        byte[] batch = [.. Enumerable.Range(0, 64).SelectMany(i => RawConnection.Frame(i, OpCode.Exists, new ExistsRequest(_path + (i % 2 == 0 ? "/a" : "/b"), false).Write))];
        int seen = 0;
        for (int round = 0; round < 300 || (seen == 0 && round < 30_000); round++)
        {
            await reader.SendAsync(batch);
            for (int i = 0; i < 64; i++)
            {
                int version = (await reader.ReceiveAsync())!.Read<Stat>().Version;
                Assert.True(version >= seen, $"version {version} of one came after version {seen} of the other, which both have at once");
                seen = version;
            }
        }

        await done.CancelAsync();
        await writing;
        Assert.True(seen > 0);
    }

    [Fact]
    public async Task A_multi_of_nothing_succeeds()
    {
        RawConnection connection = await _server.ConnectRawAsync();
        RawReply reply = await connection.CallAsync(OpCode.Multi, new MultiHeader(OpCode.Error, true, (ErrorCode)(-1)).Write);
        Assert.Equal(ErrorCode.Ok, reply.Error);
        Assert.True(reply.Read<MultiHeader>().Done);
    }

    [Fact]
    public async Task MultiRead_answers_each_for_itself()
    {
        ZooKeeperClient client = await _server.ConnectAsync();
        await client.CreateAsync(_path, [7]);
        await client.CreateAsync(_path + "/child");
        IReadOnlyList<OperationResult> results = await client.MultiReadAsync(
            [ZooKeeperOperation.GetData(_path), ZooKeeperOperation.GetData(_path + "/missing"), ZooKeeperOperation.GetChildren(_path)]);
        Assert.Equal([ErrorCode.Ok, ErrorCode.NoNode, ErrorCode.Ok], results.Select(r => r.Error));
        Assert.Equal([7], results[0].Data);
        Assert.Equal(["child"], results[2].Children);
    }

    private static void Part(JuteWriter writer, OpCode type, Action<JuteWriter> record)
    {
        new MultiHeader(type, false, (ErrorCode)(-1)).Write(writer);
        record(writer);
    }
}
