using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using CoordPS.Protocol;
using CoordPS.Server.Admin;
using CoordPS.Server.Hosting;
using CoordPS.Server.Quorum;
using CoordPS.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CoordPS.Server;

/// <summary>
/// A ZooKeeper server inside this process, standalone or a member of an ensemble: Apache ZooKeeper's protocols on sockets, Apache's
/// files on disk.
/// </summary>
public sealed class ZooKeeperServer : IAsyncDisposable
{
    private readonly ILogger _logger;
    private readonly Database _database;
    private readonly PrepRequestProcessor? _prep;
    private readonly RequestPipeline? _standalone;
    private readonly QuorumPeer? _member;
    private readonly IRequestPipeline _pipeline;
    private readonly Snapshots _snapshots;
    private readonly ClientListener _listener;
    private readonly ConcurrentDictionary<ServerConnection, byte> _connections = new();
    private readonly ConcurrentDictionary<long, ServerConnection> _bySession = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _background = [];
    private AdminServer? _admin;
    private readonly Lock _serviceLock = new();
    private TaskCompletionSource _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _stopLock = new();
    private Task? _stop;
    private volatile bool _isServing;
    private volatile bool _isReadOnly;
    private long _epochStart;

    private ZooKeeperServer(ServerConfig config, ILoggerFactory loggers, MemberHost host)
    {
        Host = host;
        _logger = loggers.CreateLogger<ZooKeeperServer>();
        DynamicConfigFiles? files = config.IsDistributed ? DynamicConfigFiles.Open(ref config, _logger) : null;
        Config = config;
        _database = Database.Open(config, Metrics, loggers.CreateLogger<Database>());
        try
        {
            Authentication = new AuthenticationProviders(config.SuperDigest);
            Reads = new ReadRequestProcessor(Tree, config);
            Sessions = new SessionTracker(Math.Max(0, config.ServerId), config.TickTime, Expire, host.Gate);
            foreach ((long id, int timeout) in _database.Sessions.All)
                Sessions.Track(id, timeout);
            if (files is not null && config.LocalSessionsEnabled)
                LocalSessions = new SessionTracker(Math.Max(0, config.ServerId), config.TickTime, ExpireLocal);
            _snapshots = new Snapshots(_database, config, Metrics, _logger);
            if (files is not null)
            {
                _member = new QuorumPeer(this, config, files, _database, _snapshots, Fail, _logger);
                _pipeline = _member;
            }
            else
            {
                var changes = new OutstandingChanges(Tree);
                _prep = new PrepRequestProcessor(Tree, changes, Sessions, null, config, null, _logger);
                _prep.SetZxid(Tree.LastProcessedZxid);
                var final = new FinalRequestProcessor(Tree, changes, _database.Sessions, SessionClosed);
                _standalone = new RequestPipeline(
                    _prep, _database.Log, final, _snapshots, Metrics, Fail, TimeSpan.FromMilliseconds(config.FsyncWarningThreshold), _logger);
                _pipeline = _standalone;
            }

            Words = new FourLetterWords(new Inspection(this));
            _listener = ClientListener.Bind(config);
        }
        catch
        {
            // Nothing of a server that did not start goes on.
            Sessions?.DisposeAsync().AsTask().Wait();
            LocalSessions?.DisposeAsync().AsTask().Wait();
            _database.Dispose();
            throw;
        }
    }

    /// <summary>The settings in force.</summary>
    public ServerConfig Config { get; }

    /// <summary>Where clients connect; with the port chosen when the configuration left it open.</summary>
    public IPEndPoint ClientEndPoint => _listener.EndPoint;

    /// <summary>Where the admin endpoint answers; null when it is off or its port was taken, which the log then says.</summary>
    public IPEndPoint? AdminEndPoint => _admin?.EndPoint;

    /// <summary>Completes when the server has stopped; faults when it had to stop by itself, such as after a failed disk.</summary>
    public Task Completion => _completion.Task;

    /// <summary>The zxid of the last transaction applied.</summary>
    public long LastProcessedZxid => Tree.LastProcessedZxid;

    /// <summary>What surrounds it in this process.</summary>
    internal MemberHost Host { get; }

    internal DataTree Tree => _database.Tree;

    internal SessionTracker Sessions { get; }

    /// <summary>
    /// Sessions that only this member knows (<c>localSessionsEnabled</c>), until they create an ephemeral; null when there are none.
    /// They end with the member's role.
    /// </summary>
    internal SessionTracker? LocalSessions { get; }

    internal AuthenticationProviders Authentication { get; }

    /// <summary>
    /// Whether clients are served: from the start on for a standalone server, and for a member while it follows a leader or is one.
    /// </summary>
    public bool IsServing => _isServing;

    /// <summary>Whether this member has no leader and lets clients read that asked for it (<c>readonlymode.enabled</c>).</summary>
    public bool IsReadOnly => _isReadOnly;

    internal ReadRequestProcessor Reads { get; private set; }

    internal bool IsDistributed => _pipeline.IsDistributed;

    /// <summary>The member's part in its ensemble; null for a standalone server.</summary>
    internal QuorumPeer? Member => _member;

