using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using CoordPS.Protocol;
using CoordPS.Server.Admin;
using CoordPS.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CoordPS.Server;

/// <summary>
/// A standalone ZooKeeper server inside this process: Apache ZooKeeper's client protocol on a socket, Apache's files on disk.
/// </summary>
public sealed class ZooKeeperServer : IAsyncDisposable
{
    private readonly ILogger _logger;
    private readonly Database _database;
    private readonly OutstandingChanges _changes;
    private readonly PrepRequestProcessor _prep;
    private readonly RequestPipeline _pipeline;
    private readonly FinalRequestProcessor _final;
    private readonly Snapshots _snapshots;
    private readonly ClientListener _listener;
    private readonly ConcurrentDictionary<ServerConnection, byte> _connections = new();
    private readonly ConcurrentDictionary<long, ServerConnection> _bySession = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _background = [];
    private AdminServer? _admin;
    private int _stopped;
    private volatile bool _isServing;

    private ZooKeeperServer(ServerConfig config, ILoggerFactory loggers)
    {
        Config = config;
        _logger = loggers.CreateLogger<ZooKeeperServer>();
        _database = Database.Open(config, Metrics, loggers.CreateLogger<Database>());
        try
        {
            Authentication = new AuthenticationProviders(config.SuperDigest);
            Reads = new ReadRequestProcessor(Tree, config);
            _changes = new OutstandingChanges(Tree);
            Sessions = new SessionTracker(Math.Max(0, config.ServerId), config.TickTime, Expire);
            foreach ((long id, int timeout) in _database.Sessions.All)
                Sessions.Track(id, timeout);
            _prep = new PrepRequestProcessor(Tree, _changes, Sessions, config, _logger);
            _prep.SetZxid(Tree.LastProcessedZxid);
            _final = new FinalRequestProcessor(Tree, _changes, _database.Sessions, SessionClosed);
            _snapshots = new Snapshots(_database, config, Metrics, _logger);
            _pipeline = new RequestPipeline(_prep, _database.Log, _final, _snapshots, Metrics, Fail, TimeSpan.FromMilliseconds(config.FsyncWarningThreshold), _logger);
            Words = new FourLetterWords(new Inspection(this));
            _listener = ClientListener.Bind(config);
        }
        catch
        {
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

    internal DataTree Tree => _database.Tree;

    internal SessionTracker Sessions { get; }

    internal AuthenticationProviders Authentication { get; }

    internal ReadRequestProcessor Reads { get; }

    internal ServerMetrics Metrics { get; } = new();

    internal FourLetterWords Words { get; }

    internal Database Database => _database;

    internal IEnumerable<ServerConnection> Connections => _connections.Keys;

    internal int InProcess => _pipeline.InProcess;

    internal bool IsServing => _isServing;

    internal Snapshots Snapshots => _snapshots;

    internal DateTimeOffset Started { get; } = DateTimeOffset.UtcNow;

    internal bool IsOverloaded => _pipeline.InProcess > Config.GlobalOutstandingLimit;

    /// <summary>Loads the data, opens the ports and serves.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="loggers">Where to log; null for nowhere.</param>
    /// <param name="cancellationToken">Abandons the start.</param>
    /// <exception cref="StorageException">The data directory can't be used, or holds what can't be read; the message says which file and what to do.</exception>
    /// <exception cref="SocketException">The port is in use or the address is not this machine's.</exception>
    public static async Task<ZooKeeperServer> StartAsync(
        ServerConfig config, ILoggerFactory? loggers = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        var server = await Task.Run(() => new ZooKeeperServer(config, loggers ?? NullLoggerFactory.Instance), cancellationToken)
            .ConfigureAwait(false);
        server.Serve();
        return server;
    }

    /// <summary>Stops serving: finishes what was received, closes connections and files. Sessions go on elsewhere or after a restart.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            await _completion.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        _isServing = false;
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        if (_admin is not null)
            await _admin.DisposeAsync().ConfigureAwait(false);
        await Sessions.DisposeAsync().ConfigureAwait(false);
        await Task.Run(_pipeline.Stop).ConfigureAwait(false);
        foreach (ServerConnection connection in _connections.Keys)
            connection.Close();
        await Task.WhenAll(_background).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _snapshots.DisposeAsync().ConfigureAwait(false);
        _prep.Dispose();
        _database.Dispose();
        _stopping.Dispose();
        _logger.LogInformation("Stopped at zxid 0x{Zxid:x}.", LastProcessedZxid);
        _completion.TrySetResult();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    internal bool Submit(List<Request> requests) => _pipeline.Submit(requests);

    internal void FlushLater(ServerConnection connection) => _final.FlushLater(connection);

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

    private void Serve()
    {
        _pipeline.Start();
        CancellationToken stopping = _stopping.Token;
        var containers = new ContainerManager(Tree, Config, _pipeline.Submit, _logger);
        _background.Add(Task.Run(() => containers.RunAsync(stopping), CancellationToken.None));
        _background.Add(Task.Run(() => _snapshots.PurgeRegularlyAsync(stopping), CancellationToken.None));
        _isServing = true;
        _background.Add(_listener.RunAsync(Accepted, Metrics.ConnectionRejected, _logger, stopping));
        _admin = AdminServer.Start(new Inspection(this), _logger);
        _logger.LogInformation(
            "Serving clients on {EndPoint}, data in {DataDir}, zxid 0x{Zxid:x}, {Nodes} znodes, {Sessions} sessions.",
            ClientEndPoint, Config.DataDir, LastProcessedZxid, Tree.NodeCount, Sessions.Count);
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

    private void SessionClosed(long session)
    {
        Sessions.Remove(session);
        if (_bySession.TryRemove(session, out ServerConnection? connection))
            connection.CloseWhenSent();
    }

    private void Fail(Exception e)
    {
        if (_completion.TrySetException(e))
            _ = Task.Run(StopAsync);
    }
}
