using System.Collections.Concurrent;
using System.Threading.Channels;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Client.Tests;

public abstract partial class ClientContract
{
    [ContractFact]
    public async Task A_data_watch_fires_once_for_the_next_change()
    {
        ZooKeeperClient client = await ConnectAsync();
        await client.CreateAsync($"{Root}/n");
        var events = new Events();
        await client.GetDataAsync($"{Root}/n", events.Add);
        await Other.SetDataAsync($"{Root}/n", Bytes("1"));
        Assert.Equal(new WatchedEvent(WatchEventType.NodeDataChanged, KeeperState.SyncConnected, $"{Root}/n"), await events.NextAsync() with { Zxid = -1 });
        await Other.SetDataAsync($"{Root}/n", Bytes("2"));

        await client.ExistsAsync($"{Root}/n", events.Add);
        await Other.DeleteAsync($"{Root}/n");
        Assert.Equal(WatchEventType.NodeDeleted, (await events.NextAsync()).Type);
        Assert.Equal(0, events.Count);
    }

    [ContractFact]
    public async Task An_exists_watch_fires_for_the_creation_and_a_failed_read_leaves_none()
    {
        ZooKeeperClient client = await ConnectAsync();
        var exists = new Events();
        var data = new Events();
        Assert.Null(await client.ExistsAsync($"{Root}/n", exists.Add));
        await Assert.ThrowsAsync<NoNodeException>(() => client.GetDataAsync($"{Root}/n", data.Add));
        await Other.CreateAsync($"{Root}/n");
        Assert.Equal(WatchEventType.NodeCreated, (await exists.NextAsync()).Type);
        await client.SyncAsync(Root);
        Assert.Equal(0, data.Count);
    }

    [ContractFact]
    public async Task A_child_watch_fires_for_children_and_for_the_end_of_the_parent()
    {
        ZooKeeperClient client = await ConnectAsync();
        await client.CreateAsync($"{Root}/n");
        var events = new Events();
        await client.GetChildrenAsync($"{Root}/n", events.Add);
        await Other.CreateAsync($"{Root}/n/a");
        Assert.Equal(WatchEventType.NodeChildrenChanged, (await events.NextAsync()).Type);
        await client.GetChildrenAsync($"{Root}/n", events.Add);
        await Other.DeleteAsync($"{Root}/n/a");
        Assert.Equal(WatchEventType.NodeChildrenChanged, (await events.NextAsync()).Type);
        await client.GetChildrenAsync($"{Root}/n", events.Add);
        await Other.DeleteAsync($"{Root}/n");
        Assert.Equal(WatchEventType.NodeDeleted, (await events.NextAsync()).Type);
    }

    [ContractFact]
    public async Task A_handler_registered_twice_is_called_once_and_two_handlers_each_once()
    {
        await Other.CreateAsync($"{Root}/n");
        var first = new Events();
        var second = new Events();
        Action<WatchedEvent> handler = first.Add;
        await Other.GetDataAsync($"{Root}/n", handler);
        await Other.ExistsAsync($"{Root}/n", handler);
        await Other.GetDataAsync($"{Root}/n", second.Add);
        await Other.SetDataAsync($"{Root}/n", Bytes("x"));
        await first.NextAsync();
        await second.NextAsync();
        await Other.SyncAsync(Root);
        Assert.Equal(0, first.Count + second.Count);
    }

    [ContractFact]
    public async Task A_persistent_watch_reports_every_change_of_the_znode_and_of_its_children()
    {
        ZooKeeperClient client = await ConnectAsync();
        var events = new Events();
        await client.AddWatchAsync($"{Root}/n", AddWatchMode.Persistent, events.Add);
        await Other.CreateAsync($"{Root}/n");
        await Other.SetDataAsync($"{Root}/n", Bytes("1"));
        await Other.SetDataAsync($"{Root}/n", Bytes("2"));
        await Other.CreateAsync($"{Root}/n/child");
        await Other.SetDataAsync($"{Root}/n/child", Bytes("x"));
        await Other.DeleteAsync($"{Root}/n/child");
        await Other.DeleteAsync($"{Root}/n");
        Assert.Equal(
        [
            WatchEventType.NodeCreated, WatchEventType.NodeDataChanged, WatchEventType.NodeDataChanged, WatchEventType.NodeChildrenChanged,
            WatchEventType.NodeChildrenChanged, WatchEventType.NodeDeleted,
        ], (await events.NextAsync(6)).Select(e => e.Type));
    }