    /// <summary>
    /// The last zxid that a client can have seen elsewhere for this server to be as recent: a leader shows its epoch's beginning before
    /// the epoch's first transaction.
    /// </summary>
    internal long LastZxidToShow => Math.Max(LastProcessedZxid, Volatile.Read(ref _epochStart));

    internal ServerMetrics Metrics { get; } = new();

    internal FourLetterWords Words { get; }

    internal Database Database => _database;

    internal IEnumerable<ServerConnection> Connections => _connections.Keys;

    internal int InProcess => _pipeline.InProcess;

    internal Snapshots Snapshots => _snapshots;

    /// <summary>When a member's present service began.</summary>
    internal DateTimeOffset ServingSince { get; private set; } = DateTimeOffset.UtcNow;

    internal DateTimeOffset Started { get; } = DateTimeOffset.UtcNow;

    internal bool IsOverloaded => _pipeline.InProcess > Config.GlobalOutstandingLimit;

    /// <summary>Loads the data, opens the ports and serves.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="loggers">Where to log; null for nowhere.</param>
    /// <param name="cancellationToken">Abandons the start.</param>
    /// <exception cref="StorageException">The data directory can't be used, or holds what can't be read; the message says which file and what to do.</exception>
    /// <exception cref="SocketException">A port is in use or an address is not this machine's.</exception>
    /// <exception cref="ConfigException">The settings contradict each other.</exception>
    /// <remarks>A member of an ensemble serves once it has found a leader: see <see cref="WaitUntilServingAsync"/>.</remarks>
    public static Task<ZooKeeperServer> StartAsync(
        ServerConfig config, ILoggerFactory? loggers = null, CancellationToken cancellationToken = default) =>
        StartAsync(config, loggers, MemberHost.None, cancellationToken);

