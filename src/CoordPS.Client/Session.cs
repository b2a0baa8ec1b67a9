using System.Net;
using System.Net.Sockets;
using CoordPS.Protocol;
using Microsoft.Extensions.Logging;

namespace CoordPS.Client;

/// <summary>
/// A session across its connections: the queue of requests, the one loop that connects, reads and reconnects, the watches, the state.
/// <para>
/// A request is in one of two queues: <c>_waiting</c> (not written on the present connection) or <c>_inFlight</c> (written, in the order
/// in which the server answers). When a connection is lost, what was never handed to the socket waits for the next; what was, and changes
/// nothing, is sent again; what was and may have changed something fails with an unknown outcome.
/// </para>
/// </summary>
internal sealed class Session : IDisposable
{
    // A request that kills its connection each time (too long for the server, say) must not do so for ever.
    private const int MaxLosses = 5;
    private const int MaxPingIntervalMilliseconds = 10_000;

    private readonly ZooKeeperClientOptions _options;
    private readonly ILogger _logger;
    private readonly ServerRing _ring;
    private readonly Backoff _backoff;
    private readonly EventDispatcher _dispatcher;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopping;
    private readonly List<AuthEntry> _credentials = [];
    private readonly Queue<AuthEntry> _authInFlight = new();
    private readonly Queue<Request> _inFlight = new();
    // The last one that left it: its watch may not be in the table yet.
    private Request? _answered;
    private readonly Queue<long> _pingsInFlight = new();
    private readonly Timer _timer;
    private readonly ZooKeeperClient _client;

    private Queue<Request> _waiting = new();
    private Connection? _connection;
    private Task _run = Task.CompletedTask;
    private Task? _close;
    private bool _closing;
    private bool _started;
    private bool _outage;
    private bool _hasBeenWritable;
    private long _disconnectedAt;
    private long _confirmedAt;
    private long _lastZxid;
    private Exception? _lastFailure;
    private (ServerName Server, IPEndPoint Address)? _preferred;

    internal Session(ZooKeeperClient client, ZooKeeperClientOptions options, ConnectionString servers)
    {
        _client = client;
        _stopping = _stop.Token;
        _options = options;
        _logger = options.Logger;
        Chroot = servers.Chroot;
        _ring = new ServerRing(servers.Servers, options.RandomizeServers, options.Resolver);
        _backoff = new Backoff(options.ReconnectBackoff, options.MaxReconnectBackoff);
        _dispatcher = new EventDispatcher(options.Logger);
        // What runs for the session's whole life must not keep the context of whoever opened it.
        using (ExecutionContext.SuppressFlow())
            _timer = new Timer(static state => ((Session)state!).Tick(), this, Timeout.Infinite, Timeout.Infinite);
        SessionId = options.SessionId;
        Password = options.SessionPassword ?? new byte[16];
        _hasBeenWritable = options.SessionId != 0;
        NegotiatedTimeout = options.SessionTimeout;
        foreach (Credential credential in options.Credentials)
            _credentials.Add(new AuthEntry(credential));
    }

    /// <summary>Guards the queues, the state, and what is written to the connection.</summary>
    internal Lock Gate { get; } = new();

    internal WatchTable Watches { get; } = new();

    internal string Chroot { get; }

    internal long SessionId { get; private set; }

    internal byte[] Password { get; private set; }

    internal TimeSpan NegotiatedTimeout { get; private set; }

    internal SessionState State { get; private set; } = SessionState.Connecting;

    internal IPEndPoint? CurrentServer => Volatile.Read(ref _connection)?.Address;

    internal string? CurrentServerName => Volatile.Read(ref _connection)?.Name;

    internal long LastZxid => Volatile.Read(ref _lastZxid);

    /// <summary>
    /// When the last request was sent that a server with a quorum has answered, by <see cref="Environment.TickCount64"/>: that server knew the
    /// session then or later, so no server ends it before a session timeout from here.
    /// </summary>
    internal long ConfirmedAt => Volatile.Read(ref _confirmedAt);

    /// <summary>The credentials given so far.</summary>
    internal IReadOnlyList<Credential> Credentials
    {
        get
        {
            lock (Gate)
                return [.. _credentials.Select(entry => entry.Credential)];
        }
    }