    [ContractFact]
    public async Task A_recursive_watch_reports_all_below_and_no_lists_of_children()
    {
        ZooKeeperClient client = await ConnectAsync();
        await using ZNodeWatch watch = await client.OpenWatchAsync(Root, AddWatchMode.PersistentRecursive);
        var children = new Events();
        await client.GetChildrenAsync(Root, children.Add);
        await Other.CreateAsync($"{Root}/a");
        await Other.CreateAsync($"{Root}/a/b", Bytes("1"));
        await Other.SetDataAsync($"{Root}/a/b", Bytes("2"));
        await Other.DeleteAsync($"{Root}/a/b");
        Assert.Equal(
        [
            (WatchEventType.NodeCreated, $"{Root}/a"), (WatchEventType.NodeCreated, $"{Root}/a/b"),
            (WatchEventType.NodeDataChanged, $"{Root}/a/b"), (WatchEventType.NodeDeleted, $"{Root}/a/b"),
        ], (await TakeAsync(watch, 4)).Select(e => (e.Type, e.Path!)));
        Assert.Equal(WatchEventType.NodeChildrenChanged, (await children.NextAsync()).Type);
    }

    [ContractFact]
    public async Task An_event_is_in_the_stream_before_the_answer_that_followed_it()
    {
        ZooKeeperClient client = await ConnectAsync();
        await client.CreateAsync($"{Root}/n");
        await using ZNodeWatch watch = await client.OpenWatchAsync($"{Root}/n");
        for (int i = 0; i < 200; i++)
        {
            Stat set = await client.SetDataAsync($"{Root}/n", Bytes($"{i}"));
            Assert.True(watch.Events.TryRead(out WatchedEvent? e), $"no event after set {i}");
            Assert.Equal(WatchEventType.NodeDataChanged, e.Type);
            Assert.True(e.Zxid == -1 || e.Zxid == set.Mzxid);
        }
    }

    [ContractFact]
    public async Task A_stream_ends_when_left_and_takes_its_watch_off_the_server()
    {
        ZooKeeperClient client = await ConnectAsync();
        await client.CreateAsync($"{Root}/n");
        var seen = new List<WatchEventType>();
        using var cancellation = new CancellationTokenSource();
        Task loop = Task.Run(async () =>
        {
            await foreach (WatchedEvent e in client.WatchAsync($"{Root}/n", AddWatchMode.Persistent, cancellation.Token))
                seen.Add(e.Type);
        });
        await Eventually.TrueAsync(() => IsWatchedAsync($"{Root}/n"), "the watch is on the server");
        await Other.SetDataAsync($"{Root}/n", Bytes("x"));
        await Eventually.TrueAsync(() => seen.Count == 1, "the event has come");
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
        Assert.False(await IsWatchedAsync($"{Root}/n"));

        async Task<bool> IsWatchedAsync(string path) =>
            (await ApacheZooKeeper.FourLetterWordAsync(Fixture.Server.Port, "wchp")).Contains(path, StringComparison.Ordinal);
    }

    [ContractFact]
    public async Task A_watch_removed_says_so_and_fires_no_more()
    {
        ZooKeeperClient client = await ConnectAsync();
        await client.CreateAsync($"{Root}/n");
        var data = new Events();
        var children = new Events();
        var persistent = new Events();
        Action<WatchedEvent> dataHandler = data.Add;
        await client.GetDataAsync($"{Root}/n", dataHandler);
        await client.GetChildrenAsync($"{Root}/n", children.Add);
        await client.RemoveWatchesAsync($"{Root}/n", WatcherType.Data, dataHandler);
        Assert.Equal(WatchEventType.DataWatchRemoved, (await data.NextAsync()).Type);
        var e = await Assert.ThrowsAsync<NoWatcherException>(() => client.RemoveWatchesAsync($"{Root}/n", WatcherType.Data));
        Assert.Equal($"{Root}/n", e.Path);

        await client.AddWatchAsync($"{Root}/n", AddWatchMode.Persistent, persistent.Add);
        await client.RemoveWatchesAsync($"{Root}/n");
        Assert.Equal(WatchEventType.ChildWatchRemoved, (await children.NextAsync()).Type);
        Assert.Equal(WatchEventType.PersistentWatchRemoved, (await persistent.NextAsync()).Type);

        await client.SetDataAsync($"{Root}/n", Bytes("x"));
        await client.CreateAsync($"{Root}/n/child");
        Assert.Equal(0, data.Count + children.Count + persistent.Count);
    }

