using System.Globalization;
using System.Text;
using CoordPS.Client;
using CoordPS.Client.Recipes;
using CoordPS.Testing;

namespace CoordPS.Interop.Tests.Recipes;

/// <summary>Recipes under contention from several processes, on an ensemble of three whose leader is killed meanwhile.</summary>
public sealed class RecipeEnsembleTests : IAsyncLifetime
{
    private readonly List<CoordPSProcess> _members = [];
    private readonly List<TempDirectory> _directories = [];
    private readonly List<RecipePeer> _peers = [];

    private string Servers => string.Join(',', _members.Select(member => member.ConnectionString));

    public async Task InitializeAsync()
    {
        int[] ports = [.. Enumerable.Range(0, 9).Select(_ => FreePort.Next())];
        string[] lines =
        [
            "initLimit=20", "syncLimit=10", "maxSessionTimeout=60000",
            .. Enumerable.Range(0, 3).Select(i => $"server.{i + 1}=127.0.0.1:{ports[i]}:{ports[3 + i]}"),
        ];
        for (int i = 0; i < 3; i++)
        {
            var directory = new TempDirectory();
            _directories.Add(directory);
            await File.WriteAllTextAsync(directory.Combine("myid"), $"{i + 1}\n");
            _members.Add(new CoordPSProcess(new TestServerOptions { Port = ports[6 + i], DataDirectory = directory.Path, ConfigLines = lines }));
        }

        await Task.WhenAll(_members.Select(member => member.StartAsync()));
    }

    public async Task DisposeAsync()
    {
        foreach (RecipePeer peer in _peers)
            await peer.DisposeAsync();
        foreach (CoordPSProcess member in _members)
            await member.DisposeAsync();
        foreach (TempDirectory directory in _directories)
            directory.Dispose();
    }

    [Fact]
    public async Task A_lock_is_held_by_one_and_its_resource_is_never_written_by_two()
    {
        using var directory = new TempDirectory();
        string resource = directory.Combine("resource");
        const int Count = 40;
        RecipePeer[] peers = [.. "abcd".Select(name => Worker("fenced", "/lock", Count, $"{name}", resource))];
        await Eventually.TrueAsync(() => new FileInfo(resource) is { Exists: true, Length: > 1000 }, "the contention has begun");
        await KillLeaderAsync();
        await RecipePeer.FinishAsync(peers);
        string[][] written = [.. (await File.ReadAllLinesAsync(resource)).Select(line => line.Split(' '))];
        long[] tokens = [.. written.Select(words => long.Parse(words[0], CultureInfo.InvariantCulture))];
        Assert.Equal(tokens.Order(), tokens);
        for (int i = 0; i < written.Length; i++)
        {
            if (written[i][1] == "end")
                Assert.Equal([written[i][0], "begin", written[i][2], written[i][3]], written[i - 1]);
        }

        Assert.Equal("abcd".Length * Count, written.Count(words => words[1] == "end"));
    }

    [Fact]
    public async Task A_queue_that_redelivers_loses_nothing_and_doubles_nothing_that_was_completed()
    {
        const int Count = 150;
        RecipePeer[] senders = [.. "ab".Select(name => Worker("send", "/queue", Count, $"{name}", "redeliver"))];
        RecipePeer[] receivers = [.. "xyz".Select(name => Worker("receive", "/queue", 0, $"{name}", "redeliver"))];
        await receivers[0].SaidAsync(text => text.StartsWith("got", StringComparison.Ordinal));
        await KillLeaderAsync();
        IReadOnlyList<string> sent = await RecipePeer.FinishAsync(senders);
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions { ConnectionString = Servers, ConnectRetryTime = Eventually.Patience });
        var queue = new DistributedQueue(client, "/queue", new QueueOptions { Redeliver = true, ConfirmSends = true });
        await Eventually.TrueAsync(async () => await queue.CountAsync() == 0, "all are completed");
        foreach (RecipePeer _ in receivers)
            await queue.SendAsync(Encoding.UTF8.GetBytes("stop"));
        IReadOnlyList<string> got = await RecipePeer.FinishAsync(receivers);
        string[] completed = [.. got.Where(line => line.StartsWith("got", StringComparison.Ordinal)).Select(line => line.Split(' ')[1]).Where(text => text != "stop")];
        Assert.Equal(2 * Count, sent.Count);
        Assert.Equal(sent.Select(line => line.Split(' ')[1]).Order(), completed.Order());
    }

    [Fact]
    public async Task Barriers_open_once_for_all_members()
    {
        RecipePeer[] peers = [.. "abc".Select(name => Worker("barrier", "/barrier", 25, $"{name}", "3"))];
        await peers[0].SaidAsync(text => text.StartsWith("out 4", StringComparison.Ordinal));
        await KillLeaderAsync();
        AssertBarriers(await RecipePeer.FinishAsync(peers), members: 3, rounds: 25);
    }

    [Fact]
    public async Task Elections_and_semaphores_keep_to_their_numbers()
    {
        RecipePeer[] electors = [.. "abc".Select(name => Worker("latch", "/latch", 20, $"{name}"))];
        RecipePeer[] holders = [.. "xyz".Select(name => Worker("semaphore", "/semaphore", 20, $"{name}", "2"))];
        await electors[0].SaidAsync(text => text.StartsWith("exit", StringComparison.Ordinal));
        await holders[0].SaidAsync(text => text.StartsWith("exit", StringComparison.Ordinal));
        await KillLeaderAsync();
        foreach ((RecipePeer[] peers, int most) in new[] { (electors, 1), (holders, 2) })
        {
            int now = 0;
            IReadOnlyList<string> lines = await RecipePeer.FinishAsync(peers);
            foreach (string line in lines)
                Assert.InRange(now += line.StartsWith("enter", StringComparison.Ordinal) ? 1 : -1, 0, most);
            Assert.Equal(3 * 2 * 20, lines.Count);
        }
    }

    /// <summary>Nobody was in before all had arrived nor out before all had begun to leave, and each was so once in each round.</summary>
    internal static void AssertBarriers(IReadOnlyList<string> lines, int members, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            string[] events = [.. lines.Where(line => line.Split(' ')[1] == $"{round}").Select(line => line.Split(' ')[0])];
            Assert.Equal(4 * members, events.Length);
            Assert.Equal(members, events.TakeWhile(e => e == "arrive").Count());
            Assert.True(Array.LastIndexOf(events, "leave") < Array.IndexOf(events, "out"), $"Round {round}: {string.Join(' ', events)}");
        }
    }

    private RecipePeer Worker(string mode, string path, int count, string name, params string[] extra)
    {
        RecipePeer peer = RecipePeer.Ours([mode, Servers, path, count.ToString(CultureInfo.InvariantCulture), name, .. extra]);
        _peers.Add(peer);
        return peer;
    }

    /// <summary>Kills the leader as a crash would; the two others go on without it.</summary>
    private async Task KillLeaderAsync()
    {
        CoordPSProcess? leader = null;
        await Eventually.TrueAsync(
            async () =>
            {
                foreach (CoordPSProcess member in _members)
                {
                    if ((await ApacheZooKeeper.FourLetterWordAsync(member.Port, "srvr")).Contains("Mode: leader", StringComparison.Ordinal))
                        leader = member;
                }

                return leader is not null;
            },
            "a member leads");
        await leader!.KillAsync();
    }
}
