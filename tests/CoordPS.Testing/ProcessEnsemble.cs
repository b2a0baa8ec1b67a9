using System.Globalization;
using System.Net.Sockets;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Testing;

/// <summary>Whose server a member runs.</summary>
public enum ServerMake
{
    /// <summary>Ours, <c>coordps server</c>.</summary>
    CoordPS,

    /// <summary>Apache ZooKeeper.</summary>
    Apache,
}

/// <summary>How the members of an ensemble of processes are set up.</summary>
public sealed class ProcessEnsembleOptions
{
    /// <summary>The make of each voting member, from id 1 on.</summary>
    public required IReadOnlyList<ServerMake> Participants { get; init; }

    /// <summary>The make of each observer; their ids follow.</summary>
    public IReadOnlyList<ServerMake> Observers { get; init; } = [];

    /// <summary>The length of a tick in milliseconds. Default 500.</summary>
    public int TickTime { get; init; } = 500;

    /// <summary>Ticks to join in. Default 20.</summary>
    public int InitLimit { get; init; } = 20;

    /// <summary>Ticks of silence. Default 5.</summary>
    public int SyncLimit { get; init; } = 5;

    /// <summary>Lines added to every member's configuration.</summary>
    public IReadOnlyList<string> ConfigLines { get; init; } = [];

    /// <summary>The executable <c>coordps</c>; null for the one built with the tests.</summary>
    public string? Executable { get; init; }
}

/// <summary>
/// An ensemble whose members are processes of either make, on loopback ports. A member keeps its data directory and ports when it is
/// started again, even as another make.
/// </summary>
public sealed class ProcessEnsemble : IAsyncDisposable
{
    private readonly ProcessEnsembleOptions _options;
    private readonly TempDirectory _directory = new();
    private readonly ServerMake[] _makes;
    private readonly int[] _ports;
    private readonly string[] _serverLines;
    private readonly IServerProcess?[] _servers;

    /// <summary>An ensemble of which no member runs yet.</summary>
    public ProcessEnsemble(ProcessEnsembleOptions options)
    {
        _options = options;
        _makes = [.. options.Participants, .. options.Observers];
        _servers = new IServerProcess?[_makes.Length];
        _ports = [.. _makes.Select(static _ => FreePort.Next())];
        _serverLines = [.. _makes.Select((_, i) => string.Create(CultureInfo.InvariantCulture,
            $"server.{i + 1}=127.0.0.1:{FreePort.Next()}:{FreePort.Next()}{(i < options.Participants.Count ? "" : ":observer")}"))];
    }

    /// <summary>The members' ids.</summary>
    public IEnumerable<int> Ids => Enumerable.Range(1, _makes.Length);

    /// <summary>Every member's client address.</summary>
    public string ConnectionString => string.Join(',', Ids.Select(ConnectionOf));

    /// <summary>A member's client port.</summary>
    public int PortOf(int id) => _ports[id - 1];

    /// <summary>A member's client address.</summary>
    public string ConnectionOf(int id) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{PortOf(id)}");

    /// <summary>A member that was started.</summary>
    public IServerProcess this[int id] => _servers[id - 1] ?? throw new InvalidOperationException($"Member {id} was not started.");

