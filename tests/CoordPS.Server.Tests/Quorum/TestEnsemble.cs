using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Tests.Quorum;

/// <summary>Members of one ensemble inside the test process, on free loopback ports. Members are numbered from 1.</summary>
internal sealed class TestEnsemble : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly ZooKeeperServer?[] _members;
    private readonly string _serverLines;
    private readonly IReadOnlyList<string> _extra;
    private readonly MemberLogs _logs = new();

    public TestEnsemble(int participants, int observers = 0, params string[] extra)
    {
        int count = participants + observers;
        _members = new ZooKeeperServer?[count];
        _extra = extra;
        Ports = [.. Enumerable.Range(0, count).Select(_ => FreePort.Next())];
        _serverLines = string.Join('\n', Enumerable.Range(1, count).Select(
            i => $"server.{i}=127.0.0.1:{FreePort.Next()}:{FreePort.Next()}{(i > participants ? ":observer" : "")}"));
    }

    public IReadOnlyList<int> Ports { get; }

    public string ServerLines => _serverLines;

    public string ConnectionString => string.Join(',', Ports.Select(static p => $"127.0.0.1:{p}"));

    public int Count => _members.Length;

    public ZooKeeperServer this[int id] => _members[id - 1] ?? throw new InvalidOperationException($"Member {id} does not run.");

    public IEnumerable<int> Running => Enumerable.Range(1, Count).Where(id => _members[id - 1] is not null);

    public string Log => _logs.ToString();

    public static async Task<TestEnsemble> StartNewAsync(int participants, int observers = 0, params string[] extra)
    {
        var ensemble = new TestEnsemble(participants, observers, extra);
        for (int id = 1; id <= ensemble.Count; id++)
            await ensemble.StartAsync(id);
        await ensemble.WaitUntilAllServeAsync();
        return ensemble;
    }

    public string DataDirectory(int id) => _directory.Combine(id.ToString(CultureInfo.InvariantCulture));

    public ServerConfig ConfigOf(int id)
    {
        Directory.CreateDirectory(DataDirectory(id));
        File.WriteAllText(Path.Combine(DataDirectory(id), "myid"), id.ToString(CultureInfo.InvariantCulture));
        return ServerConfig.Parse(string.Join('\n',
        [
            "tickTime=500", "initLimit=20", "syncLimit=6", $"dataDir={DataDirectory(id).Replace('\\', '/')}", $"clientPort={Ports[id - 1]}",
            "clientPortAddress=127.0.0.1", "maxClientCnxns=0", "admin.enableServer=false", "4lw.commands.whitelist=*", "preAllocSize=64",
            _serverLines, .. _extra,
        ]));
    }

    public async Task StartAsync(int id) => _members[id - 1] = await ZooKeeperServer.StartAsync(ConfigOf(id), _logs.For(id));

    public async Task StopAsync(int id)
    {
        ZooKeeperServer member = this[id];
        _members[id - 1] = null;
        await member.StopAsync();
    }

    /// <summary>Ends a member as a crash would.</summary>
    public async Task CrashAsync(int id)
    {
        ZooKeeperServer member = this[id];
        _members[id - 1] = null;
        await member.AbandonAsync();
    }

    public async Task WaitUntilAllServeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            foreach (int id in Running)
                await this[id].WaitUntilServingAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The members do not serve.\n{Log}");
        }
    }

    public async Task<int> LeaderAsync()
    {
        int leader = 0;
        await Eventually.TrueAsync(() => (leader = Running.FirstOrDefault(id => this[id].IsServing && this[id].Member!.State.Role.State == ServerState.Leading)) != 0, "a leader serves");
        return leader;
    }

    public async Task<int> FollowerAsync()
    {
        int follower = 0;
        await Eventually.TrueAsync(() => (follower = Running.FirstOrDefault(id => this[id].IsServing && this[id].Member!.State.Role.State == ServerState.Following)) != 0, "a follower serves");
        return follower;
    }

    public Task<ZooKeeperClient> ConnectAsync(int id, int sessionTimeout = 10000) => ConnectAsync($"127.0.0.1:{Ports[id - 1]}", sessionTimeout);

    public static Task<ZooKeeperClient> ConnectAsync(string connectionString, int sessionTimeout = 10000) => ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
    {
        ConnectionString = connectionString,
        SessionTimeout = TimeSpan.FromMilliseconds(sessionTimeout),
        ConnectRetryTime = TimeSpan.FromSeconds(40),
        MaxReconnectBackoff = TimeSpan.FromMilliseconds(200),
    });

    /// <summary>Waits until all running members have the same znodes below a path.</summary>
    public async Task<IReadOnlyList<string>> WaitUntilEqualAsync(string path)
    {
        List<string> first = [];
        await Eventually.TrueAsync(
            () =>
            {
                long[] zxids = [.. Running.Select(id => this[id].LastProcessedZxid).Distinct()];
                if (zxids.Length > 1)
                    return false;
                List<List<string>> all = [.. Running.Select(id => Names(this[id].Tree, path))];
                first = all[0];
                return all.All(names => names.SequenceEqual(first));
            },
            "all members have the same tree");
        return first;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (int id in Running.ToArray())
            await StopAsync(id);
        _directory.Dispose();
    }

    private static List<string> Names(DataTree tree, string path)
    {
        List<string> names = [];
        lock (tree.Gate)
        {
            if (tree.Find(path) is { } node)
            {
                foreach (DataNode child in node)
                    names.Add(System.Text.Encoding.UTF8.GetString(child.Name) + "=" + System.Text.Encoding.UTF8.GetString(child.Data));
            }
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }
}

/// <summary>What members log, to be shown when a test fails.</summary>
internal sealed class MemberLogs
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly long _start = Stopwatch.GetTimestamp();

    public ILoggerFactory For(int member) => new Factory(this, member);

    public override string ToString() => string.Join('\n', _lines);

    private sealed class Factory(MemberLogs logs, int member) : ILoggerFactory, ILogger
    {
        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            logs._lines.Enqueue($"{Stopwatch.GetElapsedTime(logs._start).TotalMilliseconds,7:0} {member} {logLevel,-11} {formatter(state, exception)} {exception}");
    }
}
