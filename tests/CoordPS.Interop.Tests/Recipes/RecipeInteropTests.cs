using System.Text;
using CoordPS.Client;
using CoordPS.Client.Recipes;
using CoordPS.Testing;

namespace CoordPS.Interop.Tests.Recipes;

/// <summary>Our recipes, kazoo's and Curator's, as processes of their own, on the same paths.</summary>
public sealed class RecipeInteropTests : IAsyncLifetime
{
    private const string Count = "15";

    private readonly List<RecipePeer> _peers = [];
    private InProcessZooKeeper _server = null!;

    private string Servers => _server.ConnectionString;

    public async Task InitializeAsync() => _server = await InProcessZooKeeper.StartNewAsync(new TestServerOptions { ConfigLines = ["maxSessionTimeout=60000"] });

    public async Task DisposeAsync()
    {
        foreach (RecipePeer peer in _peers)
            await peer.DisposeAsync();
        await _server.DisposeAsync();
    }

    [PeerFact(Peer.Curator)]
    public async Task Curator_and_we_contend_for_a_lock()
    {
        AssertAlone(await RecipePeer.FinishAsync(Ours("lock", "a"), Ours("lock", "b"), await CuratorAsync("lock", "c"), await CuratorAsync("lock", "d")), "abcd");
    }

    [PeerFact(Peer.Kazoo)]
    public async Task Kazoo_and_we_contend_for_a_lock_by_Curators_names() =>
        AssertAlone(await RecipePeer.FinishAsync(Ours("lock", "a"), Ours("lock", "b"), Kazoo("lock", "c", "Curator"), Kazoo("lock", "d", "Curator")), "abcd");

    [PeerFact(Peer.Kazoo)]
    public async Task Kazoo_and_we_contend_for_a_lock_by_kazoos_names() =>
        AssertAlone(await RecipePeer.FinishAsync(Ours("lock", "a", "Kazoo"), Ours("lock", "b", "Kazoo"), Kazoo("lock", "c"), Kazoo("lock", "d")), "abcd");

    [PeerFact(Peer.Curator)]
    public async Task Curator_and_we_read_together_and_write_alone()
    {
        IReadOnlyList<string> lines = await RecipePeer.FinishAsync(Ours("read", "a"), Ours("write", "b"), await CuratorAsync("read", "c"), await CuratorAsync("write", "d"));
        int readers = 0, writers = 0;
        foreach (string[] words in lines.Select(line => line.Split(' ')))
        {
            int step = words[0] == "enter" ? 1 : -1;
            _ = words[2] == "read" ? readers += step : writers += step;
            Assert.True(writers == 0 || (writers == 1 && readers == 0), $"{writers} writers and {readers} readers at once");
        }

        Assert.Equal(4 * 2 * int.Parse(Count), lines.Count);
    }

    [PeerFact(Peer.Curator)]
    public async Task Curator_and_we_share_a_semaphore()
    {
        IReadOnlyList<string> lines = await RecipePeer.FinishAsync(
            Ours("semaphore", "a", "2"), Ours("semaphore", "b", "2"), await CuratorAsync("semaphore", "c", "2"), await CuratorAsync("semaphore", "d", "2"));
        int holders = 0;
        foreach (string line in lines)
            Assert.InRange(holders += line.StartsWith("enter", StringComparison.Ordinal) ? 1 : -1, 0, 2);
        Assert.Equal(4 * 2 * int.Parse(Count), lines.Count);
    }

    [PeerFact(Peer.Curator)]
    public async Task Curator_and_we_take_part_in_elections()
    {
        AssertAlone(await RecipePeer.FinishAsync(Ours("latch", "a"), await CuratorAsync("latch", "b"), Ours("latch", "c")), "abc");
        AssertAlone(await RecipePeer.FinishAsync(Ours("election", "a"), await CuratorAsync("election", "b"), Ours("election", "c")), "abc");
    }

    [PeerFact(Peer.Kazoo)]
    public async Task Kazoo_and_we_take_part_in_an_election() =>
        AssertAlone(await RecipePeer.FinishAsync(Ours("election", "a", "Kazoo"), Kazoo("election", "b"), Ours("election", "c", "Kazoo")), "abc");

    [PeerFact(Peer.Curator)]
    public Task Curator_and_we_send_and_receive() => QueueAsync(null, mode => CuratorAsync(mode, "theirs"));

    [PeerFact(Peer.Kazoo)]
    public Task Kazoo_and_we_send_and_receive() => QueueAsync("kazoo", mode => Task.FromResult(Kazoo(mode, "theirs")));

    [PeerFact(Peer.Curator, Peer.Kazoo)]
    public async Task Barriers_let_members_of_all_makes_in_and_out_together()
    {
        // One round for each path: kazoo's and Curator's don't tell rounds apart.
        string[] paths = ["/barrier1", "/barrier2", "/barrier3"];
        RecipePeer[][] rounds = [.. await Task.WhenAll(paths.Select(async path => new[]
        {
            Track(RecipePeer.Ours("barrier", Servers, path, "1", "a", "3")),
            Track(RecipePeer.Kazoo("barrier", Servers, path, "1", "b", "3")),
            Track(await RecipePeer.CuratorAsync("barrier", Servers, path, "1", "c", "3")),
        }))];
        foreach (RecipePeer[] peers in rounds)
            RecipeEnsembleTests.AssertBarriers(await RecipePeer.FinishAsync(peers), members: 3, rounds: 1);
    }

