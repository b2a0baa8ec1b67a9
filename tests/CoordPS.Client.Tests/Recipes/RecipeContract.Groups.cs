using System.Collections.Concurrent;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Client.Tests.Recipes;

public abstract partial class RecipeContract
{
    [ContractFact]
    public async Task Members_join_and_leave_and_come_back_after_a_lost_session()
    {
        string path = $"{Root}/group";
        Assert.Empty(await GroupMembership.GetMembersAsync(Other, path));
        ZooKeeperClient client = await ConnectAsync();
        GroupMembership a = Track(await GroupMembership.JoinAsync(client, path, "a", Bytes("data")));
        GroupMembership b = Track(await GroupMembership.JoinAsync(await ConnectAsync(), path, "b"));
        await Other.CreateAsync($"{path}/0123456789abcdef0123456789abcdef__party__", Bytes("kazoo"), CreateMode.Ephemeral);
        Assert.Equal(["a", "b", "kazoo"], (await GroupMembership.GetMembersAsync(Other, path)).Select(m => m.Id));
        await b.DisposeAsync();
        await a.SetDataAsync(Bytes("new"));
        GroupMember member = (await GroupMembership.GetMembersAsync(Other, path))[0];
        Assert.Equal("new", Text(member.Data));
        Assert.Equal(client.SessionId, member.SessionId);

        await SessionFaults.ExpireAsync(client);
        await Eventually.TrueAsync(async () => (await GroupMembership.GetMembersAsync(Other, path)) is [{ Id: "a" } again, ..] && again.SessionId != client.SessionId, "it is back");
        Assert.Equal("new", Text((await GroupMembership.GetMembersAsync(Other, path))[0].Data));
    }

    [ContractFact]
    public async Task A_persistent_ephemeral_comes_back_when_someone_deletes_it_and_goes_when_its_owner_says()
    {
        string path = $"{Root}/a/b/node";
        PersistentEphemeralNode node = Track(await PersistentEphemeralNode.StartAsync(Other, path, Bytes("x")));
        long czxid = (await Other.ExistsAsync(path))!.Value.Czxid;
        await Other.DeleteAsync(path);
        await Eventually.TrueAsync(async () => await Other.ExistsAsync(path) is { } stat && stat.Czxid > czxid, "it is back");
        Assert.Equal(Other.SessionId, node.SessionId);

        ZooKeeperClient client = await ConnectAsync();
        PersistentEphemeralNode another = Track(await PersistentEphemeralNode.StartAsync(client, path, Bytes("y")));
        Assert.Equal(client.SessionId, (await Other.ExistsAsync(path))!.Value.EphemeralOwner);
        await Eventually.TrueAsync(() => node.SessionId == 0, "the first knows");
        await another.DisposeAsync();
        await Eventually.TrueAsync(() => node.SessionId == Other.SessionId, "the first has it back");
        await node.DisposeAsync();
        Assert.Null(await Other.ExistsAsync(path));
    }

    [ContractFact]
    public async Task A_persistent_ephemeral_takes_the_place_of_another_of_its_session()
    {
        string path = $"{Root}/node";
        PersistentEphemeralNode first = Track(await PersistentEphemeralNode.StartAsync(Other, path, Bytes("first")));
        PersistentEphemeralNode second = Track(await PersistentEphemeralNode.StartAsync(Other, path, Bytes("second")));
        Assert.Equal("second", Text((await Other.GetDataAsync(path)).Data));
        await Eventually.TrueAsync(() => first.SessionId == 0, "the first knows");
        Assert.Equal(Other.SessionId, second.SessionId);
        await second.DisposeAsync();
        await Eventually.TrueAsync(() => first.SessionId == Other.SessionId, "the first has it back");
        Assert.Equal("first", Text((await Other.GetDataAsync(path)).Data));

        await using (await PersistentEphemeralNode.StartAsync(Other, path, Bytes("third")))
        {
            await Eventually.TrueAsync(() => first.SessionId == 0, "the first knows again");
            await first.DisposeAsync();
            Assert.Equal("third", Text((await Other.GetDataAsync(path)).Data));
        }

        Assert.Null(await Other.ExistsAsync(path));
    }