    /// <summary>The sequence that the next request written gets. Under the lock.</summary>
    internal long NextSequence { get; private set; }

    /// <summary>Set when the server turned out not to know create2 (before 3.5).</summary>
    internal bool LacksCreate2 { get; set; }

    /// <summary>Connects for the first time and starts the loop that keeps the session.</summary>
    internal async Task StartAsync(CancellationToken ct)
    {
        long until = Environment.TickCount64 + (long)_options.ConnectRetryTime.TotalMilliseconds;
        Connection connection;
        ConnectResponse response;
        while (true)
        {
            List<ConnectAttempt> attempts = [];
            if (await TryConnectAsync(attempts, ct).ConfigureAwait(false) is { } opened)
            {
                (connection, response) = opened;
                break;
            }

            long left = until - Environment.TickCount64;
            if (left <= 0)
                throw new ZooKeeperConnectException(_options.ConnectionString, attempts);
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(left, _backoff.Next().TotalMilliseconds)), ct).ConfigureAwait(false);
        }

        Task[] authentications;
        lock (Gate)
        {
            Attach(connection, response);
            authentications = [.. _credentials.Select(c => c.Done.Task)];
        }

        using (ExecutionContext.SuppressFlow())
            _run = Task.Run(() => RunAsync(connection), CancellationToken.None);
        _started = true;
        await Task.WhenAll(authentications).WaitAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Takes a request: writes it at once when the connection and the window allow, else queues it.</summary>
    internal void Submit(Request request)
    {
        if (_options.RequestTimeout is { } timeout)
            request.Deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        Exception? refusal = null;
        lock (Gate)
        {
            if (request.IsCompleted)
                return;
            if (State.IsFinal || _closing)
            {
                refusal = FinalErrorFor(request);
            }
            else if (_connection is { } connection)
            {
                if (_waiting.Count == 0 && MayWrite(connection))
                {
                    Write(connection, request);
                    connection.ScheduleFlush();
                }
                else
                {
                    _waiting.Enqueue(request);
                }
            }
            else if (_outage)
            {
                refusal = OutageErrorFor(request);
            }
            else
            {
                _waiting.Enqueue(request);
            }
        }

        if (refusal is not null)
            request.Fail(refusal);
    }

    /// <summary>Writes what waits as far as the window and the send buffer allow. Under the lock.</summary>
    internal void PumpWaiting(Connection connection)
    {
        if (connection != _connection)
            return;
        while (_waiting.Count > 0 && MayWrite(connection))
        {
            Request request = _waiting.Dequeue();
            if (!request.IsCompleted)
                Write(connection, request);
        }
    }

    /// <summary>Adds credentials, on this connection and all that follow.</summary>
    internal Task AddAuthAsync(Credential credential, CancellationToken ct)
    {
        var entry = new AuthEntry(credential);
        lock (Gate)
        {
            if (State.IsFinal || _closing)
                return Task.FromException(FinalErrorFor(null));
            _credentials.Add(entry);
            if (_connection is { } connection)
            {
                WriteAuth(connection, entry);
                connection.ScheduleFlush();
            }
        }

        return entry.Done.Task.WaitAsync(ct);
    }

    /// <summary>A frame longer than allowed: its request fails, the session goes on.</summary>
    internal void OnOversizeFrame(Connection connection, ReplyHeader header, int length)
    {
        if (header.Xid < 0)
            throw new IOException($"{connection.Name} sent an event of {length} bytes, over the limit of {_options.MaxFrameLength}.");
        Request request = TakeInFlight(connection, header);
        request.Fail(new ReplyTooLargeException(request.Type, request.Path, connection.Name, length, _options.MaxFrameLength));
    }

    /// <summary>Delivers an event: streams take it at once, so that it is there before any later answer; handlers run by the dispatcher, in order.</summary>
    internal void Deliver(WatchedEvent watchedEvent, IEnumerable<Action<WatchedEvent>> handlers)
    {
        foreach (Action<WatchedEvent> handler in handlers)
        {
            if (handler.Target is ZNodeWatch)
                handler(watchedEvent);
            else
                _dispatcher.Post(() => handler(watchedEvent));
        }
    }

    /// <summary>
    /// The removal to ask of the server (see <see cref="WatchTable.ServerRemoval"/>), or null. Under the lock, together with what is done about
    /// it: a watch set in between would be removed with the other.
    /// </summary>
    internal WatcherType? ServerRemoval(WatcherType type, string serverPath, Action<WatchedEvent>? handler) =>
        Watches.ServerRemoval(type, serverPath, handler, Coming(serverPath));

    /// <summary>Whether there is a watch on a znode, or a request under way that sets one. Under the lock.</summary>
    internal bool IsWatched(string serverPath) => Watches.Contains(WatcherType.Any, serverPath, null) || Coming(serverPath).Count > 0;

    /// <summary>Removes a watch from the table and tells its handlers.</summary>
    internal void RemoveWatches(WatcherType type, string serverPath, Action<WatchedEvent>? handler)
    {
        foreach ((WatchEventType eventType, Action<WatchedEvent> removed) in Watches.Remove(type, serverPath, handler))
            Deliver(new WatchedEvent(eventType, KeeperState.SyncConnected, ToClientPath(serverPath)), [removed]);
    }

    /// <summary>The path with the chroot.</summary>
    internal string ToServerPath(string path) => Chroot.Length == 0 ? path : path.Length == 1 ? Chroot : Chroot + path;

    /// <summary>The path without the chroot; one outside it, such as /zookeeper/config, as it is.</summary>
    internal string ToClientPath(string path)
    {
        if (Chroot.Length == 0 || !ZPath.IsSameOrBelow(path, Chroot))
            return path;
        return path.Length == Chroot.Length ? ZPath.Root : path[Chroot.Length..];
    }

    /// <summary>Closes the session on the server, when one is connected, and ends the client.</summary>
    internal Task CloseAsync()
    {
        lock (Gate)
            return _close ??= Task.Run(CloseOnceAsync);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _timer.Dispose();
    }

    /// <summary>The kinds of watches that requests under way set on a znode.</summary>
    private HashSet<WatchKind> Coming(string serverPath)
    {
        HashSet<WatchKind> coming = [];
        Look(_answered);
        foreach (Request request in _inFlight)
            Look(request);
        foreach (Request request in _waiting)
            Look(request);
        return coming;

        void Look(Request? request)
        {
            if (request is { IsCompleted: false } && request.WatchOn(serverPath) is { } kind)
                coming.Add(kind);
        }
    }

    private static KeeperState ToKeeperState(SessionState state) => state switch
    {
        SessionState.Connected => KeeperState.SyncConnected,
        SessionState.ConnectedReadOnly => KeeperState.ConnectedReadOnly,
        SessionState.Expired => KeeperState.Expired,
        SessionState.AuthFailed => KeeperState.AuthFailed,
        SessionState.Closed => KeeperState.Closed,
        _ => KeeperState.Disconnected,
    };

    private async Task CloseOnceAsync()
    {
        Call<EmptyBody, bool>? goodbye = null;
        lock (Gate)
        {
            _closing = true;
            if (_connection is { } connection && !State.IsFinal)
            {
                goodbye = new Call<EmptyBody, bool>(OpCode.CloseSession, null, default, static (Session _, ref JuteReader _) => true);
                _waiting.Enqueue(goodbye);
                PumpWaiting(connection);
                connection.ScheduleFlush();
            }
            else if (_started && !State.IsFinal)
            {
                _logger.LogWarning("Session 0x{SessionId:x} is closed without a connection: its ephemerals stay until it expires.", SessionId);
            }
        }

        if (goodbye is not null)
        {
            try
            {
                await goodbye.Task.WaitAsync(_options.CloseTimeout).ConfigureAwait(false);
            }
            catch (Exception e) when (e is TimeoutException or ZooKeeperException)
            {
                _logger.LogWarning("No server confirmed that session 0x{SessionId:x} is closed; it ends when it expires. {Reason}", SessionId, e.Message);
            }
        }

        Finish(SessionState.Closed, null);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync(Connection connection)
    {
#pragma warning disable CA1031 // Whatever it is, no caller may wait for ever for an answer that nobody reads.
        try
        {
            await KeepConnectedAsync(connection).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _logger.LogCritical(e, "Session 0x{SessionId:x} ends by a fault of the client.", SessionId);
            Finish(SessionState.Closed, e);
        }
#pragma warning restore CA1031
    }

    private async Task KeepConnectedAsync(Connection connection)
    {
        while (true)
        {
            long since = Environment.TickCount64;
            Exception cause = await ReadAsync(connection).ConfigureAwait(false);
            connection.Dispose();
            connection.ReleaseReceiveBuffer();
            OnLost(connection, cause);
            try
            {
                // The next server is tried at once, unless connections don't last: servers that accept and drop must not be hammered.
                if (Environment.TickCount64 - since >= _options.MaxReconnectBackoff.TotalMilliseconds)
                    _backoff.Reset();
                else if (!State.IsFinal)
                    await Task.Delay(_backoff.Next() / 4, _stopping).ConfigureAwait(false);
                if (await ReconnectAsync().ConfigureAwait(false) is not { } next)
                    return;
                connection = next;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task<Exception> ReadAsync(Connection connection)
    {
        try
        {
            while (true)
            {
                while (connection.TryTakeFrame(_options.MaxFrameLength, out ReadOnlySpan<byte> frame))
                    OnFrame(connection, frame);
                lock (Gate)
                {
                    PumpWaiting(connection);
                    connection.ScheduleFlush();
                }

                if (!await connection.FillAsync(CancellationToken.None).ConfigureAwait(false))
                    return connection.Cause(null);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or JuteException)
        {
            return connection.Cause(e);
        }
    }

    private async Task<Connection?> ReconnectAsync()
    {
        while (true)
        {
            List<ConnectAttempt> attempts = [];
            try
            {
                if (State.IsFinal || _closing)
                    return null;
                if (await TryConnectAsync(attempts, _stopping).ConfigureAwait(false) is { } opened)
                {
                    lock (Gate)
                    {
                        if (State.IsFinal || _closing)
                        {
                            opened.Connection.Dispose();
                            opened.Connection.ReleaseReceiveBuffer();
                            return null;
                        }

                        Attach(opened.Connection, opened.Response);
                    }

                    return opened.Connection;
                }
            }
            catch (SessionExpiredException e)
            {
                Finish(SessionState.Expired, e);
                return null;
            }

            _lastFailure = attempts.Count > 0 ? attempts[^1].Failure : _lastFailure;
            TimeSpan pause = _backoff.Next();
            _logger.LogWarning("Session 0x{SessionId:x}: no server could be connected to ({Attempts}); next round in {Pause:0} ms.",
                SessionId, string.Join("; ", attempts), pause.TotalMilliseconds);
            await Task.Delay(pause, _stopping).ConfigureAwait(false);
        }
    }

    /// <summary>Tries every address of every server once.</summary>
    /// <exception cref="SessionExpiredException">A server said so.</exception>
    private async Task<(Connection Connection, ConnectResponse Response)?> TryConnectAsync(List<ConnectAttempt> attempts, CancellationToken ct)
    {
        if (_preferred is { } preferred)
        {
            _preferred = null;
            if (await TryOpenAsync(preferred.Server, preferred.Address, attempts, ct).ConfigureAwait(false) is { } opened)
                return opened;
        }

        for (int i = 0; i < _ring.Count; i++)
        {
            ServerName server = _ring.Next();
            IPEndPoint[] addresses;
            try
            {
                addresses = await _ring.ResolveAsync(server, ct).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                attempts.Add(new ConnectAttempt(server.ToString(), null, e));
                continue;
            }

            foreach (IPEndPoint address in addresses)
            {
                if (await TryOpenAsync(server, address, attempts, ct).ConfigureAwait(false) is { } opened)
                    return opened;
            }
        }

        return null;
    }

    private async Task<(Connection Connection, ConnectResponse Response)?> TryOpenAsync(
        ServerName server, IPEndPoint address, List<ConnectAttempt> attempts, CancellationToken ct)
    {
        long askedAt = Environment.TickCount64;
        // A session opened by a server without a quorum exists there only: elsewhere it is a new one.
        long sessionId = _hasBeenWritable ? SessionId : 0;
        var request = new ConnectRequest(0, LastZxid, (int)_options.SessionTimeout.TotalMilliseconds, sessionId,
            sessionId == 0 ? new byte[16] : Password, _options.CanBeReadOnly);
        TimeSpan timeout = _options.ConnectTimeout ?? TimeSpan.FromMilliseconds(
            Math.Clamp(NegotiatedTimeout.TotalMilliseconds / _ring.Count, 1_000, 10_000));
        try
        {
            (Connection connection, ConnectResponse response) =
                await Connection.OpenAsync(this, server, address, request, timeout, ct).ConfigureAwait(false);
            connection.AskedAt = askedAt;
            if (response.TimeoutMilliseconds > 0)
                return (connection, response);
            connection.Dispose();
            connection.ReleaseReceiveBuffer();
            throw new SessionExpiredException($"Session 0x{sessionId:x} has expired", null, connection.Name);
        }
        catch (Exception e) when (e is SocketException or IOException or TimeoutException or JuteException)
        {
            attempts.Add(new ConnectAttempt(server.ToString(), address, e));
            return null;
        }
    }

    /// <summary>Makes a connection the session's: credentials first, then the watches, then what waits. Under the lock.</summary>
    private void Attach(Connection connection, ConnectResponse response)
    {
        bool readOnly = response.ReadOnly == true;
        _hasBeenWritable |= !readOnly;
        SessionId = response.SessionId;
        Password = response.Password ?? Password;
        NegotiatedTimeout = TimeSpan.FromMilliseconds(response.TimeoutMilliseconds);
        _outage = false;
        _pingsInFlight.Clear();
        if (!readOnly)
            Volatile.Write(ref _confirmedAt, connection.AskedAt);
        Volatile.Write(ref _connection, connection);
        StartTimer();

        _authInFlight.Clear();
        foreach (AuthEntry entry in _credentials)
            WriteAuth(connection, entry);
        foreach (List<string>[] batch in Watches.Batches())
            WriteSetWatches(connection, batch);
        SetState(readOnly ? SessionState.ConnectedReadOnly : SessionState.Connected, connection.Address, null);
        PumpWaiting(connection);
        connection.ScheduleFlush();
        _logger.LogInformation("Session 0x{SessionId:x} is served by {Server}{ReadOnly}, timeout {Timeout} ms.",
            SessionId, connection.Name, readOnly ? " for reads only" : "", response.TimeoutMilliseconds);
        if (readOnly)
            _ = Task.Run(() => FindWritableAsync(connection), CancellationToken.None);
    }

    private void OnLost(Connection connection, Exception cause)
    {
        List<(Request Request, Exception Failure)> failed = [];
        lock (Gate)
        {
            if (_connection != connection)
                return;
            Volatile.Write(ref _connection, null);
            _lastFailure = cause;
            _disconnectedAt = Environment.TickCount64;
            Queue<Request> waiting = new();
            foreach (Request request in _inFlight)
            {
                bool sent = request.Sequence < connection.SentBelow;
                if (request.IsCompleted)
                    continue;
                if (_closing)
                    failed.Add((request, sent ? ConnectionLossException.Unknown(request.Type, request.Path, connection.Name, cause) : FinalErrorFor(request)));
                else if (!sent || (request.Repeatable && ++request.Losses < MaxLosses))
                    waiting.Enqueue(request);
                else if (request.Repeatable)
                    failed.Add((request, ConnectionLossException.NotDone(request.Type, request.Path, connection.Name, $"{MaxLosses} connections were lost with it", cause)));
                else
                    failed.Add((request, ConnectionLossException.Unknown(request.Type, request.Path, connection.Name, cause)));
            }

            _inFlight.Clear();
            foreach (Request request in _waiting)
                waiting.Enqueue(request);
            _waiting = waiting;
            if (!_closing)
            {
                _logger.LogWarning("Session 0x{SessionId:x} lost its connection to {Server}: {Cause}", SessionId, connection.Name, cause.Message);
                SetState(SessionState.Disconnected, connection.Address, cause);
            }
        }

        foreach ((Request request, Exception failure) in failed)
            request.Fail(failure);
    }

    /// <summary>Ends the session for good: everything under way fails by what is certain of it.</summary>
    private void Finish(SessionState state, Exception? cause)
    {
        List<(Request Request, Exception Failure)> failed = [];
        AuthEntry[] credentials;
        Connection? connection;
        lock (Gate)
        {
            if (State.IsFinal)
                return;
            connection = _connection;
            Volatile.Write(ref _connection, null);
            SetState(state, connection?.Address, cause);
            foreach (Request request in _inFlight)
            {
                bool unknown = connection is not null && request.Sequence < connection.SentBelow && !request.Repeatable;
                failed.Add((request, unknown ? ConnectionLossException.Unknown(request.Type, request.Path, connection!.Name, cause) : FinalErrorFor(request)));
            }

            foreach (Request request in _waiting)
                failed.Add((request, FinalErrorFor(request)));
            _inFlight.Clear();
            _waiting.Clear();
            _authInFlight.Clear();
            credentials = [.. _credentials];
            Watches.Clear();
        }

        _timer.Change(Timeout.Infinite, Timeout.Infinite);
        connection?.Dispose();
        foreach ((Request request, Exception failure) in failed)
            request.Fail(failure);
        foreach (AuthEntry entry in credentials)
            entry.Fail(cause as AuthFailedException ?? FinalErrorFor(null));
    }

    private ZooKeeperException FinalErrorFor(Request? request) => State switch
    {
        SessionState.Expired => new SessionExpiredException($"Session 0x{SessionId:x} has expired", request?.Path, null),
        SessionState.AuthFailed => new AuthFailedException("The server refused the session's credentials", request?.Path, null),
        _ => new SessionClosedException(request?.Path),
    };

    private ConnectionLossException OutageErrorFor(Request request) => ConnectionLossException.NotDone(request.Type, request.Path, null,
        $"no server of '{_options.ConnectionString}' could be reached for {(Environment.TickCount64 - _disconnectedAt) / 1000} s", _lastFailure);

    private bool MayWrite(Connection connection) => _inFlight.Count < _options.MaxInFlight && connection.Out.Length < Connection.MaxUnsent;

    private void Write(Connection connection, Request request)
    {
        JuteWriter writer = connection.Out;
        int frame = writer.BeginFrame();
        request.Sequence = NextSequence;
        request.SentAt = Environment.TickCount64;
        writer.WriteInt32(request.Xid);
        writer.WriteInt32((int)request.Type);
        request.WriteBody(writer);
        int length = writer.Length - frame - 4;
        if (length > _options.MaxRequestLength)
        {
            writer.Truncate(frame);
            request.Fail(new RequestTooLargeException(request.Type, request.Path, length, _options.MaxRequestLength));
            return;
        }

        writer.EndFrame(frame);
        NextSequence++;
        _inFlight.Enqueue(request);
    }

    private void WriteAuth(Connection connection, AuthEntry entry)
    {
        int frame = connection.Out.BeginFrame();
        new RequestHeader(Xids.Auth, OpCode.Auth).Write(connection.Out);
        new AuthPacket(0, entry.Credential.Scheme, entry.Credential.Data.ToArray()).Write(connection.Out);
        connection.Out.EndFrame(frame);
        _authInFlight.Enqueue(entry);
    }

    private void WriteSetWatches(Connection connection, List<string>[] batch)
    {
        List<string> data = batch[(int)WatchKind.Data], exists = batch[(int)WatchKind.Exists], children = batch[(int)WatchKind.Children];
        List<string> persistent = batch[(int)WatchKind.Persistent], recursive = batch[(int)WatchKind.PersistentRecursive];
        int frame = connection.Out.BeginFrame();
        // Servers before 3.6 know only the older form, and can't have given us a persistent watch.
        if (persistent.Count == 0 && recursive.Count == 0)
        {
            new RequestHeader(Xids.SetWatches, OpCode.SetWatches).Write(connection.Out);
            new SetWatchesRequest(LastZxid, data, exists, children).Write(connection.Out);
        }
        else
        {
            new RequestHeader(Xids.SetWatches, OpCode.SetWatches2).Write(connection.Out);
            new SetWatches2Request(LastZxid, data, exists, children, persistent, recursive).Write(connection.Out);
        }

        connection.Out.EndFrame(frame);
    }

    private void OnFrame(Connection connection, ReadOnlySpan<byte> frame)
    {
        var reader = new JuteReader(frame);
        ReplyHeader header = ReplyHeader.Read(ref reader);
        switch (header.Xid)
        {
            case Xids.Notification:
                OnNotification(header, WatcherEvent.Read(ref reader));
                return;
            case Xids.Ping:
                lock (Gate)
                {
                    if (connection == _connection && _pingsInFlight.TryDequeue(out long sentAt))
                        Confirm(sentAt);
                }

                return;
            case Xids.Auth:
                OnAuthReply(connection, header.Error);
                return;
            case Xids.SetWatches:
                if (header.Error != ErrorCode.Ok)
                    throw new IOException($"{connection.Name} did not re-arm the session's watches: {header.Error}.");
                return;
        }

        Request request = TakeInFlight(connection, header);
        request.Complete(this, connection.Name, header, ref reader);
    }

    private Request TakeInFlight(Connection connection, in ReplyHeader header)
    {
        Request? request;
        lock (Gate)
        {
            if (!_inFlight.TryPeek(out request) || request.Xid != header.Xid)
            {
                throw new IOException($"{connection.Name} answered request {header.Xid}, but {(request is null ? "none is under way" : $"{request.Xid} is next")}.");
            }

            _inFlight.Dequeue();
            _answered = request;
            Confirm(request.SentAt);
        }

        if (header.Zxid > 0)
            Volatile.Write(ref _lastZxid, header.Zxid);
        return request;
    }

    /// <summary>A server answered what was sent then. One that serves reads only does not keep the session alive. Under the lock.</summary>
    private void Confirm(long sentAt)
    {
        if (State == SessionState.Connected && sentAt > _confirmedAt)
            Volatile.Write(ref _confirmedAt, sentAt);
    }

    private void OnNotification(in ReplyHeader header, in WatcherEvent e)
    {
        HashSet<Action<WatchedEvent>> handlers = Watches.Take(e.Type, e.Path);
        if (handlers.Count > 0)
            Deliver(new WatchedEvent(e.Type, e.State, ToClientPath(e.Path), header.Zxid > 0 ? header.Zxid : -1), handlers);
    }

    private void OnAuthReply(Connection connection, ErrorCode error)
    {
        AuthEntry? entry;
        lock (Gate)
            _authInFlight.TryDequeue(out entry);
        if (error == ErrorCode.Ok)
        {
            entry?.Done.TrySetResult();
            return;
        }

        var failure = new AuthFailedException(
            $"The server refused the credentials{(entry is null ? "" : $" of scheme '{entry.Credential.Scheme}'")}", null, connection.Name);
        // Who waits for the answer finds the session's end.
        Finish(SessionState.AuthFailed, failure);
        entry?.Fail(failure);
    }

    private void SetState(SessionState state, EndPoint? server, Exception? cause)
    {
        SessionState previous = State;
        if (previous == state)
            return;
        State = state;
        _client.RaiseMoved();
        if (previous == SessionState.Connecting)
            return;
        var args = new SessionStateChangedEventArgs(previous, state, server, cause);
        _dispatcher.Post(() => _client.RaiseStateChanged(args));
        Deliver(new WatchedEvent(WatchEventType.None, ToKeeperState(state), null), Watches.All());
    }

    private void StartTimer()
    {
        double period = Math.Min(NegotiatedTimeout.TotalMilliseconds / 20, 1_000);
        if (_options.RequestTimeout is { } timeout)
            period = Math.Min(period, timeout.TotalMilliseconds / 4);
        var interval = TimeSpan.FromMilliseconds(Math.Max(period, 5));
        _timer.Change(interval, interval);
    }

    /// <summary>Pings, and gives up on what took too long.</summary>
    private void Tick()
    {
        long now = Environment.TickCount64;
        List<(Request Request, Exception Failure)> failed = [];
        Connection? dead = null;
        string deadFor = "";
        lock (Gate)
        {
            if (State.IsFinal)
                return;
            double timeout = NegotiatedTimeout.TotalMilliseconds;
            if (_connection is { } connection)
            {
                if (now - connection.LastHeard > timeout * 2 / 3)
                {
                    dead = connection;
                    deadFor = $"{connection.Name} was not heard of for {now - connection.LastHeard} ms.";
                }
                else if (now - connection.LastSent >= Math.Min((timeout / 3) - Math.Min(timeout / 20, 1_000), MaxPingIntervalMilliseconds))
                {
                    int frame = connection.Out.BeginFrame();
                    new RequestHeader(Xids.Ping, OpCode.Ping).Write(connection.Out);
                    connection.Out.EndFrame(frame);
                    _pingsInFlight.Enqueue(now);
                    connection.ScheduleFlush();
                }
            }
            else if (!_outage && now - _disconnectedAt > timeout)
            {
                // No server can say so now, but none kept the session alive either: who waits should know.
                _outage = true;
                foreach (Request request in _waiting)
                    failed.Add((request, OutageErrorFor(request)));
                _waiting.Clear();
            }

            if (_options.RequestTimeout is { } limit)
            {
                foreach (Request request in _inFlight)
                {
                    // What is written but not sent goes to the server as soon as it takes more.
                    if (request.Deadline <= now && !request.IsCompleted)
                        failed.Add((request, new RequestTimeoutException(request.Type, request.Path, _connection?.Name, limit, outcomeUnknown: !request.Repeatable)));
                }

                foreach (Request request in _waiting)
                {
                    if (request.Deadline <= now && !request.IsCompleted)
                        failed.Add((request, new RequestTimeoutException(request.Type, request.Path, _connection?.Name, limit, outcomeUnknown: false)));
                }
            }

            // Under the lock: what is said not to be carried out must not be written meanwhile.
            foreach ((Request request, Exception failure) in failed)
                request.Fail(failure);
        }

        dead?.Abort(new TimeoutException(deadFor));
        _client.RaiseMoved();
    }

    /// <summary>While a server that serves reads only is all there is, asks the others, ever more rarely, whether one serves writes again.</summary>
    private async Task FindWritableAsync(Connection readOnly)
    {
        var pause = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(60));
        try
        {
            while (true)
            {
                await Task.Delay(pause.Next(), _stopping).ConfigureAwait(false);
                if (Volatile.Read(ref _connection) != readOnly)
                    return;
                ServerName server = _ring.Next();
                try
                {
                    foreach (IPEndPoint address in await _ring.ResolveAsync(server, _stopping).ConfigureAwait(false))
                    {
                        if (await ServesWritesAsync(address).ConfigureAwait(false))
                        {
                            _preferred = (server, address);
                            readOnly.Abort(new IOException($"{address} serves writes again; the session moves there."));
                            return;
                        }
                    }
                }
                catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !_stopping.IsCancellationRequested))
                {
                    _logger.LogDebug(e, "Asked {Server} whether it serves writes.", server);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The client is closed.
        }
    }

    private async Task<bool> ServesWritesAsync(IPEndPoint address)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
        limit.CancelAfter(TimeSpan.FromSeconds(1));
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address, limit.Token).ConfigureAwait(false);
        await socket.SendAsync("isro"u8.ToArray(), SocketFlags.None, limit.Token).ConfigureAwait(false);
        byte[] answer = new byte[2];
        int length = 0;
        while (length < answer.Length && await socket.ReceiveAsync(answer.AsMemory(length), SocketFlags.None, limit.Token).ConfigureAwait(false) is > 0 and int received)
            length += received;
        return answer.AsSpan(0, length).SequenceEqual("rw"u8);
    }

    /// <summary>Credentials and whoever waits for their first answer.</summary>
    private sealed class AuthEntry(Credential credential)
    {
        internal Credential Credential { get; } = credential;

        internal TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal void Fail(Exception exception)
        {
            if (Done.TrySetException(exception))
            {
                // Nobody need be waiting: the session's state says it as well.
                _ = Done.Task.Exception;
            }
        }
    }
}