    [ContractFact]
    public async Task Removing_one_of_two_handlers_leaves_the_other_its_events()
    {
        ZooKeeperClient client = await ConnectAsync();
        await client.CreateAsync($"{Root}/n");
        var gone = new Events();
        var stays = new Events();
        Action<WatchedEvent> goneHandler = gone.Add;
        await client.AddWatchAsync($"{Root}/n", AddWatchMode.Persistent, goneHandler);
        await client.AddWatchAsync($"{Root}/n", AddWatchMode.Persistent, stays.Add);
        await client.GetDataAsync($"{Root}/n", stays.Add);
        await client.RemoveWatchesAsync($"{Root}/n", WatcherType.Any, goneHandler);
        Assert.Equal(WatchEventType.PersistentWatchRemoved, (await gone.NextAsync()).Type);
        await client.SetDataAsync($"{Root}/n", Bytes("x"));
        Assert.Equal(WatchEventType.NodeDataChanged, (await stays.NextAsync()).Type);
        Assert.Equal(0, gone.Count);
    }

    [ContractFact]
    public async Task Removing_a_watch_leaves_the_one_that_is_being_set()
    {
        ZooKeeperClient client = await ConnectAsync();
        foreach ((WatcherType type, Func<string, Action<WatchedEvent>, Task> watch) in new (WatcherType, Func<string, Action<WatchedEvent>, Task>)[]
        {
            (WatcherType.Data, (path, handler) => client.GetDataAsync(path, handler)),
            (WatcherType.Children, (path, handler) => client.GetChildrenAsync(path, handler)),
            (WatcherType.Persistent, (path, handler) => client.AddWatchAsync(path, AddWatchMode.Persistent, handler)),
            (WatcherType.Any, (path, handler) => client.ExistsAsync(path, handler)),
        })
        {
            var path = $"{Root}/{type}";
            var gone = new Events();
            var stays = new Events();
            Action<WatchedEvent> goneHandler = gone.Add;
            await client.CreateAsync(path);
            await watch(path, goneHandler);

            Task setting = watch(path, stays.Add);
            Task removing = client.RemoveWatchesAsync(path, type, goneHandler);
            await Task.WhenAll(setting, removing);

            await gone.NextAsync();
            await client.DeleteAsync(path);
            Assert.Equal(WatchEventType.NodeDeleted, (await stays.NextAsync()).Type);
            Assert.Equal(0, gone.Count);
        }
    }

    [ContractFact]
    public async Task A_handler_may_call_the_client_and_wait_for_it()
    {
        ZooKeeperClient client = await ConnectAsync();
        await client.CreateAsync($"{Root}/n");
        var read = new TaskCompletionSource<string>();
        await client.GetDataAsync($"{Root}/n", _ =>
        {
#pragma warning disable xUnit1031 // That waiting is allowed is what the test shows.
            read.TrySetResult(Text(client.GetDataAsync($"{Root}/n").GetAwaiter().GetResult().Data));
#pragma warning restore xUnit1031
        });
        await client.SetDataAsync($"{Root}/n", Bytes("new"));
        Assert.Equal("new", await read.Task.WaitAsync(Patience));
    }

    [ContractFact]
    public async Task A_handler_that_throws_harms_neither_the_session_nor_the_next_handler()
    {
        ZooKeeperClient client = await ConnectAsync();
        await client.CreateAsync($"{Root}/n");
        var events = new Events();
        await client.GetDataAsync($"{Root}/n", _ => throw new InvalidOperationException("on purpose"));
        await client.GetDataAsync($"{Root}/n", events.Add);
        await client.SetDataAsync($"{Root}/n", Bytes("x"));
        await events.NextAsync();
        Assert.Equal(SessionState.Connected, client.State);
    }

    [ContractFact]
    public async Task With_a_chroot_events_name_the_path_below_it()
    {
        await Other.CreateAsync($"{Root}/c");
        ZooKeeperClient client = await ConnectAsync($"{Fixture.Server.ConnectionString}{Root}/c");
        await using ZNodeWatch watch = await client.OpenWatchAsync("/", AddWatchMode.PersistentRecursive);
        await client.CreateAsync("/a");
        await client.SetDataAsync("/", Bytes("x"));
        Assert.Equal(["/a", "/"], (await TakeAsync(watch, 2)).Select(e => e.Path!));
    }

