using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;
using Xunit.Abstractions;

namespace CoordPS.Interop.Tests;

/// <summary>Servers killed while clients write, and started again by either make: what was acknowledged is there.</summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private const int Writers = 4;
    private const int Window = 32;

    [Fact]
    public Task No_acknowledged_write_is_missing_after_kills() => RunAsync([Make.CoordPS, Make.CoordPS, Make.CoordPS, Make.CoordPS]);

    [PeerFact(Peer.Apache)]
    public Task No_acknowledged_write_is_missing_after_kills_when_the_servers_take_turns() =>
        RunAsync([Make.CoordPS, Make.Apache, Make.CoordPS, Make.Apache, Make.CoordPS, Make.Apache]);

    private async Task RunAsync(Make[] turns)
    {
        using var directory = new TempDirectory();
        var options = new TestServerOptions
        {
            DataDirectory = directory.Combine("data"),
            // Snapshots are under way when the kill comes, and logs roll.
            Properties = new Dictionary<string, string> { ["zookeeper.snapCount"] = "700", ["zookeeper.preAllocSize"] = "256" },
        };
        var acknowledged = new Acknowledged();
        var random = new Random(turns.Length);
        foreach (Make make in turns)
        {
            await using ITestServer server = await Servers.StartAsync(make, options);
            await VerifyAsync(server, acknowledged, $"started on {make}");
            int before = acknowledged.Count;
            using var killed = new CancellationTokenSource();
            Task[] writers = [.. Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(server, writer, acknowledged, killed.Token)))];
            int enough = before + random.Next(1000, 2500);
            await Eventually.TrueAsync(() => acknowledged.Count >= enough || writers.Any(w => w.IsFaulted), "enough is written");
            await killed.CancelAsync();
            await server.KillAsync();
            await Task.WhenAll(writers);
            output.WriteLine($"{make}: killed after {acknowledged.Count - before} acknowledged writes");
        }

        foreach (Make make in turns.Distinct())
        {
            await using ITestServer server = await Servers.StartAsync(make, options);
            await VerifyAsync(server, acknowledged, $"started on {make} at last");
        }
    }

    private static async Task VerifyAsync(ITestServer server, Acknowledged acknowledged, string when)
    {
        await using ZooKeeperClient client = await Servers.ConnectAsync(server);
        List<string> missing = [];
        foreach (var batch in acknowledged.Created.Chunk(200))
        {
            await Task.WhenAll(batch.Select(async created =>
            {
                try
                {
                    ZNodeData data = await client.GetDataAsync(created.Key);
                    if (Encoding.UTF8.GetString(data.Data!) != created.Value)
                        Note(missing, $"{created.Key} has other data");
                }
                catch (NoNodeException)
                {
                    Note(missing, $"{created.Key} is missing");
                }
            }));
        }

        foreach ((string path, int version) in acknowledged.Versions)
        {
            ZNodeData data = await client.GetDataAsync(path);
            // Each write's data is the version it makes.
            if (data.Stat.Version < version || data.Stat.Version != int.Parse(Encoding.UTF8.GetString(data.Data!), CultureInfo.InvariantCulture))
                Note(missing, $"{path} is at version {data.Stat.Version}, {version} was acknowledged");
        }

        Assert.True(missing.Count == 0, $"{when}, of {acknowledged.Count} acknowledged writes: {string.Join("; ", missing.Take(20))}");
    }

    private static void Note(List<string> missing, string what)
    {
        lock (missing)
            missing.Add(what);
    }

    private static async Task WriteAsync(ITestServer server, int writer, Acknowledged acknowledged, CancellationToken killed)
    {
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
        {
            ConnectionString = server.ConnectionString,
            RequestTimeout = TimeSpan.FromSeconds(20),
            CloseTimeout = TimeSpan.FromMilliseconds(100),
        }, CancellationToken.None);
        string own = $"/w{writer}";
        int version = -1;
        try
        {
            Stat? there = await client.ExistsAsync(own, CancellationToken.None);
            version = there?.Version ?? (await client.CreateAsync(own, "0"u8.ToArray(), ct: CancellationToken.None)).Stat!.Value.Version;
            await client.EnsurePathAsync("/made", ct: CancellationToken.None);
            Queue<Task> window = new();
            while (!killed.IsCancellationRequested)
            {
                int next = ++version;
                window.Enqueue(next % 3 == 0 ? SetTogetherAsync(next) : SetAsync(next));
                window.Enqueue(CreateAsync($"{writer}.{next}"));
                if (window.Count >= Window)
                {
                    await window.Dequeue();
                    await window.Dequeue();
                }
            }

            await Task.WhenAll(window);
        }
        catch (Exception e) when (killed.IsCancellationRequested && e is ZooKeeperException)
        {
            // The kill: nothing more is acknowledged.
        }

        async Task SetAsync(int next)
        {
            // The version before this one's is checked, so that a write that came to nothing is noticed.
            Stat stat = await client.SetDataAsync(own, Encoding.UTF8.GetBytes($"{next}"), next - 1, CancellationToken.None);
            acknowledged.Version(own, stat.Version);
        }

        async Task SetTogetherAsync(int next)
        {
            string path = $"/made/m{writer}.{next}";
            await client.MultiAsync([ZooKeeperOperation.SetData(own, Encoding.UTF8.GetBytes($"{next}"), next - 1), ZooKeeperOperation.Create(path, "m"u8.ToArray())], CancellationToken.None);
            acknowledged.Version(own, next);
            acknowledged.Create(path, "m");
        }

        async Task CreateAsync(string name)
        {
            string data = $"data of {name}";
            string path = (await client.CreateAsync($"/made/{name}-", Encoding.UTF8.GetBytes(data), CreateMode.PersistentSequential, ct: CancellationToken.None)).Path;
            acknowledged.Create(path, data);
        }
    }

    private sealed class Acknowledged
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public ConcurrentDictionary<string, string> Created { get; } = new();

        public ConcurrentDictionary<string, int> Versions { get; } = new();

        public void Create(string path, string data)
        {
            Assert.True(Created.TryAdd(path, data), $"{path} was created twice");
            Interlocked.Increment(ref _count);
        }

        public void Version(string path, int version)
        {
            Versions.AddOrUpdate(path, version, (_, before) => Math.Max(before, version));
            Interlocked.Increment(ref _count);
        }
    }
}
