using System.Globalization;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cli.Bench;

/// <summary>Opens the sessions, prepares the znodes, measures each operation and clears up.</summary>
internal sealed class BenchRun(BenchOptions options)
{
    private const int DeleteCount = 20_000;
    private const int NodesPerDirectory = 1000;

    private readonly string _root = $"/coordps-bench-{Environment.ProcessId}-{Environment.TickCount64:x}";
    private readonly byte[] _data = MakeData(options.Payload);
    private readonly List<ZooKeeperClient> _sessions = [];
    private int _connected;

    /// <summary>Measures the operations one after the other; each result is reported as soon as it is there.</summary>
    public async Task RunAsync(Action<BenchResult> report, CancellationToken cancellationToken)
    {
        try
        {
            for (var i = 0; i < options.Sessions; i++)
            {
                _sessions.Add(await ConnectAsync(cancellationToken).ConfigureAwait(false));
            }

            await _sessions[0].CreateAsync(_root, ct: cancellationToken).ConfigureAwait(false);
            foreach (var operation in options.Operations)
            {
                report(await MeasureAsync(operation, cancellationToken).ConfigureAwait(false));
            }
        }
        finally
        {
            await CloseAsync().ConfigureAwait(false);
        }
    }

    private static byte[] MakeData(int length)
    {
        var data = new byte[length];
        for (var i = 0; i < length; i++)
        {
            data[i] = (byte)('a' + (i % 26));
        }

        return data;
    }

    private Task<BenchResult> MeasureAsync(string operation, CancellationToken cancellationToken) => operation switch
    {
        "create" => CreateAsync(cancellationToken),
        "load" => LoadAsync(cancellationToken),
        "delete" => DeleteAsync(cancellationToken),
        "connect" => ConnectsAsync(cancellationToken),
        "watch" => WatchAsync(cancellationToken),
        _ => OnKeysAsync(operation, cancellationToken),
    };