    [ContractFact]
    public async Task After_a_reconnect_one_shot_watches_report_what_changed_meanwhile()
    {
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync(proxy.ConnectionString);
        foreach (string name in new[] { "set", "deleted", "parent", "later", "untouched" })
            await client.CreateAsync($"{Root}/{name}");
        var events = new ConcurrentQueue<(string Name, WatchEventType Type)>();
        Action<WatchedEvent> Watch(string name) => e =>
        {
            if (!e.IsSessionEvent)
                events.Enqueue((name, e.Type));
        };
        await client.GetDataAsync($"{Root}/set", Watch("set"));
        await client.ExistsAsync($"{Root}/deleted", Watch("deleted"));
        await client.ExistsAsync($"{Root}/created", Watch("created"));
        await client.GetChildrenAsync($"{Root}/parent", Watch("parent"));
        await client.GetDataAsync($"{Root}/later", Watch("later"));
        await client.GetDataAsync($"{Root}/untouched", Watch("untouched"));

        proxy.Refuse();
        proxy.Cut();
        await UntilAsync(client, SessionState.Disconnected);
        await Other.SetDataAsync($"{Root}/set", Bytes("x"));
        await Other.DeleteAsync($"{Root}/deleted");
        await Other.CreateAsync($"{Root}/created");
        await Other.CreateAsync($"{Root}/parent/child");
        proxy.Accept();
        await UntilAsync(client, SessionState.Connected);
        await Eventually.TrueAsync(() => events.Count == 4, "four events have come");
        await Other.SetDataAsync($"{Root}/later", Bytes("x"));
        await Eventually.TrueAsync(() => events.Count == 5, "the fifth has come");
        Assert.Equal(
        [
            ("created", WatchEventType.NodeCreated), ("deleted", WatchEventType.NodeDeleted), ("later", WatchEventType.NodeDataChanged),
            ("parent", WatchEventType.NodeChildrenChanged), ("set", WatchEventType.NodeDataChanged),
        ], events.Order());
    }

    [ContractFact]
    public async Task After_a_reconnect_persistent_watches_go_on_and_say_that_there_was_a_gap()
    {
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync(proxy.ConnectionString);
        await client.CreateAsync($"{Root}/n");
        await using ZNodeWatch one = await client.OpenWatchAsync($"{Root}/n");
        await using ZNodeWatch all = await client.OpenWatchAsync(Root, AddWatchMode.PersistentRecursive);
        proxy.Cut();
        foreach (ZNodeWatch watch in new[] { one, all })
        {
            IReadOnlyList<WatchedEvent> gap = await TakeAsync(watch, 2);
            Assert.All(gap, e => Assert.True(e.IsSessionEvent));
            Assert.Equal([KeeperState.Disconnected, KeeperState.SyncConnected], gap.Select(e => e.State));
        }

        await client.SetDataAsync($"{Root}/n", Bytes("x"));
        await client.CreateAsync($"{Root}/n/child");
        Assert.Equal([WatchEventType.NodeDataChanged, WatchEventType.NodeChildrenChanged], (await TakeAsync(one, 2)).Select(e => e.Type));
        Assert.Equal([WatchEventType.NodeDataChanged, WatchEventType.NodeCreated], (await TakeAsync(all, 2)).Select(e => e.Type));
    }

    [ContractFact]
    public async Task More_watches_than_fit_in_one_request_are_re_armed()
    {
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync(proxy.ConnectionString);
        string padding = new('w', 800);
        int fired = 0;
        void Fire(WatchedEvent e)
        {
            if (!e.IsSessionEvent)
                Interlocked.Increment(ref fired);
        }

        await Task.WhenAll(Enumerable.Range(0, 2_000).Select(i => client.ExistsAsync($"{Root}/{padding}{i}", Fire)));
        await CutAsync(proxy, client);
        await Task.WhenAll(Enumerable.Range(0, 2_000).Select(i => Other.CreateAsync($"{Root}/{padding}{i}")));
        await Eventually.TrueAsync(() => Volatile.Read(ref fired) == 2_000, "every watch has fired");
        Assert.Equal(2, proxy.Accepted);
    }

    private static async Task<IReadOnlyList<WatchedEvent>> TakeAsync(ZNodeWatch watch, int count)
    {
        using var limit = new CancellationTokenSource(Patience);
        var events = new List<WatchedEvent>();
        while (events.Count < count)
            events.Add(await watch.Events.ReadAsync(limit.Token));
        return events;
    }

    /// <summary>Collects what a handler is told.</summary>
    private sealed class Events
    {
        private readonly Channel<WatchedEvent> _events = Channel.CreateUnbounded<WatchedEvent>();

        internal int Count => _events.Reader.Count;

        internal void Add(WatchedEvent e) => Assert.True(_events.Writer.TryWrite(e));

        internal async Task<WatchedEvent> NextAsync() => await _events.Reader.ReadAsync().AsTask().WaitAsync(Patience);

        internal async Task<IReadOnlyList<WatchedEvent>> NextAsync(int count)
        {
            var events = new List<WatchedEvent>();
            while (events.Count < count)
                events.Add(await NextAsync());
            return events;
        }
    }
}
