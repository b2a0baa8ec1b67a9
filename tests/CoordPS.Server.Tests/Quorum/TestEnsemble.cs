using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Tests.Quorum;

/// <summary>Members of one ensemble inside the test process, on free loopback ports. Members are numbered from 1.</summary>
internal sealed class TestEnsemble : IAsyncDisposable
{
    /// <summary>
    /// Ticks so long that a busy machine does not cost members their leader, and clients their connections, in tests that are not about
    /// that: it takes a silence of more than two seconds.
    /// </summary>
    internal static readonly string[] Timing = [$"tickTime={TickTime}", "initLimit=5", "syncLimit=2"];

    /// <summary>The tick in <see cref="Timing"/>, in milliseconds.</summary>
    internal const int TickTime = 2000;

    private readonly TempDirectory _directory = new();
    private readonly SortedDictionary<int, ZooKeeperServer> _members = [];
    private readonly Dictionary<int, string> _serverLines = [];
    private readonly List<int> _ports = [];
    private readonly List<string> _addresses = [];
    private readonly IReadOnlyList<string> _extra;
    private readonly MemberLogs _logs = new();

    public TestEnsemble(int participants, int observers = 0, params string[] extra)
    {
        int count = participants + observers;
        _extra = extra;
        for (int id = 1; id <= count; id++)
            AddPorts();
        ServerLines = string.Join('\n', Enumerable.Range(1, count).Select(
            i => $"server.{i}={_addresses[i - 1]}{(i > participants ? ":observer" : "")}"));
        for (int id = 1; id <= count; id++)
            _serverLines[id] = ServerLines;
    }

    public IReadOnlyList<int> Ports => _ports;

    /// <summary>The members that the ensemble begins with.</summary>
    public string ServerLines { get; }

    /// <summary>Whether members are started from a zoo.cfg, which they may change, rather than with settings in memory.</summary>
    public bool HasFiles { get; init; }

    public string ConnectionString => string.Join(',', Ports.Select(static p => $"127.0.0.1:{p}"));

    public int Count => _ports.Count;

    public ZooKeeperServer this[int id] => _members.GetValueOrDefault(id) ?? throw new InvalidOperationException($"Member {id} does not run.");

    public IEnumerable<int> Running => _members.Keys;

    public MemberLogs Logs => _logs;

    public string Log => _logs.ToString();

    public static async Task<TestEnsemble> StartNewAsync(int participants, int observers = 0, params string[] extra)
    {
        var ensemble = new TestEnsemble(participants, observers, extra);
        await ensemble.StartAllAsync();
        return ensemble;
    }

    public async Task StartAllAsync()
    {
        for (int id = 1; id <= Count; id++)
            await StartAsync(id);
        await WaitUntilAllServeAsync();
    }

    /// <summary>Makes room for a member that is not in the ensemble yet, configured with itself and those that are.</summary>
    /// <returns>Its id.</returns>
    public int AddJoiner(string role = "participant")
    {
        AddPorts();
        _serverLines[Count] = $"{ServerLines}\n{LineOf(Count, role)}";
        return Count;
    }

    /// <summary>A member's server line, with its client port.</summary>
    public string LineOf(int id, string role = "participant") => $"server.{id}={_addresses[id - 1]}:{role};127.0.0.1:{_ports[id - 1]}";

    /// <summary>Gives a member other ports for quorum, elections and clients, which it gets to know by a reconfiguration.</summary>
    public void ChangePorts(int id)
    {
        _addresses[id - 1] = $"127.0.0.1:{FreePort.Next()}:{FreePort.Next()}";
        _ports[id - 1] = FreePort.Next();
    }

    private void AddPorts()
    {
        _ports.Add(FreePort.Next());
        _addresses.Add($"127.0.0.1:{FreePort.Next()}:{FreePort.Next()}");
    }

    public string DataDirectory(int id) => _directory.Combine(id.ToString(CultureInfo.InvariantCulture));

    public ServerConfig ConfigOf(int id)
    {
        Directory.CreateDirectory(DataDirectory(id));
        File.WriteAllText(Path.Combine(DataDirectory(id), "myid"), id.ToString(CultureInfo.InvariantCulture));
        string text = string.Join('\n',
        [
            .. Timing, "minSessionTimeout=1000", "maxSessionTimeout=10000", $"dataDir={DataDirectory(id).Replace('\\', '/')}", $"clientPort={Ports[id - 1]}",
            "clientPortAddress=127.0.0.1", "maxClientCnxns=0", "admin.enableServer=false", "4lw.commands.whitelist=*", "preAllocSize=64",
            _serverLines[id], .. _extra,
        ]);
        if (!HasFiles)
            return ServerConfig.Parse(text);
        if (!File.Exists(ConfigFile(id)))
            File.WriteAllText(ConfigFile(id), text);
        return ServerConfig.Load(ConfigFile(id));
    }

    public string ConfigFile(int id) => _directory.Combine($"zoo{id}.cfg");

    public async Task StartAsync(int id) => _members[id] = await ZooKeeperServer.StartAsync(ConfigOf(id), _logs.For(id));

    public async Task RestartAllAsync()
    {
        int[] running = [.. Running];
        foreach (int id in running)
            await StopAsync(id);
        foreach (int id in running)
            await StartAsync(id);
        await WaitUntilAllServeAsync();
    }

    public async Task StopAsync(int id)
    {
        ZooKeeperServer member = this[id];
        _members.Remove(id);
        await member.StopAsync();
    }

    /// <summary>Ends a member as a crash would.</summary>
    public async Task CrashAsync(int id)
    {
        ZooKeeperServer member = this[id];
        _members.Remove(id);
        await member.AbandonAsync();
    }

    public async Task WaitUntilAllServeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            foreach (int id in Running.ToArray())
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

    /// <summary>Connects as the super user, who alone may change the configuration.</summary>
    public static Task<ZooKeeperClient> ConnectAsSuperAsync(string connectionString) => ConnectAsync(
        connectionString, 30000, [new Credential("digest", System.Text.Encoding.ASCII.GetBytes(TestServerOptions.SuperUser))]);

    public static Task<ZooKeeperClient> ConnectAsync(string connectionString, int sessionTimeout = 10000) => ConnectAsync(connectionString, sessionTimeout, []);

    private static Task<ZooKeeperClient> ConnectAsync(string connectionString, int sessionTimeout, Credential[] credentials) => ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
    {
        Credentials = credentials,
        ConnectionString = connectionString,
        SessionTimeout = TimeSpan.FromMilliseconds(sessionTimeout),
        ConnectRetryTime = TimeSpan.FromSeconds(40),
        MaxReconnectBackoff = TimeSpan.FromMilliseconds(200),
    });

    /// <summary>What a member answers to srvr; nothing where it closes the connection instead, as it does when its role changes.</summary>
    public static async Task<string> AskModeAsync(int port)
    {
        try
        {
            return await ApacheZooKeeper.FourLetterWordAsync(port, "srvr");
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return "";
        }
    }

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