    private async Task<BenchResult> CreateAsync(CancellationToken cancellationToken)
    {
        var parents = await ParentsAsync("c", cancellationToken).ConfigureAwait(false);
        return await LoopAsync("create", PerSession(options.Count), (s, n) => _sessions[s].CreateAsync(Node(parents[s], n), _data, ct: cancellationToken), cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Creates a number of znodes, a thousand in each directory, as a tree of that size would have them.</summary>
    private async Task<BenchResult> LoadAsync(CancellationToken cancellationToken)
    {
        var parents = await ParentsAsync("l", cancellationToken).ConfigureAwait(false);
        var perSession = PerSession(options.Count == 0 ? 100_000 : options.Count);
        var directories = (perSession + NodesPerDirectory - 1) / NodesPerDirectory;
        await LoopAsync("load", directories, (s, n) => _sessions[s].CreateAsync(Directory(parents[s], n), ct: cancellationToken), cancellationToken).ConfigureAwait(false);
        return await LoopAsync(
            "load", perSession, (s, n) => _sessions[s].CreateAsync(Node(Directory(parents[s], n / NodesPerDirectory), n), _data, ct: cancellationToken), cancellationToken)
            .ConfigureAwait(false);

        static string Directory(string parent, long n) => string.Create(CultureInfo.InvariantCulture, $"{parent}/d{n}");
    }

    private async Task<BenchResult> DeleteAsync(CancellationToken cancellationToken)
    {
        var parents = await ParentsAsync("d", cancellationToken).ConfigureAwait(false);
        var perSession = PerSession(options.Count == 0 ? DeleteCount : options.Count);
        await LoopAsync("create", perSession, (s, n) => _sessions[s].CreateAsync(Node(parents[s], n), _data, ct: cancellationToken), cancellationToken).ConfigureAwait(false);
        return await LoopAsync("delete", perSession, (s, n) => _sessions[s].DeleteAsync(Node(parents[s], n), ct: cancellationToken), cancellationToken)
            .ConfigureAwait(false);
    }

    private async Task<BenchResult> OnKeysAsync(string operation, CancellationToken cancellationToken)
    {
        var keys = Enumerable.Range(0, options.Keys).Select(i => Node(_root, i)).ToArray();
        await Task.WhenAll(keys.Select((k, i) => EnsureAsync(_sessions[i % _sessions.Count], k, cancellationToken))).ConfigureAwait(false);
        // The member of another session may not have them yet.
        await Task.WhenAll(_sessions.Select(session => session.SyncAsync(_root, cancellationToken))).ConfigureAwait(false);
        Func<int, long, Task> call = operation switch
        {
            "set" => Set,
            "get" => Get,
            "exists" => (s, _) => _sessions[s].ExistsAsync(Key(), cancellationToken),
            _ => (s, n) => Random.Shared.Next(100) < options.Reads ? Get(s, n) : Set(s, n),
        };
        return await LoopAsync(operation, PerSession(options.Count), call, cancellationToken).ConfigureAwait(false);

        string Key() => keys[Random.Shared.Next(keys.Length)];
        Task Set(int s, long n) => _sessions[s].SetDataAsync(Key(), _data, ct: cancellationToken);
        Task Get(int s, long n) => _sessions[s].GetDataAsync(Key(), cancellationToken);
    }

    /// <summary>Opens a session, makes one request in it and closes it.</summary>
    private async Task<BenchResult> ConnectsAsync(CancellationToken cancellationToken)
    {
        async Task OpenAndCloseAsync(int session, long number)
        {
            var client = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                await client.ExistsAsync("/", cancellationToken).ConfigureAwait(false);
            }
        }

        return await MeasuredLoop.RunAsync("connect", PerSession(options.Count), OpenAndCloseAsync, options with { Window = 1 }, cancellationToken).ConfigureAwait(false);
    }

    private async Task<BenchResult> WatchAsync(CancellationToken cancellationToken)
    {
        var watchers = new List<ZooKeeperClient>();
        try
        {
            for (var i = 0; i < options.Watchers; i++)
            {
                watchers.Add(await ConnectAsync(cancellationToken).ConfigureAwait(false));
            }

            return await WatchFanOut.RunAsync(_sessions[0], watchers, $"{_root}/watched", _data, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await Task.WhenAll(watchers.Select(w => w.DisposeAsync().AsTask())).ConfigureAwait(false);
        }
    }

    /// <summary>Sessions begin at one server after the other, so that each has its share of them.</summary>
    private Task<ZooKeeperClient> ConnectAsync(CancellationToken cancellationToken)
    {
        var chroot = options.Address.IndexOf('/', StringComparison.Ordinal);
        var servers = (chroot < 0 ? options.Address : options.Address[..chroot]).Split(',');
        var first = (Interlocked.Increment(ref _connected) - 1) % servers.Length;
        return ZooKeeperClient.ConnectAsync(
            new ZooKeeperClientOptions
            {
                ConnectionString = string.Join(',', [.. servers[first..], .. servers[..first]]) + (chroot < 0 ? "" : options.Address[chroot..]),
                RandomizeServers = false,
                MaxInFlight = Math.Max(1000, options.Window),
            },
            cancellationToken);
    }

    private Task<BenchResult> LoopAsync(string name, long perSession, Func<int, long, Task> operation, CancellationToken cancellationToken) =>
        MeasuredLoop.RunAsync(name, perSession, operation, options, cancellationToken);

    private long PerSession(int total) => (total + options.Sessions - 1) / options.Sessions;

    private static string Node(string parent, long number) => string.Create(CultureInfo.InvariantCulture, $"{parent}/n{number}");

    private async Task<string[]> ParentsAsync(string kind, CancellationToken cancellationToken)
    {
        var parents = Enumerable.Range(0, _sessions.Count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{_root}/{kind}{i}")).ToArray();
        await Task.WhenAll(parents.Select((p, i) => EnsureAsync(_sessions[i], p, cancellationToken))).ConfigureAwait(false);
        return parents;
    }

    private async Task EnsureAsync(ZooKeeperClient session, string path, CancellationToken cancellationToken)
    {
        try
        {
            await session.CreateAsync(path, _data, CreateMode.Persistent, ct: cancellationToken).ConfigureAwait(false);
        }
        catch (NodeExistsException)
        {
            // Left by the operation before, which is what is wanted.
        }
    }

    private async Task CloseAsync()
    {
        if (_sessions.Count > 0 && !options.Keep)
        {
            try
            {
                await _sessions[0].DeleteRecursiveAsync(_root).ConfigureAwait(false);
            }
            catch (ZooKeeperException e)
            {
                await Console.Error.WriteLineAsync($"coordps bench: {_root} stays on the server: {e.Message}").ConfigureAwait(false);
            }
        }

        await Task.WhenAll(_sessions.Select(s => s.DisposeAsync().AsTask())).ConfigureAwait(false);
    }
}
