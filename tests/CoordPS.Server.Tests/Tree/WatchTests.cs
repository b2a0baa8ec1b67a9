using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Server.Tests;

public sealed class WatchTests(SharedServer shared) : IClassFixture<SharedServer>, IAsyncLifetime
{
    private readonly ServerUnderTest _server = shared.Server;
    private readonly string _path = $"/w-{Guid.NewGuid():N}";
    private RawConnection _watcher = null!;
    private ZooKeeperClient _writer = null!;

    public async Task InitializeAsync()
    {
        _watcher = await _server.ConnectRawAsync();
        _writer = await _server.ConnectAsync();
        await _writer.CreateAsync(_path);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_one_shot_watch_fires_once()
    {
        await _watcher.CallAsync(OpCode.GetData, new GetDataRequest(_path, true).Write);
        await _writer.SetDataAsync(_path, [1]);
        await _writer.SetDataAsync(_path, [2]);
        await _writer.DeleteAsync(_path);
        Assert.Equal(["NodeDataChanged " + _path], await EventsAsync());
    }

    [Fact]
    public async Task Each_kind_of_watch_fires_for_its_changes()
    {
        await _watcher.CallAsync(OpCode.Exists, new ExistsRequest(_path + "/a", true).Write);
        await _watcher.CallAsync(OpCode.GetChildren, new GetChildrenRequest(_path, true).Write);
        await _writer.CreateAsync(_path + "/a");
        Assert.Equal(["NodeCreated " + _path + "/a", "NodeChildrenChanged " + _path], await EventsAsync());

        await _watcher.CallAsync(OpCode.GetData, new GetDataRequest(_path + "/a", true).Write);
        await _watcher.CallAsync(OpCode.GetChildren2, new GetChildrenRequest(_path + "/a", true).Write);
        await _watcher.CallAsync(OpCode.GetChildren, new GetChildrenRequest(_path, true).Write);
        await _writer.DeleteAsync(_path + "/a");
        // The data watch and the child watch of what is deleted make one event.
        Assert.Equal(["NodeDeleted " + _path + "/a", "NodeChildrenChanged " + _path], await EventsAsync());
        Assert.Equal(0, Watches());
    }

    [Fact]
    public async Task A_watch_is_not_left_where_the_read_failed_except_by_exists()
    {
        await _watcher.CallAsync(OpCode.GetData, new GetDataRequest(_path + "/x", true).Write);
        await _watcher.CallAsync(OpCode.GetChildren, new GetChildrenRequest(_path + "/x", true).Write);
        Assert.Equal(0, Watches());
        await _watcher.CallAsync(OpCode.Exists, new ExistsRequest(_path + "/x", true).Write);
        Assert.Equal(1, Watches());
    }

    [Fact]
    public async Task A_persistent_watch_stays_and_a_recursive_one_sees_below()
    {
        await _watcher.CallAsync(OpCode.AddWatch, new AddWatchRequest(_path, AddWatchMode.Persistent).Write);
        RawConnection recursive = await _server.ConnectRawAsync();
        await recursive.CallAsync(OpCode.AddWatch, new AddWatchRequest(_path, AddWatchMode.PersistentRecursive).Write);
        await _writer.CreateAsync(_path + "/a");
        await _writer.CreateAsync(_path + "/a/b");
        await _writer.SetDataAsync(_path + "/a/b", [1]);
        await _writer.SetDataAsync(_path, [1]);
        await _writer.SetDataAsync(_path, [2]);
        await _writer.DeleteAsync(_path + "/a/b");
        await _writer.DeleteAsync(_path + "/a");
        await _writer.DeleteAsync(_path);
        Assert.Equal(
            [$"NodeChildrenChanged {_path}", $"NodeDataChanged {_path}", $"NodeDataChanged {_path}", $"NodeChildrenChanged {_path}", $"NodeDeleted {_path}"],
            await EventsAsync());
        Assert.Equal(
            [
                $"NodeCreated {_path}/a", $"NodeCreated {_path}/a/b", $"NodeDataChanged {_path}/a/b", $"NodeDataChanged {_path}", $"NodeDataChanged {_path}",
                $"NodeDeleted {_path}/a/b", $"NodeDeleted {_path}/a", $"NodeDeleted {_path}",
            ],
            await EventsAsync(recursive));
    }

    [Fact]
    public async Task A_one_shot_watch_takes_nothing_from_a_persistent_one_on_the_same_path()
    {
        await _watcher.CallAsync(OpCode.AddWatch, new AddWatchRequest(_path, AddWatchMode.Persistent).Write);
        await _watcher.CallAsync(OpCode.GetData, new GetDataRequest(_path, true).Write);
        await _writer.SetDataAsync(_path, [1]);
        await _writer.SetDataAsync(_path, [2]);
        Assert.Equal([$"NodeDataChanged {_path}", $"NodeDataChanged {_path}"], await EventsAsync());
        await _watcher.CallAsync(OpCode.AddWatch, new AddWatchRequest(_path, AddWatchMode.PersistentRecursive).Write);
        Assert.Equal(ErrorCode.Ok, (await _watcher.CallAsync(OpCode.RemoveWatches, new WatchesRequest(_path, WatcherType.Persistent).Write)).Error);
        await _writer.CreateAsync(_path + "/child");
        Assert.Equal([$"NodeCreated {_path}/child"], await EventsAsync());
    }

    [Fact]
    public async Task Watches_are_checked_and_removed_by_kind()
    {
        await _watcher.CallAsync(OpCode.GetData, new GetDataRequest(_path, true).Write);
        Assert.Equal("Data Any", await KindsAsync());
        await _watcher.CallAsync(OpCode.GetChildren, new GetChildrenRequest(_path, true).Write);
        Assert.Equal("Children Data Any", await KindsAsync());
        Assert.Equal(ErrorCode.Ok, await RemoveAsync(WatcherType.Data));
        Assert.Equal("Children Any", await KindsAsync());
        Assert.Equal(ErrorCode.NoWatcher, await RemoveAsync(WatcherType.Data));
        await _watcher.CallAsync(OpCode.AddWatch, new AddWatchRequest(_path, AddWatchMode.Persistent).Write);
        Assert.Equal("Children Any Persistent", await KindsAsync());
        Assert.Equal(ErrorCode.Ok, await RemoveAsync(WatcherType.Any));
        Assert.Equal("", await KindsAsync());
        Assert.Equal(0, Watches());
        await _writer.SetDataAsync(_path, [1]);
        Assert.Empty(await EventsAsync());
    }

    [Fact]
    public async Task Watches_set_anew_fire_at_once_for_what_changed_meanwhile()
    {
        await _writer.CreateAsync(_path + "/data");
        await _writer.CreateAsync(_path + "/children");
        await _writer.CreateAsync(_path + "/deleted");
        await _writer.CreateAsync(_path + "/same");
        long zxid = (await _watcher.CallAsync(OpCode.Exists, new ExistsRequest(_path, false).Write)).Header.Zxid;
        await _writer.SetDataAsync(_path + "/data", [1]);
        await _writer.CreateAsync(_path + "/children/child");
        await _writer.DeleteAsync(_path + "/deleted");
        await _writer.CreateAsync(_path + "/created");
        await _watcher.SendAsync(RawConnection.Frame(Xids.SetWatches, OpCode.SetWatches2, new SetWatches2Request(
            zxid, [_path + "/data", _path + "/deleted", _path + "/same"], [_path + "/created", _path + "/nothing"], [_path + "/children", _path + "/same", _path + "/deleted"],
            [_path + "/persistent"], [_path + "/recursive"]).Write));
        List<string> events = [];
        RawReply reply;
        while ((reply = (await _watcher.ReceiveAsync())!).IsEvent)
            events.Add(Describe(reply));
        Assert.Equal((Xids.SetWatches, ErrorCode.Ok), (reply.Header.Xid, reply.Error));
        Assert.Equal(
            [$"NodeDataChanged {_path}/data", $"NodeDeleted {_path}/deleted", $"NodeCreated {_path}/created", $"NodeChildrenChanged {_path}/children", $"NodeDeleted {_path}/deleted"],
            events);
        await _writer.SetDataAsync(_path + "/same", [1]);
        await _writer.CreateAsync(_path + "/same/child");
        await _writer.CreateAsync(_path + "/nothing");
        await _writer.CreateAsync(_path + "/persistent");
        await _writer.CreateAsync(_path + "/recursive");
        await _writer.CreateAsync(_path + "/recursive/child");
        Assert.Equal(
            [
                $"NodeDataChanged {_path}/same", $"NodeChildrenChanged {_path}/same", $"NodeCreated {_path}/nothing", $"NodeCreated {_path}/persistent",
                $"NodeCreated {_path}/recursive", $"NodeCreated {_path}/recursive/child",
            ],
            await EventsAsync());
    }

    [Fact]
    public async Task An_event_comes_before_any_news_of_its_change()
    {
        using var done = new CancellationTokenSource();
        Task writing = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
                await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _writer.SetDataAsync(_path, [1])));
        });
        byte[] watch = RawConnection.Frame(1, OpCode.Exists, new ExistsRequest(_path, true).Write), look = RawConnection.Frame(2, OpCode.Exists, new ExistsRequest(_path, false).Write);
        byte[] batch = [.. watch, .. Enumerable.Range(0, 40).SelectMany(_ => look)];
        int events = 0;
        for (int round = 0; round < 300 || (events < 200 && round < 30_000); round++)
        {
            await _watcher.SendAsync(batch);
            int? watched = null;
            for (int replies = 0; replies < 41;)
            {
                RawReply reply = (await _watcher.ReceiveAsync())!;
                if (reply.IsEvent)
                {
                    watched = null;
                    events++;
                    continue;
                }

                replies++;
                int version = reply.Read<Stat>().Version;
                if (reply.Header.Xid == 1)
                    watched ??= version;
                else
                    Assert.False(version > watched, $"version {version} was read under a watch set at {watched} that had not fired");
            }
        }

        await done.CancelAsync();
        await writing;
        Assert.True(events >= 200, $"only {events} events in all");
    }

    [Fact]
    public async Task Who_may_not_read_a_znode_is_told_nothing_of_it()
    {
        await _watcher.CallAsync(OpCode.AddWatch, new AddWatchRequest(_path, AddWatchMode.PersistentRecursive).Write);
        RawConnection owner = await _server.ConnectRawAsync();
        await owner.CallAsync(OpCode.Auth, new AuthPacket(0, "digest", Bytes.Of("ann:1")).Write);
        await owner.CallAsync(OpCode.AddWatch, new AddWatchRequest(_path, AddWatchMode.PersistentRecursive).Write);
        await owner.CallAsync(OpCode.Create, new CreateRequest(_path + "/secret", [], Acl.CreatorAll, CreateMode.Persistent).Write);
        await owner.CallAsync(OpCode.SetData, new SetDataRequest(_path + "/secret", [1], -1).Write);
        await owner.CallAsync(OpCode.Delete, new PathVersionRequest(_path + "/secret", -1).Write);
        await _writer.SetDataAsync(_path, [1]);
        Assert.Equal([$"NodeDataChanged {_path}"], await EventsAsync());
        Assert.Equal([$"NodeDataChanged {_path}"], await EventsAsync(owner));
    }

    [Fact]
    public async Task A_connection_that_goes_takes_its_watches_even_those_that_were_still_waiting()
    {
        for (int i = 0; i < 50; i++)
        {
            RawConnection connection = await _server.ConnectRawAsync();
            await connection.CallAsync(OpCode.AddWatch, new AddWatchRequest(_path, AddWatchMode.PersistentRecursive).Write);
            await connection.SendAsync(
                (byte[])[.. RawConnection.Frame(1, OpCode.SetData, new SetDataRequest(_path, [1], -1).Write), .. RawConnection.Frame(2, OpCode.GetData, new GetDataRequest(_path, true).Write)]);
            connection.Dispose();
        }

        // The server notices when it does; what was under way has been applied when the next write has.
        await _writer.SetDataAsync(_path, [2]);
        await Eventually.TrueAsync(() => !TreeHasWatches(_path), "no watch is left");
    }

    [Fact]
    public async Task A_session_that_moves_leaves_no_watches_behind()
    {
        await _watcher.CallAsync(OpCode.GetData, new GetDataRequest(_path, true).Write);
        using RawConnection moved = await _server.OpenRawAsync();
        await moved.OpenSessionAsync(sessionId: _watcher.SessionId, password: _watcher.Password);
        await Eventually.TrueAsync(() => !TreeHasWatches(_path), "no watch is left");
        await _writer.SetDataAsync(_path, [1]);
        Assert.Empty(await EventsAsync(moved));
    }

    private static string Describe(RawReply reply)
    {
        WatcherEvent e = reply.Read<WatcherEvent>();
        Assert.Equal((KeeperState.SyncConnected, ErrorCode.Ok), (e.State, reply.Error));
        return $"{e.Type} {e.Path}";
    }

    /// <summary>The events that have come: all of them are before the reply of a sync.</summary>
    private async Task<List<string>> EventsAsync(RawConnection? connection = null)
    {
        connection ??= _watcher;
        int xid = await connection.SendAsync(OpCode.Sync, new PathRequest("/").Write);
        List<string> events = [];
        RawReply reply;
        while ((reply = (await connection.ReceiveAsync())!).IsEvent)
            events.Add(Describe(reply));
        Assert.Equal(xid, reply.Header.Xid);
        return events;
    }

    private async Task<string> KindsAsync()
    {
        List<WatcherType> kinds = [];
        foreach (WatcherType type in Enum.GetValues<WatcherType>().Order())
        {
            if ((await _watcher.CallAsync(OpCode.CheckWatches, new WatchesRequest(_path, type).Write)).Error == ErrorCode.Ok)
                kinds.Add(type);
        }

        return string.Join(' ', kinds);
    }

    private async Task<ErrorCode> RemoveAsync(WatcherType type) => (await _watcher.CallAsync(OpCode.RemoveWatches, new WatchesRequest(_path, type).Write)).Error;

    private int Watches()
    {
        lock (_server.Server.Tree.Gate)
        {
            return _server.Server.Connections.Single(c => c.SessionId == _watcher.SessionId).WatchCount;
        }
    }

    private bool TreeHasWatches(string path)
    {
        lock (_server.Server.Tree.Gate)
            return _server.Server.Tree.DataWatches.ByPath.ContainsKey(path) || _server.Server.Tree.ChildWatches.ByPath.ContainsKey(path);
    }
}