    /// <summary>Starts all members, one after the other, and waits until they serve.</summary>
    public static async Task<ProcessEnsemble> StartNewAsync(ProcessEnsembleOptions options)
    {
        var ensemble = new ProcessEnsemble(options);
        try
        {
            foreach (int id in ensemble.Ids)
                await ensemble.StartAsync(id).ConfigureAwait(false);
            await ensemble.WaitUntilAllServeAsync().ConfigureAwait(false);
            return ensemble;
        }
        catch
        {
            await ensemble.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts a member, again perhaps, and waits until it answers, if only to say that it has no quorum.</summary>
    public async Task StartAsync(int id)
    {
        if (_servers[id - 1] is { } server)
        {
            await server.StartAsync().ConfigureAwait(false);
            return;
        }

        var options = new TestServerOptions
        {
            MemberId = id, Port = PortOf(id), TickTime = _options.TickTime, Executable = _options.Executable,
            DataDirectory = _directory.Combine(id.ToString(CultureInfo.InvariantCulture)),
            ConfigLines =
            [
                $"initLimit={_options.InitLimit}", $"syncLimit={_options.SyncLimit}", .. _options.ConfigLines, .. _serverLines,
            ],
        };
        if (_makes[id - 1] == ServerMake.Apache)
        {
            _servers[id - 1] = await ApacheZooKeeper.StartNewAsync(options).ConfigureAwait(false);
        }
        else
        {
            _servers[id - 1] = await CoordPSProcess.StartNewAsync(options).ConfigureAwait(false);
        }
    }

    /// <summary>Stops a member in good order.</summary>
    public Task StopAsync(int id) => this[id].StopAsync();

    /// <summary>Stops a member and starts another make on its data directory and ports.</summary>
    public async Task ReplaceAsync(int id, ServerMake make)
    {
        await this[id].StopAsync().ConfigureAwait(false);
        await this[id].DisposeAsync().ConfigureAwait(false);
        _servers[id - 1] = null;
        _makes[id - 1] = make;
        await StartAsync(id).ConfigureAwait(false);
    }

    /// <summary>What a member says it is: leader, follower or observer; null when it does not serve.</summary>
    public async Task<string?> ModeAsync(int id, CancellationToken ct = default)
    {
        // Apache's members leave a word unanswered that comes at a bad moment.
        using var once = CancellationTokenSource.CreateLinkedTokenSource(ct);
        once.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            string answer = await ApacheZooKeeper.FourLetterWordAsync(PortOf(id), "srvr", once.Token).ConfigureAwait(false);
            int at = answer.IndexOf("Mode: ", StringComparison.Ordinal);
            return at < 0 ? null : answer[(at + 6)..].Split('\n')[0].Trim();
        }
        catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>The member that leads, once there is one.</summary>
    public async Task<int> LeaderAsync()
    {
        int leader = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                foreach (int id in Ids)
                {
                    if (_servers[id - 1] is { ProcessId: not null } && await ModeAsync(id).ConfigureAwait(false) == "leader")
                        leader = id;
                }

                return leader != 0;
            },
            "a member leads",
            LeaderLoss.Patience).ConfigureAwait(false);
        return leader;
    }

    /// <summary>Waits until a member is what is wanted.</summary>
    /// <exception cref="InvalidOperationException">Its process has ended; the message has what it said.</exception>
    public Task WaitForModeAsync(int id, params string[] modes) =>
        Eventually.TrueAsync(
            async () => await ModeAsync(id).ConfigureAwait(false) is { } mode ? modes.Contains(mode)
                : this[id].ProcessId is null ? throw new InvalidOperationException($"Member {id} has ended by itself. {(this[id] as CoordPSProcess)?.Output}") : false,
            $"member {id} is {string.Join(" or ", modes)}",
            LeaderLoss.Patience);

    /// <summary>Waits until all members serve.</summary>
    public async Task WaitUntilAllServeAsync()
    {
        foreach (int id in Ids)
            await WaitForModeAsync(id, "leader", "follower", "observer").ConfigureAwait(false);
    }

    /// <summary>Every member's tree, as <see cref="TreeDump"/> has it, after all that was written before; without /zookeeper/config.</summary>
    public async Task<IReadOnlyList<Dictionary<string, string>>> DumpAsync(string top = "/")
    {
        var dumps = new List<Dictionary<string, string>>();
        foreach (int id in Ids)
        {
            ZooKeeperClient client = await ConnectAsync(ConnectionOf(id)).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                await client.SyncAsync(top).ConfigureAwait(false);
                Dictionary<string, string> dump = await TreeDump.ReadAsync(client, top).ConfigureAwait(false);
                // Every member has its own, with the time of its own start.
                dump.Remove("/zookeeper/config");
                dumps.Add(dump);
            }
        }

        return dumps;
    }

    /// <summary>A client as the super user, that keeps trying.</summary>
    public static Task<ZooKeeperClient> ConnectAsync(string connectionString, TimeSpan? sessionTimeout = null, CancellationToken ct = default) => ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
    {
        ConnectionString = connectionString,
        SessionTimeout = sessionTimeout ?? TimeSpan.FromSeconds(10),
        ConnectRetryTime = TimeSpan.FromSeconds(60),
        ReconnectBackoff = TimeSpan.FromMilliseconds(10),
        MaxReconnectBackoff = TimeSpan.FromMilliseconds(20),
        Credentials = [new Credential("digest", System.Text.Encoding.ASCII.GetBytes(TestServerOptions.SuperUser))],
    }, ct);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (IServerProcess? server in _servers)
        {
            if (server is not null)
                await server.DisposeAsync().ConfigureAwait(false);
        }

        _directory.Dispose();
    }
}
