using CoordPS.Client.Recipes;
using CoordPS.Protocol;
using CoordPS.Testing;
using static CoordPS.Client.Tests.ScriptedServer;

namespace CoordPS.Client.Tests.Recipes;

/// <summary>What recipes do when answers are lost, or come, at the worst moment.</summary>
public sealed class RecipesOnScriptsTests
{
    private const long SessionId = 0x1234;

    [Fact]
    public async Task A_consumer_that_stops_waiting_is_told_of_a_message_that_it_may_have_removed()
    {
        using var stop = new CancellationTokenSource();
        await using var server = new ScriptedServer((header, _) =>
        {
            switch (header.Type)
            {
                case OpCode.GetChildren2:
                    return [Reply(header, ErrorCode.Ok, w => new GetChildren2Response(["qn-0000000000"], default).Write(w))];
                case OpCode.GetData:
                    return [Reply(header, ErrorCode.Ok, w => new GetDataResponse([1], default).Write(w))];
                case OpCode.Delete:
                    return null;
                case OpCode.Sync:
                    stop.Cancel();
                    return [];
                default:
                    return [Reply(header)];
            }
        });
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
        {
            ConnectionString = server.ConnectionString,
            CloseTimeout = TimeSpan.Zero,
        });
        var e = await Assert.ThrowsAsync<ConnectionLossException>(() => new DistributedQueue(client, "/queue").ReceiveAsync(stop.Token).WaitAsync(Eventually.Patience));
        Assert.True(e.OutcomeUnknown);
    }

    [Fact]
    public async Task Data_given_while_a_persistent_ephemeral_is_created_again_gets_there()
    {
        PersistentEphemeralNode? node = null;
        var written = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        int creations = 0;
        bool given = false;
        long owner = 0;
        await using var server = new ScriptedServer((header, body) =>
        {
            var reader = new JuteReader(body);
            switch (header.Type)
            {
                case OpCode.Exists when owner == 0:
                    return [Reply(header, ErrorCode.NoNode)];
                case OpCode.Exists:
                    if (creations == 2 && !given)
                    {
                        given = true;
                        _ = node!.SetDataAsync([2]);
                    }

                    return [Reply(header, ErrorCode.Ok, w => StatOf(creations, owner).Write(w))];
                case OpCode.Create2:
                    owner = SessionId;
                    creations++;
                    return [Reply(header, ErrorCode.Ok, w => new Create2Response("/a", StatOf(creations, owner)).Write(w))];
                case OpCode.SetData:
                    written.TrySetResult(SetDataRequest.Read(ref reader).Data!);
                    return [Reply(header, ErrorCode.Ok, w => StatOf(creations, owner).Write(w))];
                case OpCode.Sync:
                    // Another takes the znode, and leaves it at the second time.
                    owner = owner == SessionId ? 1 : 0;
                    return [Event(WatchEventType.NodeDeleted, "/a"), Reply(header, ErrorCode.Ok, w => w.WriteString("/a"))];
                default:
                    return [Reply(header)];
            }
        });
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(server.ConnectionString);
        node = await PersistentEphemeralNode.StartAsync(client, "/a", [1]);
        await using (node)
        {
            await client.SyncAsync("/a");
            await Eventually.TrueAsync(() => node.SessionId == 0, "it knows that another has it");
            await client.SyncAsync("/a");
            Assert.Equal([2], await written.Task.WaitAsync(Eventually.Patience));
        }
    }

    [Fact]
    public async Task A_watch_that_could_not_be_removed_is_not_set_again()
    {
        List<OpCode> asked = [];
        await using var server = new ScriptedServer((header, _) =>
        {
            asked.Add(header.Type);
            return header.Type switch
            {
                OpCode.RemoveWatches => null,
                OpCode.GetData or OpCode.GetChildren2 => [Reply(header, ErrorCode.NoNode)],
                OpCode.Sync => [Reply(header, ErrorCode.Ok, w => w.WriteString("/a"))],
                _ => [Reply(header)],
            };
        });
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(server.ConnectionString);
        TreeCache cache = await TreeCache.StartAsync(client, "/a");
        await cache.DisposeAsync();
        await client.SyncAsync("/a").WaitAsync(Eventually.Patience);
        Assert.Equal(2, server.Connections);
        Assert.DoesNotContain(OpCode.SetWatches2, asked);
    }

    [Fact]
    public async Task A_tree_cache_without_recursive_watches_sees_what_was_created_again_while_it_looked()
    {
        string[] children = ["a"];
        int created = 1;
        await using var server = new ScriptedServer((header, body) =>
        {
            var reader = new JuteReader(body);
            switch (header.Type)
            {
                case OpCode.AddWatch:
                    return [Reply(header, ErrorCode.Unimplemented)];
                case OpCode.Exists:
                    return [Reply(header, ErrorCode.Ok, w => StatOf(1, 0).Write(w))];
                case OpCode.GetData:
                    int czxid = reader.ReadStringOrEmpty() == "/t" ? 1 : created;
                    return [Reply(header, ErrorCode.Ok, w => new GetDataResponse([], StatOf(czxid, 0)).Write(w))];
                case OpCode.GetChildren2:
                    string[] names = reader.ReadStringOrEmpty() == "/t" ? children : [];
                    return [Reply(header, ErrorCode.Ok, w => new GetChildren2Response(names, StatOf(1, 0)).Write(w))];
                case OpCode.Sync:
                    // One was created, which is told of; the other deleted and created again before the watch is set anew.
                    children = ["a", "b"];
                    created = 2;
                    return
                    [
                        Event(WatchEventType.NodeChildrenChanged, "/t"), Event(WatchEventType.NodeDeleted, "/t/a"),
                        Reply(header, ErrorCode.Ok, w => w.WriteString("/t")),
                    ];
                default:
                    return [Reply(header)];
            }
        });
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(server.ConnectionString);
        await using TreeCache cache = await TreeCache.StartAsync(client, "/t");
        Assert.Equal(["a"], cache.GetChildren("/t"));
        await client.SyncAsync("/t");
        await Eventually.TrueAsync(() => cache.GetChildren("/t") is ["a", "b"] && cache.Get("/t/a")?.Stat.Czxid == 2, "both are there");
    }

    private static byte[] Event(WatchEventType type, string path) => Frame(writer =>
    {
        new ReplyHeader(-1, -1, ErrorCode.Ok).Write(writer);
        new WatcherEvent(type, KeeperState.SyncConnected, path).Write(writer);
    });

    private static Stat StatOf(long czxid, long owner) => new() { Czxid = czxid, Mzxid = czxid, EphemeralOwner = owner };
}
