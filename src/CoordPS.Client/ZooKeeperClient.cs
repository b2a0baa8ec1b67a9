using System.Net;
using CoordPS.Client.Recipes;

namespace CoordPS.Client;

/// <summary>
/// A ZooKeeper session: asynchronous, pipelined over one connection, for servers of 3.4 to 3.9. All members may be called from any thread at
/// any time; requests reach the server in the order of the calls, and are answered in that order.
/// <para>
/// When the connection is lost the client looks for another server by itself. Calls made meanwhile, and requests not yet sent, wait for it.
/// Reads under way are sent again. Writes under way fail with <see cref="ConnectionLossException"/> whose
/// <see cref="ConnectionLossException.OutcomeUnknown"/> is true: they may or may not have been carried out. When no server could be reached for
/// longer than the session timeout, what waits fails with <see cref="ConnectionLossException.OutcomeUnknown"/> false, and so do new calls
/// until a server is back. Only a server can expire the session (<see cref="SessionState.Expired"/>).
/// </para>
/// <para>
/// What goes wrong, a malformed path included, is a <see cref="ZooKeeperException"/> in the task that a call returns. Cancelling a call ends
/// the wait at once; a request already sent may still be carried out. Data given to a call must not be changed until the call has ended.
/// </para>
/// </summary>
public sealed partial class ZooKeeperClient : IAsyncDisposable
{
    private readonly Session _session;
    private readonly ZooKeeperClientOptions _options;
    private SessionGuard? _guard;
    private SessionSuccession? _succession;

    private ZooKeeperClient(ZooKeeperClientOptions options)
    {
        _options = options;
        _session = new Session(this, options, Client.ConnectionString.Parse(options.ConnectionString));
    }

    /// <summary>
    /// Raised when the session's state changes, after <see cref="ConnectAsync(ZooKeeperClientOptions, CancellationToken)"/>. Handlers run one
    /// after the other on the thread pool, in order with the handlers of watches, and may call the client and wait for it.
    /// </summary>
    public event EventHandler<SessionStateChangedEventArgs>? StateChanged;

    /// <summary>
    /// Raised at once when the session's state changes, and by the session's timer: for what must not wait behind the handlers of others.
    /// Handlers run under the session's lock and must do no more than hand on the news.
    /// </summary>
    internal event Action? Moved;

    /// <summary>The session's id.</summary>
    public long SessionId => _session.SessionId;

    /// <summary>The session's password: with the id, what resumes the session from elsewhere.</summary>
    public byte[] Password => [.. _session.Password];

    /// <summary>The session timeout that the server granted.</summary>
    public TimeSpan NegotiatedTimeout => _session.NegotiatedTimeout;

    /// <summary>Where the session stands.</summary>
    public SessionState State => _session.State;

    /// <summary>The address of the server that serves the session; null while disconnected.</summary>
    public EndPoint? CurrentServer => _session.CurrentServer;

    /// <summary>The last transaction that an answer was up to.</summary>
    public long LastZxid => _session.LastZxid;

    /// <summary>The connection string that the client was given.</summary>
    public string ConnectionString => _options.ConnectionString;

    /// <summary>The chroot; empty when there is none.</summary>
    public string Chroot => _session.Chroot;

    /// <summary>See <see cref="Session.ConfirmedAt"/>.</summary>
    internal long ConfirmedAt => _session.ConfirmedAt;

    /// <summary>What is held by ephemerals of this session.</summary>
    internal SessionGuard Guard => LazyInitializer.EnsureInitialized(ref _guard, () => new SessionGuard(this));

    /// <summary>The session and those that follow it when it expires.</summary>
    internal SessionSuccession Succession => LazyInitializer.EnsureInitialized(ref _succession, () => new SessionSuccession(this));

    /// <summary>Opens a session, or resumes one, at the first server that accepts it.</summary>
    /// <exception cref="ZooKeeperConnectException">No server accepted it; the message names each address tried and its failure.</exception>
    /// <exception cref="SessionExpiredException">The session to be resumed has expired.</exception>
    /// <exception cref="AuthFailedException">The server refused the credentials.</exception>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    public static async Task<ZooKeeperClient> ConnectAsync(ZooKeeperClientOptions options, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var client = new ZooKeeperClient(options.Snapshot());
        try
        {
            await client._session.StartAsync(ct).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Opens a session with default options.</summary>
    /// <param name="connectionString">See <see cref="ZooKeeperClientOptions.ConnectionString"/>.</param>
    /// <param name="ct">Ends the attempt.</param>
    public static Task<ZooKeeperClient> ConnectAsync(string connectionString, CancellationToken ct = default) =>
        ConnectAsync(new ZooKeeperClientOptions { ConnectionString = connectionString }, ct);

    /// <summary>
    /// Closes the session on the server, after the requests under way and at most after <see cref="ZooKeeperClientOptions.CloseTimeout"/>:
    /// its ephemerals go. Without a connection they stay until the session expires.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await Succession.DisposeAsync().ConfigureAwait(false);
        await _session.CloseAsync().ConfigureAwait(false);
        _session.Dispose();
    }

    /// <summary>The options for a new session like this one.</summary>
    internal ZooKeeperClientOptions SuccessorOptions()
    {
        ZooKeeperClientOptions options = _options.Snapshot();
        options.SessionId = 0;
        options.SessionPassword = null;
        options.Credentials = [.. _session.Credentials];
        return options;
    }

    internal void RaiseMoved() => Moved?.Invoke();

    /// <summary>The longest request sent, in bytes.</summary>
    internal int MaxRequestLength => _options.MaxRequestLength;

    /// <summary>The path that servers know a path of this client by.</summary>
    internal string ToServerPath(string path) => _session.ToServerPath(path);

    internal void RaiseStateChanged(SessionStateChangedEventArgs args) => StateChanged?.Invoke(this, args);
}