    [ContractFact]
    public async Task What_a_stream_of_a_tree_cache_begins_with_does_not_come_twice()
    {
        string top = $"{Root}/tree";
        await Other.CreateAsync(top);
        await Other.CreateAsync($"{top}/a");
        var streams = new ConcurrentQueue<IAsyncEnumerable<TreeCacheEvent>>();
        TreeCache cache = Track(await TreeCache.StartAsync(Other, top, (sender, e) =>
        {
            if (e.Type is TreeCacheEventType.Removed or TreeCacheEventType.Initialized)
                streams.Enqueue(((TreeCache)sender!).ReadEventsAsync(includeCurrent: true));
        }));
        await Other.DeleteAsync($"{top}/a");
        await Other.CreateAsync($"{top}/z");
        await Eventually.TrueAsync(() => cache.GetChildren(top) is ["z"], "the changes are seen");
        await cache.DisposeAsync();
        Assert.Equal(2, streams.Count);
        foreach (IAsyncEnumerable<TreeCacheEvent> stream in streams)
        {
            Dictionary<string, TreeCacheEventType> last = [];
            await foreach (TreeCacheEvent e in stream.Where(e => e.Path is not null))
            {
                Assert.Equal(e.Type == TreeCacheEventType.Added, last.GetValueOrDefault(e.Path!, TreeCacheEventType.Removed) == TreeCacheEventType.Removed);
                last[e.Path!] = e.Type;
            }

            Assert.Equal(TreeCacheEventType.Added, last[top]);
        }
    }

    [ContractFact]
    public async Task A_tree_cache_follows_the_tree_over_lost_connections_and_sessions()
    {
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync(proxy.ConnectionString);
        string top = $"{Root}/tree";
        await Other.EnsurePathAsync($"{top}/a/b");
        var events = new ConcurrentQueue<TreeCacheEvent>();
        TreeCache cache = Track(await TreeCache.StartAsync(client, top, (_, e) => events.Enqueue(e)));
        Assert.Equal([top, $"{top}/a", $"{top}/a/b"], cache.Snapshot().Select(node => node.Key));
        Assert.Equal(TreeCacheEventType.Initialized, events.Last().Type);
        events.Clear();

        await Other.CreateAsync($"{top}/c", Bytes("1"));
        await Other.SetDataAsync($"{top}/c", Bytes("2"));
        await Other.DeleteAsync($"{top}/a/b");
        await Eventually.TrueAsync(() => cache.Get($"{top}/a/b") is null && Text(cache.Get($"{top}/c")?.Data ?? []) == "2", "the changes are seen");
        Assert.Equal(["a", "c"], cache.GetChildren(top));
        // The view has a change before its event.
        await Eventually.TrueAsync(() => events.Any(e => e is { Type: TreeCacheEventType.Removed } && e.Path == $"{top}/a/b"), "the last event has come");

        events.Clear();
        proxy.Refuse();
        proxy.Cut();
        await Eventually.TrueAsync(() => !cache.IsCurrent, "it knows");
        await Other.DeleteRecursiveAsync($"{top}/a");
        await Other.CreateAsync($"{top}/d");
        proxy.Accept();
        await Eventually.TrueAsync(() => cache.IsCurrent && cache.GetChildren(top) is ["c", "d"], "what was missed is seen");
        await Eventually.TrueAsync(() => events.Any(e => e.Type == TreeCacheEventType.Resumed), "the event has come");
        Assert.Equal([TreeCacheEventType.Suspended, TreeCacheEventType.Resumed], events.Where(e => e.Path is null).Select(e => e.Type));

        await SessionFaults.ExpireAsync(client);
        await Other.CreateAsync($"{top}/e");
        await Eventually.TrueAsync(() => cache.IsCurrent && cache.Get($"{top}/e") is not null, "a new session goes on");
        await Other.DeleteRecursiveAsync(top);
        await Eventually.TrueAsync(() => cache.Count == 0, "all is gone");
        await Other.CreateAsync(top);
        await Eventually.TrueAsync(() => cache.Count == 1, "and back");
    }

    [ContractFact]
    public async Task A_tree_cache_follows_as_many_levels_as_it_is_told()
    {
        string top = $"{Root}/tree";
        await Other.EnsurePathAsync($"{top}/a/b");
        TreeCache cache = Track(await TreeCache.StartAsync(Other, top, maxDepth: 1));
        await Other.CreateAsync($"{top}/a/c");
        await Other.CreateAsync($"{top}/z");
        await Eventually.TrueAsync(() => cache.Get($"{top}/z") is not null, "the child is seen");
        Assert.Equal([top, $"{top}/a", $"{top}/z"], cache.Snapshot().Select(node => node.Key));
        using var stop = new CancellationTokenSource();
        await foreach (TreeCacheEvent e in cache.ReadEventsAsync(includeCurrent: true, stop.Token))
        {
            if (e.Type == TreeCacheEventType.Initialized)
                break;
            Assert.Equal(TreeCacheEventType.Added, e.Type);
        }
    }
}