    [PeerFact(Peer.Curator, Peer.Kazoo)]
    public async Task Counters_count_the_steps_of_all_makes()
    {
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(Servers);
        await client.CreateAsync("/kazoo", Array.Empty<byte>());
        await RecipePeer.FinishAsync(Ours("count", "a"), await CuratorAsync("count", "b"),
            Track(RecipePeer.Ours("count", Servers, "/kazoo", Count, "c", "Text")), Track(RecipePeer.Kazoo("count", Servers, "/kazoo", Count, "d")));
        Assert.Equal(30, (await new DistributedCounter(client, "/count").GetAsync()).Value);
        Assert.Equal(30, (await new DistributedCounter(client, "/kazoo", CounterFormat.Text).GetAsync()).Value);
    }

    [PeerFact(Peer.Curator)]
    public async Task Curator_discovers_what_we_register_and_the_reverse()
    {
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(Servers);
        var registry = new ServiceDiscovery(client, "/services");
        await using ServiceRegistration ours = await registry.RegisterAsync(new ServiceInstance
        {
            Name = "web",
            Id = "ours-1",
            Address = "10.0.0.1",
            Port = 80,
            Payload = ServiceInstance.ToPayload([new("zone", "west")]),
            UriSpec = ServiceUriSpec.Parse("{scheme}://{address}:{port}/{name}"),
        });
        RecipePeer discover = Track(await RecipePeer.CuratorAsync("discover", Servers, "/services", "0", "web"));
        Assert.Equal(["found ours-1 10.0.0.1:80 DYNAMIC true http://10.0.0.1:80/web west"], await RecipePeer.FinishAsync(discover));

        RecipePeer register = Track(await RecipePeer.CuratorAsync("register", Servers, "/services", "0", "web"));
        await register.SaidAsync(text => text == "registered");
        ServiceInstance theirs = (await registry.GetInstancesAsync("web")).Single(instance => instance.Id == "curator-1");
        Assert.Equal(("http://10.0.0.9:99", "east", ServiceType.Dynamic, true), (theirs.Uri, theirs.Metadata["zone"], theirs.ServiceType, theirs.Enabled));
        string written = Encoding.UTF8.GetString((await client.GetDataAsync("/services/web/curator-1")).Data!);
        string again = Encoding.UTF8.GetString(ServiceInstanceJson.Write(theirs));
        Assert.Equal(written, again);
        register.CloseInput();
        await RecipePeer.FinishAsync(register);
    }

    private static void AssertAlone(IReadOnlyList<string> lines, string names)
    {
        for (int i = 0; i < lines.Count; i += 2)
        {
            string name = lines[i].Split(' ')[1];
            Assert.Equal([$"enter {name}", $"exit {name}"], [lines[i], lines[i + 1]]);
        }

        foreach (char name in names)
            Assert.True(lines.Count(line => line == $"enter {name}") >= int.Parse(Count), $"{name} had its turns");
    }

    private async Task QueueAsync(string? layout, Func<string, Task<RecipePeer>> theirs)
    {
        string[] extra = layout is null ? [] : [layout];
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(Servers);
        await client.CreateAsync("/queue");
        RecipePeer[] receivers = [Track(RecipePeer.Ours(["receive", Servers, "/queue", "0", "ours", .. extra])), await Renamed("receive")];
        IReadOnlyList<string> sent = await RecipePeer.FinishAsync(Track(RecipePeer.Ours(["send", Servers, "/queue", Count, "ours", .. extra])), await Renamed("send"));
        var queue = new DistributedQueue(client, "/queue", layout is null ? null : new QueueOptions { Layout = QueueLayout.Kazoo });
        for (int i = 0; i < receivers.Length; i++)
            await queue.SendAsync(Encoding.UTF8.GetBytes("stop"), layout is null ? null : new SendOptions { Priority = 999 });
        IReadOnlyList<string> got = await RecipePeer.FinishAsync(receivers);
        Assert.Equal(
            sent.Select(line => line.Split(' ')[1]).Order(),
            got.Where(line => line.StartsWith("got", StringComparison.Ordinal) && !line.Contains("stop", StringComparison.Ordinal)).Select(line => line.Split(' ')[1]).Order());

        async Task<RecipePeer> Renamed(string mode) => Track(await theirs(mode));
    }

    private RecipePeer Ours(string mode, string name, params string[] extra) => Track(RecipePeer.Ours([mode, Servers, PathOf(mode), Count, name, .. extra]));

    private RecipePeer Kazoo(string mode, string name, params string[] extra) => Track(RecipePeer.Kazoo([mode, Servers, PathOf(mode), Count, name, .. extra]));

    private async Task<RecipePeer> CuratorAsync(string mode, string name, params string[] extra) =>
        Track(await RecipePeer.CuratorAsync([mode, Servers, PathOf(mode), Count, name, .. extra]));

    private static string PathOf(string mode) => mode switch
    {
        "read" or "write" => "/rw",
        "send" or "receive" => "/queue",
        _ => "/" + mode,
    };

    private RecipePeer Track(RecipePeer peer)
    {
        if (!_peers.Contains(peer))
            _peers.Add(peer);
        return peer;
    }
}