    /// <summary>The same, with a gate and a network around the server.</summary>
    internal static async Task<ZooKeeperServer> StartAsync(
        ServerConfig config, ILoggerFactory? loggers, MemberHost host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(config);
        var server = await Task.Run(() => new ZooKeeperServer(config, loggers ?? NullLoggerFactory.Instance, host), cancellationToken)
            .ConfigureAwait(false);
        try
        {
            await server.ServeAsync(cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.StopAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Waits until clients are served.</summary>
    /// <exception cref="InvalidOperationException">The server has stopped.</exception>
    public async Task WaitUntilServingAsync(CancellationToken cancellationToken = default)
    {
        Task serving;
        lock (_serviceLock)
            serving = _serving.Task;
        if (await Task.WhenAny(serving, _completion.Task).WaitAsync(cancellationToken).ConfigureAwait(false) != serving)
            throw new InvalidOperationException("The server has stopped.", _completion.Task.Exception?.InnerException);
    }

    /// <summary>Stops serving: finishes what was received, closes connections and files. Sessions go on elsewhere or after a restart.</summary>
    public Task StopAsync() => StopAsync(abandon: false);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>Ends as a crash would: a leader does not hand over, and what is not on disk is lost.</summary>
    internal Task AbandonAsync() => StopAsync(abandon: true);

    private Task StopAsync(bool abandon)
    {
        lock (_stopLock)
            return _stop ??= Task.Run(() => StopOnceAsync(abandon));
    }

    private async Task StopOnceAsync(bool abandon)
    {
        _isServing = false;
        if (abandon)
            _member?.Abandon();
        // Whoever waits there may go: a member that was abandoned does nothing any more, and one that was not is to finish.
        Host.Gate?.Open();
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        if (_admin is not null)
            await _admin.DisposeAsync().ConfigureAwait(false);
        await Sessions.DisposeAsync().ConfigureAwait(false);
        if (LocalSessions is not null)
            await LocalSessions.DisposeAsync().ConfigureAwait(false);
        if (_standalone is not null)
            await Task.Run(_standalone.Stop).ConfigureAwait(false);
        else if (abandon)
            await _member!.AbandonAsync().ConfigureAwait(false);
        else
            await _member!.StopAsync().ConfigureAwait(false);
        CloseConnections();
        await Task.WhenAll(_background).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _snapshots.DisposeAsync().ConfigureAwait(false);
        _prep?.Dispose();
        _member?.Dispose();
        _database.Dispose();
        _stopping.Dispose();
        _logger.LogInformation("Stopped at zxid 0x{Zxid:x}.", LastProcessedZxid);
        _completion.TrySetResult();
    }

    internal bool Submit(List<Request> requests) => _pipeline.Submit(requests);

    internal void FlushLater(ServerConnection connection) => _pipeline.FlushLater(connection);

    /// <summary>Clients are served from now on, by a member that follows or leads.</summary>
    /// <param name="role">What it does.</param>
    /// <param name="serves">Whether it serves clients as well.</param>
    internal void BeginService(Zab.ZabRole role, bool serves)
    {
        Volatile.Write(ref _epochStart, Zab.Zxid.Make(role.Epoch, 0));
        _logger.LogInformation(
            "Serving clients on {EndPoint} as {State} in epoch {Epoch}, zxid 0x{Zxid:x}, {Sessions} sessions.",
            ClientEndPoint, role.State, role.Epoch, LastProcessedZxid, Sessions.Count);
        ServingSince = DateTimeOffset.UtcNow;
        if (_isReadOnly)
        {
            _isReadOnly = false;
            CloseConnections();
        }

        if (!serves)
            return;
        _isServing = true;
        lock (_serviceLock)
            _serving.TrySetResult();
    }

    /// <summary>Clients are not served any more: their connections are closed, and they look for another member.</summary>
    internal void EndService()
    {
        _isServing = false;
        lock (_serviceLock)
        {
            if (_serving.Task.IsCompleted)
                _serving = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        CloseConnections();
        LocalSessions?.Replace([]);
    }

    /// <summary>Clients that asked for it may read from now on, until this member serves again.</summary>
    internal void BeginReadOnly()
    {
        _logger.LogInformation("Without a leader: serving reads to clients that accept a read-only server.");
        _isReadOnly = true;
    }

    /// <summary>Listens for clients elsewhere from now on; their connections go on. Where that fails, the port stays as it is.</summary>
    internal void ListenForClients(string host, int port)
    {
        try
        {
            if (_listener.Rebind(host, port))
                _logger.LogInformation("Listening for clients on {EndPoint}, as the new configuration says.", ClientEndPoint);
        }
        catch (SocketException e)
        {
            _logger.LogError("{Error} Clients go on being served on {EndPoint}; correct this member's server line by another reconfiguration.", e.Message, ClientEndPoint);
        }
    }

    /// <summary>Reads go to another tree from now on.</summary>
    internal void RestartReads() => Reads = new ReadRequestProcessor(Tree, Config);

    /// <summary>Makes a connection its session's own; the one before it, if it still stands, is closed.</summary>
    internal void Register(ServerConnection connection)
    {
        ServerConnection? before = null;
        _bySession.AddOrUpdate(connection.SessionId, connection, (_, old) =>
        {
            before = old;
            return connection;
        });
        if (before is not null && !ReferenceEquals(before, connection))
            before.Close();
    }

    internal void Disconnected(ServerConnection connection)
    {
        _connections.TryRemove(connection, out _);
        _bySession.TryRemove(KeyValuePair.Create(connection.SessionId, connection));
        Tree.RemoveWatcher(connection);
        _listener.Left(connection.Remote.Address);
    }

    internal void SessionClosed(long session)
    {
        Sessions.Remove(session);
        LocalSessions?.Remove(session);
        if (_bySession.TryRemove(session, out ServerConnection? connection))
            connection.CloseWhenSent();
    }

    private async Task ServeAsync(CancellationToken cancellationToken)
    {
        CancellationToken stopping = _stopping.Token;
        var containers = new ContainerManager(() => Tree, Config, SubmitAsLeader, _logger);
        _background.Add(Task.Run(() => containers.RunAsync(stopping), CancellationToken.None));
        _background.Add(Task.Run(() => _snapshots.PurgeRegularlyAsync(stopping), CancellationToken.None));
        if (_standalone is not null)
        {
            _standalone.Start();
            _isServing = true;
            _serving.TrySetResult();
        }
        else
        {
            await _member!.StartAsync(cancellationToken).ConfigureAwait(false);
        }

        _background.Add(_listener.RunAsync(Accepted, Metrics.ConnectionRejected, _logger, stopping));
        _admin = AdminServer.Start(new Inspection(this), _logger);
        _logger.LogInformation(
            "{What} clients on {EndPoint}, data in {DataDir}, zxid 0x{Zxid:x}, {Nodes} znodes, {Sessions} sessions.",
            _member is null ? "Serving" : "Listening for", ClientEndPoint, Config.DataDir, LastProcessedZxid, Tree.NodeCount, Sessions.Count);
    }

    private void Accepted(Socket socket)
    {
        var connection = new ServerConnection(socket, this, _logger);
        _connections.TryAdd(connection, 0);
        _ = connection.RunAsync(_stopping.Token);
    }

    private void Expire(Session session)
    {
        _logger.LogInformation("Session 0x{Session:x} expired after {Timeout} ms without a word.", session.Id, session.TimeoutMilliseconds);
        Metrics.StaleSessionsExpired.Add();
        _pipeline.Submit(new Request(null, session.Id, 0, OpCode.CloseSession));
    }

    private void ExpireLocal(Session session)
    {
        _logger.LogInformation("Local session 0x{Session:x} expired after {Timeout} ms without a word.", session.Id, session.TimeoutMilliseconds);
        Metrics.StaleSessionsExpired.Add();
        // Nothing was ever its own but the connection.
        SessionClosed(session.Id);
    }

    private void CloseConnections()
    {
        foreach (ServerConnection connection in _connections.Keys)
            connection.Close();
    }

    /// <summary>Takes a request of the server's own, which on a member only the leader makes.</summary>
    private bool SubmitAsLeader(Request request) => (_member is null || Sessions.Expires) && _pipeline.Submit(request);

    private void Fail(Exception e)
    {
        if (_completion.TrySetException(e))
            _ = StopAsync();
    }
}
