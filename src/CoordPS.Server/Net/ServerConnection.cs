using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using CoordPS.Protocol;
using CoordPS.Server.Admin;
using CoordPS.Server.Hosting;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server;

/// <summary>
/// A client's connection. Its receive loop parses frames, answers reads on the spot and hands writes to the pipeline; a request
/// behind a write of the same session waits for it, so that a session's answers come in the order of its requests.
/// </summary>
#pragma warning disable CA1001 // Its buffers may still be on their way to the socket when it closes; the collector takes them.
internal sealed class ServerConnection : IWatcher
#pragma warning restore CA1001
{
    private const int SmallBuffer = 2048;
    private const int LargeBuffer = 64 * 1024;

    /// <summary>The largest output buffer that a connection at rest keeps.</summary>
    private const int KeptOutput = 16 * 1024;

    /// <summary>Output beyond this makes the connection's own reads wait until the client has taken it.</summary>
    private const int OutputHighWater = 1 << 20;

    /// <summary>Output beyond this, which only events to a client that reads nothing can reach, closes the connection.</summary>
    private const int OutputLimit = 64 << 20;

    /// <summary>Reads that may wait behind a write of their session before no more is read from the client.</summary>
    private const int MaxWaitingReads = 256;

    private readonly LinkSocket _socket;
    private readonly ZooKeeperServer _server;
    private readonly ILogger _logger;
    private readonly Lock _orderLock = new();
    private readonly Queue<Waiting> _waiting = new();
    private readonly List<Request> _submitting = [];
    private JuteWriter _output = new(1024);
    private JuteWriter _sending = new(1024);
    private byte[] _input = ArrayPool<byte>.Shared.Rent(SmallBuffer);
    private int _inputLength;
    private int _outstanding;
    private int _waitingReads;
    private bool _isSending;
    private bool _closeWhenSent;
    private int _closed;
    private volatile bool _connected;
    private bool _oldClient;
    private bool _isReadOnly;
    private Session? _session;
    private TaskCompletionSource? _resume;

    public ServerConnection(Socket socket, ZooKeeperServer server, ILogger logger)
    {
        Remote = (IPEndPoint)socket.RemoteEndPoint!;
        _socket = server.Host.AcceptClient(socket);
        _server = server;
        _logger = logger;
        Identities = [AuthenticationProviders.IpIdentity(Remote.Address)];
        Stats = new ConnectionStats();
    }

    public IPEndPoint Remote { get; }

    public ConnectionStats Stats { get; }

    /// <summary>Guards <see cref="Output"/>. The tree's gate may be held when it is taken, never the other way around.</summary>
    public Lock OutputLock { get; } = new();

    /// <summary>Replies and events not yet sent. Under <see cref="OutputLock"/>.</summary>
    public JuteWriter Output => _output;

    public IReadOnlyList<AclId> Identities { get; private set; }

    public long SessionId { get; private set; }

    public int SessionTimeout { get; private set; }

    public int WatchCount { get; set; }

    /// <summary>Whether the applying loop will flush it; that loop's own.</summary>
    public bool IsFlushPlanned { get; set; }

    /// <summary>Requests received and not yet answered.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>Whether nothing is read from it for the time being.</summary>
    public bool IsPaused => Volatile.Read(ref _resume) is not null;

    public bool IsClosed => Volatile.Read(ref _closed) != 0;

    public DateTimeOffset Established { get; } = DateTimeOffset.UtcNow;

    /// <summary>Serves the client until it leaves or breaks the protocol.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!IsClosed)
            {
                int received = await _socket.ReceiveAsync(_input.AsMemory(_inputLength), cancellationToken)
                    .ConfigureAwait(false);
                if (received == 0)
                    break;
                _inputLength += received;
                bool more = await ProcessInputAsync(cancellationToken).ConfigureAwait(false);
                Flush();
                if (!more)
                {
                    await PauseAsync(() => !_isSending || IsClosed, cancellationToken).ConfigureAwait(false);
                    break;
                }

                await WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (SocketException e)
        {
            _logger.LogDebug("Connection of {Remote} (session 0x{Session:x}) broke: {Error}.", Remote, SessionId, e.SocketErrorCode);
        }
        catch (JuteException e)
        {
            _logger.LogWarning("Closing the connection of {Remote} (session 0x{Session:x}): {Reason}", Remote, SessionId, e.Message);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Closed by this server: whoever closed it said why.
        }
#pragma warning disable CA1031 // A request that trips over a defect costs its connection and nothing else.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _server.Metrics.UnrecoverableErrorCount.Add();
            _logger.LogError(e, "Closing the connection of {Remote} (session 0x{Session:x}): serving it failed.", Remote, SessionId);
        }
        finally
        {
            Finish();
        }
    }

    /// <inheritdoc/>
    public void Process(WatchEventType type, string path, IReadOnlyList<Acl>? acl = null)
    {
        if (acl is not null && !_server.Config.SkipAcl && !AuthenticationProviders.Allows(acl, Permissions.Read, Identities))
            return;
        lock (OutputLock)
        {
            if (IsClosed)
                return;
            int frame = _output.BeginFrame();
            new ReplyHeader(Xids.Notification, -1, ErrorCode.Ok).Write(_output);
            new WatcherEvent(type, KeeperState.SyncConnected, path).Write(_output);
            _output.EndFrame(frame);
            if (_output.Length > OutputLimit)
            {
                _logger.LogWarning("Closing the connection of {Remote} (session 0x{Session:x}): it takes none of its events.", Remote, SessionId);
                Close();
                return;
            }
        }

        Stats.CountSent();
        _server.Metrics.PacketsSent.Add();
        _server.FlushLater(this);
    }

    /// <summary>Answers the session's request to open: the session exists now.</summary>
    public void CompleteSession(bool valid)
    {
        lock (OutputLock)
        {
            int frame = _output.BeginFrame();
            new ConnectResponse(
                0, valid ? SessionTimeout : 0, valid ? SessionId : 0,
                valid ? SessionPassword.Generate(SessionId) : new byte[SessionPassword.Length],
                _oldClient ? null : _isReadOnly).Write(_output);
            _output.EndFrame(frame);
        }

        Stats.CountSent();
        if (!valid)
        {
            _logger.LogInformation("Session 0x{Session:x} asked for by {Remote} is unknown or has expired.", SessionId, Remote);
            CloseWhenSent();
        }
    }

    /// <summary>Answers a client that wants to go on with its session, as the leader says.</summary>
    public void CompleteRevalidation(bool valid)
    {
        if (valid)
        {
            // The transaction that created it may still be on its way to this member.
            _session = _server.Sessions.Track(SessionId, SessionTimeout);
            _server.Metrics.ConnectionRevalidateCount.Add();
        }

        CompleteSession(valid);
        _connected = valid;
        _server.FlushLater(this);
        Resume();
    }

    /// <summary>Writes the reply to a request that went through the pipeline, and answers what waited behind it.</summary>
    public void Complete(Request request, in TxnResult result)
    {
        try
        {
            Answer(request, result);
        }
#pragma warning disable CA1031 // The transaction stands; a reply that trips over a defect costs its connection and nothing else.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed(e, request.Type);
        }
    }

    private void Answer(Request request, in TxnResult result)
    {
        if (request.Type == OpCode.CreateSession)
        {
            _session = _server.Sessions.Find(SessionId);
            CompleteSession(valid: true);
            _connected = true;
            Finished(request.ReceivedAt, request.Cxid, request.Type, request.Header.Zxid);
        }
        else if (request.Error == ErrorCode.SessionMoved)
        {
            // As Apache does: the client has a connection elsewhere, and must not go on with this one.
            _logger.LogInformation("Closing the connection of {Remote}: session 0x{Session:x} has moved to another member.", Remote, SessionId);
            Close();
            return;
        }
        else
        {
            lock (OutputLock)
                WriteReply(request, result);
            Finished(request.ReceivedAt, request.Cxid, request.Type, request.Header.Zxid);
            if (request.Type == OpCode.CloseSession)
                CloseWhenSent();
        }

        lock (_orderLock)
        {
            // The request itself is at the head: a session's transactions are applied in the order it sent them.
            if (_waiting.TryPeek(out Waiting head) && ReferenceEquals(head.Request, request))
                _waiting.Dequeue();
        }

        RunWaiting();
        _server.FlushLater(this);
        if (_resume is not null)
            Resume();
    }

    /// <summary>Sends what there is to send, unless a send is under way, which then goes on with it.</summary>
    public void Flush()
    {
        lock (OutputLock)
        {
            if (_isSending || _output.Length == 0)
            {
                if (_closeWhenSent && !_isSending)
                    Close();
                return;
            }

            _isSending = true;
            (_output, _sending) = (_sending, _output);
        }

        ValueTask<int> send;
        do
        {
            try
            {
                send = _socket.SendAsync(_sending.WrittenMemory);
            }
            catch (ObjectDisposedException)
            {
                StopSending();
                return;
            }

            // Mostly the socket takes all at once and nothing has to wait.
            if (!send.IsCompletedSuccessfully)
            {
                _ = SendRestAsync(send);
                return;
            }

            int sent = send.Result;
            if (sent < _sending.Length)
            {
                _ = SendRestAsync(new ValueTask<int>(sent));
                return;
            }
        }
        while (!EndSend());
    }

    /// <summary>Closes the connection once everything written has been sent.</summary>
    public void CloseWhenSent()
    {
        lock (OutputLock)
            _closeWhenSent = true;
        _server.FlushLater(this);
    }

    /// <summary>Closes the connection now. The session goes on until it expires.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The peer was faster.
        }

        _socket.Dispose();
        Resume();
    }

    /// <summary>Counts the size of a reply among the server's.</summary>
    public void NoteReplySize(int bytes) => _server.Metrics.RecordResponseSize(bytes);

    /// <summary>Lets the receive loop go on when it waits.</summary>
    public void Resume() => Interlocked.Exchange(ref _resume, null)?.TrySetResult();

    private void Finish()
    {
        Close();
        _server.Disconnected(this);
        byte[] input = _input;
        _input = [];
        ArrayPool<byte>.Shared.Return(input);
    }

    /// <summary>Handles the whole frames received; false to close the connection after what was answered is sent.</summary>
    private async ValueTask<bool> ProcessInputAsync(CancellationToken cancellationToken)
    {
        int consumed = 0;
        while (true)
        {
            if (!_connected)
            {
                if (_inputLength - consumed < 4)
                    break;
                int first = BinaryPrimitives.ReadInt32BigEndian(_input.AsSpan(consumed));
                if (Stats.Received == 0 && FourLetterWords.IsWord(first))
                {
                    Stats.CountReceived();
                    _server.Metrics.PacketsReceived.Add();
                    await SendAsync(_server.Words.Answer(first), cancellationToken).ConfigureAwait(false);
                    return false;
                }

                if (!TryTakeFrame(ref consumed, out int start, out int length))
                    break;
                Stats.CountReceived();
                if (!Connect(_input.AsSpan(start, length)))
                    return false;
                if (!_connected)
                {
                    // Nothing that follows may be handled before the session exists.
                    await PauseAsync(() => _connected || IsClosed, cancellationToken).ConfigureAwait(false);
                    if (IsClosed)
                        return false;
                }

                continue;
            }

            if (!TryTakeFrame(ref consumed, out int at, out int size))
                break;
            if (!ProcessFrame(_input.AsSpan(at, size)))
                return false;
            if (_output.Length > OutputHighWater)
            {
                Submit();
                Flush();
                await PauseAsync(() => _output.Length <= OutputHighWater || IsClosed, cancellationToken).ConfigureAwait(false);
            }

            // Reads behind a write are all answered when it is done, whatever their answers' size.
            if (Volatile.Read(ref _waitingReads) >= MaxWaitingReads)
            {
                Submit();
                Flush();
                await PauseAsync(() => Volatile.Read(ref _waitingReads) < MaxWaitingReads || IsClosed, cancellationToken).ConfigureAwait(false);
            }
        }

        Submit();
        Compact(consumed);
        return true;
    }

    private bool TryTakeFrame(ref int consumed, out int start, out int length)
    {
        start = consumed + 4;
        length = 0;
        int available = _inputLength - consumed;
        if (available < 4)
            return false;
        length = BinaryPrimitives.ReadInt32BigEndian(_input.AsSpan(consumed));
        if (length < 0 || length > _server.Config.JuteMaxBuffer)
        {
            _server.Metrics.LargeRequestsRejected.Add();
            throw new JuteException(
                $"A frame of {length} bytes was announced; frames are 0 to {_server.Config.JuteMaxBuffer} bytes (jute.maxbuffer).");
        }

        if (available - 4 < length)
            return false;
        consumed = start + length;
        return true;
    }

    /// <summary>Moves what is left to the front and fits the buffer to it: large for a frame or a client that fills it, small at rest.</summary>
    private void Compact(int consumed)
    {
        int left = _inputLength - consumed;
        int wanted = _input.Length;
        if (left >= 4)
            // By what has come as well as by what was announced: an announcement alone costs the client nothing.
            wanted = Math.Max(wanted, Math.Min(BinaryPrimitives.ReadInt32BigEndian(_input.AsSpan(consumed)) + 4, Math.Max(left * 4, 4 * SmallBuffer)));
        else if (_inputLength == _input.Length)
            wanted = Math.Max(wanted, LargeBuffer);
        else if (_inputLength < SmallBuffer / 2)
            wanted = SmallBuffer;
        if (wanted > _input.Length || wanted < _input.Length / 2)
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(wanted);
            _input.AsSpan(consumed, left).CopyTo(buffer);
            ArrayPool<byte>.Shared.Return(_input);
            _input = buffer;
        }
        else if (consumed > 0 && left > 0)
        {
            _input.AsSpan(consumed, left).CopyTo(_input);
        }

        _inputLength = left;
    }

    private bool Connect(ReadOnlySpan<byte> frame)
    {
        var reader = new JuteReader(frame);
        var connect = ConnectRequest.Read(ref reader);
        _server.Metrics.ConnectionRequestCount.Add();
        _oldClient = connect.ReadOnly is null;
        if (!_server.IsServing && !(_server.IsReadOnly && connect.ReadOnly == true))
        {
            _logger.LogDebug("Refusing the session of {Remote}: this member has no leader, or is one without a quorum.", Remote);
            return false;
        }

        if (connect.LastZxidSeen > _server.LastZxidToShow)
        {
            _logger.LogInformation(
                "Refusing the session of {Remote}: it has seen zxid 0x{Seen:x} and this server is at 0x{Zxid:x}; it must try another.",
                Remote, connect.LastZxidSeen, _server.LastProcessedZxid);
            return false;
        }

        SessionTimeout = Math.Clamp(connect.TimeoutMilliseconds, _server.Config.MinSessionTimeout, _server.Config.MaxSessionTimeout);
        if (!_server.IsServing)
            return ConnectReadOnly(connect);
        if (connect.SessionId == 0)
        {
            SessionId = _server.Sessions.NewId();
            _server.Register(this);
            if (_server.LocalSessions is { } local)
            {
                _session = local.Track(SessionId, SessionTimeout);
                _connected = true;
                CompleteSession(valid: true);
                return true;
            }

            var request = new Request(this, SessionId, 0, OpCode.CreateSession)
            {
                Record = new CreateSessionTxn(SessionTimeout),
                ReceivedAt = Stopwatch.GetTimestamp(),
            };
            Enqueue(request);
            Submit();
            return true;
        }

        SessionId = connect.SessionId;
        bool valid = SessionPassword.IsValid(connect.SessionId, connect.Password);
        if (!valid)
            _logger.LogWarning("{Remote} gave a wrong password for session 0x{Session:x}.", Remote, SessionId);
        if (valid)
        {
            // The client moved here: its old connection, if it still stands, is not the session's any more. Registered before the
            // session is looked up, so that a session that ends now takes this connection with it.
            _server.Register(this);
            if (_server.LocalSessions is { } local && local.Touch(SessionId, SessionTimeout))
            {
                _session = local.Find(SessionId);
                _server.Metrics.ConnectionRevalidateCount.Add();
                _connected = true;
                CompleteSession(valid: true);
                return true;
            }

            if (_server.IsDistributed)
            {
                _submitting.Add(new Request(this, SessionId, 0, OpCode.CreateSession) { IsRevalidation = true });
                Submit();
                return true;
            }

            _session = _server.Sessions.Find(SessionId);
            valid = _session is not null && _server.Sessions.Touch(SessionId, SessionTimeout);
        }

        if (valid)
        {
            _server.Metrics.ConnectionRevalidateCount.Add();
            _connected = true;
        }

        CompleteSession(valid);
        return valid;
    }

    /// <summary>
    /// Lets a client read while there is no leader. A session it has goes on when there is one again; one that begins here is
    /// nobody's, and does not.
    /// </summary>
    private bool ConnectReadOnly(in ConnectRequest connect)
    {
        SessionId = connect.SessionId == 0 ? _server.Sessions.NewId() : connect.SessionId;
        bool valid = connect.SessionId == 0 || SessionPassword.IsValid(connect.SessionId, connect.Password);
        if (valid)
        {
            _server.Register(this);
            _session = new Session(SessionId, SessionTimeout);
            _isReadOnly = true;
            _connected = true;
        }

        CompleteSession(valid);
        // The role may have changed in between, and closed the connections that it found.
        return valid && _server.IsReadOnly;
    }

    /// <summary>Refuses a write, or ends the session, while there is no leader.</summary>
    private void AnswerReadOnly(int xid, OpCode type)
    {
        lock (OutputLock)
        {
            int frame = _output.BeginFrame();
            new ReplyHeader(xid, _server.LastProcessedZxid, type == OpCode.CloseSession ? ErrorCode.Ok : ErrorCode.NotReadOnly).Write(_output);
            _output.EndFrame(frame);
        }

        Stats.CountSent();
        if (type == OpCode.CloseSession)
            CloseWhenSent();
    }

    private bool ProcessFrame(ReadOnlySpan<byte> frame)
    {
        Stats.CountReceived();
        _server.Metrics.PacketsReceived.Add();
        _server.Metrics.BytesReceivedCount.Add(frame.Length + 4);
        var reader = new JuteReader(frame);
        int xid = reader.ReadInt32();
        var type = (OpCode)reader.ReadInt32();
        ReadOnlySpan<byte> payload = reader.RemainingSpan;
        if (type == OpCode.Auth)
            return Authenticate(xid, payload);
        if (_session is not { IsClosing: false } session)
        {
            // The session is closing or gone; its close closes this connection.
            _logger.LogDebug("Dropping {Type} of session 0x{Session:x}, which is closing.", type, SessionId);
            return true;
        }

        session.LastHeard = Environment.TickCount64;
        if (_isReadOnly && IsWrite(type))
        {
            AnswerReadOnly(xid, type);
            return true;
        }

        long now = Stopwatch.GetTimestamp();
        Interlocked.Increment(ref _outstanding);
        if (!IsWrite(type))
        {
            lock (_orderLock)
            {
                if (_waiting.Count > 0)
                {
                    _waiting.Enqueue(new Waiting(null, xid, type, payload.ToArray(), now));
                    _waitingReads++;
                    return true;
                }
            }

            Answer(xid, type, payload, now);
            return true;
        }

        Enqueue(new Request(this, SessionId, xid, type)
        {
            Record = ReadRecord(type, payload),
            Payload = _server.IsDistributed ? payload.ToArray() : null,
            Identities = Identities,
            ReceivedAt = now,
        });
        return true;
    }

    private static bool IsWrite(OpCode type) => type is
        OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl or OpCode.Delete or OpCode.SetData or OpCode.SetAcl
        or OpCode.Multi or OpCode.Check or OpCode.Reconfig or OpCode.Sync or OpCode.CloseSession;

    /// <summary>The request's record; null when the bytes are none, which its reply says in its turn.</summary>
    private object? ReadRecord(OpCode type, ReadOnlySpan<byte> payload)
    {
        try
        {
            return RequestRecords.Read(type, payload);
        }
        catch (JuteException e)
        {
            _logger.LogWarning("{Type} of session 0x{Session:x} from {Remote} can't be read: {Reason}", type, SessionId, Remote, e.Message);
            return null;
        }
    }

    private void Enqueue(Request request)
    {
        if (request.Type == OpCode.CreateSession)
            Interlocked.Increment(ref _outstanding);
        lock (_orderLock)
            _waiting.Enqueue(new Waiting(request, request.Cxid, request.Type, null, request.ReceivedAt));
        _submitting.Add(request);
    }

    private void Submit()
    {
        if (_submitting.Count == 0)
            return;
        if (!_server.Submit(_submitting))
            Close();
        _submitting.Clear();
    }

    /// <summary>Answers what waits at the head of the queue and is no write.</summary>
    private void RunWaiting()
    {
        while (true)
        {
            Waiting next;
            lock (_orderLock)
            {
                if (!_waiting.TryPeek(out next) || next.Request is not null)
                    return;
            }

            // It stays at the head while it is answered, so that nothing overtakes it.
            try
            {
                Answer(next.Xid, next.Type, next.Payload, next.ReceivedAt);
            }
#pragma warning disable CA1031 // This may be the applying loop; a request that trips over a defect costs its connection and nothing else.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Failed(e, next.Type);
            }

            lock (_orderLock)
            {
                _waiting.Dequeue();
                _waitingReads--;
            }
        }
    }

    private void Answer(int xid, OpCode type, ReadOnlySpan<byte> payload, long receivedAt)
    {
        if (ReadRequestProcessor.IsRead(type))
        {
            _server.Reads.Process(this, xid, type, payload);
        }
        else
        {
            lock (OutputLock)
            {
                int frame = _output.BeginFrame();
                new ReplyHeader(xid, _server.LastProcessedZxid, type == OpCode.Sasl ? ErrorCode.Ok : ErrorCode.Unimplemented).Write(_output);
                // A server without a SASL configuration answers with no token, as Apache's does.
                if (type == OpCode.Sasl)
                    _output.WriteInt32(-1);
                _output.EndFrame(frame);
            }

            // As Apache does: what a client that speaks another language sends next can't be trusted.
            if (type != OpCode.Sasl)
                CloseWhenSent();
        }

        Finished(receivedAt, xid, type, _server.LastProcessedZxid);
    }

    private void Failed(Exception e, OpCode type)
    {
        _server.Metrics.UnrecoverableErrorCount.Add();
        _logger.LogError(e, "Closing the connection of {Remote} (session 0x{Session:x}): answering {Type} failed.", Remote, SessionId, type);
        Close();
    }

    private void Finished(long receivedAt, int xid, OpCode type, long zxid)
    {
        Interlocked.Decrement(ref _outstanding);
        long milliseconds = (long)Stopwatch.GetElapsedTime(receivedAt).TotalMilliseconds;
        Stats.Answered(xid, type, zxid, milliseconds);
        ServerMetrics metrics = _server.Metrics;
        metrics.PacketsSent.Add();
        (IsWrite(type) ? metrics.UpdateLatency : metrics.ReadLatency).Record(milliseconds);
    }

    private void WriteReply(Request request, in TxnResult result)
    {
        int frame = _output.BeginFrame();
        ErrorCode error = request.Type == OpCode.Multi && request.Txn is DecodedMulti ? ErrorCode.Ok
            : request.Error != ErrorCode.Ok ? request.Error : result.Error;
        long zxid = request.IsTxn ? request.Header.Zxid : _server.LastProcessedZxid;
        new ReplyHeader(request.Cxid, zxid, error).Write(_output);
        if (error == ErrorCode.Ok)
        {
            switch (request.Type)
            {
                case OpCode.Create:
                    _output.WriteString(result.Path);
                    break;
                case OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl:
                    _output.WriteString(result.Path);
                    result.Stat!.Value.Write(_output);
                    break;
                case OpCode.SetData or OpCode.SetAcl:
                    result.Stat!.Value.Write(_output);
                    break;
                case OpCode.Reconfig:
                    new GetDataResponse(((SetDataTxn)request.Txn!).Data, result.Stat!.Value).Write(_output);
                    break;
                case OpCode.Sync:
                    _output.WriteString(((PathRequest)request.Record!).Path);
                    break;
                case OpCode.Multi:
                    WriteMulti(result.Multi!);
                    break;
            }
        }

        _output.EndFrame(frame);
        NoteReplySize(_output.Length - frame);
    }

    private void WriteMulti(TxnResult[] results)
    {
        foreach (TxnResult result in results)
        {
            switch (result.Type)
            {
                case OpCode.Create:
                    new MultiHeader(OpCode.Create, false, ErrorCode.Ok).Write(_output);
                    _output.WriteString(result.Path);
                    break;
                case OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl:
                    new MultiHeader(OpCode.Create2, false, ErrorCode.Ok).Write(_output);
                    _output.WriteString(result.Path);
                    result.Stat!.Value.Write(_output);
                    break;
                case OpCode.SetData:
                    new MultiHeader(OpCode.SetData, false, ErrorCode.Ok).Write(_output);
                    result.Stat!.Value.Write(_output);
                    break;
                case OpCode.Error:
                    new MultiHeader(OpCode.Error, false, result.Error).Write(_output);
                    _output.WriteInt32((int)result.Error);
                    break;
                default:
                    new MultiHeader(result.Type, false, ErrorCode.Ok).Write(_output);
                    break;
            }
        }

        new MultiHeader(OpCode.Error, true, (ErrorCode)(-1)).Write(_output);
    }

    private bool Authenticate(int xid, ReadOnlySpan<byte> payload)
    {
        var reader = new JuteReader(payload);
        var packet = AuthPacket.Read(ref reader);
        IReadOnlyList<AclId>? ids = _server.Authentication.Authenticate(packet.Scheme, packet.Auth, Remote.Address);
        if (ids is not null)
            Identities = [.. Identities.Union(ids)];
        else
            _server.Metrics.AuthFailedCount.Add();
        if (ids is null)
            _logger.LogWarning("Authentication of {Remote} (session 0x{Session:x}) by scheme {Scheme} failed.", Remote, SessionId, packet.Scheme);
        lock (OutputLock)
        {
            int frame = _output.BeginFrame();
            new ReplyHeader(xid, 0, ids is null ? ErrorCode.AuthFailed : ErrorCode.Ok).Write(_output);
            _output.EndFrame(frame);
        }

        Stats.CountSent();
        if (ids is not null)
            return true;
        CloseWhenSent();
        return false;
    }

    private async Task SendAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        for (int sent = 0; sent < bytes.Length;)
            sent += await _socket.SendAsync(bytes.AsMemory(sent), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops reading from a client that has requests under way while the server has more than it should hold.</summary>
    private ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        if (!_server.IsOverloaded || Outstanding == 0)
            return default;
        _server.Metrics.RequestThrottleWaitCount.Add();
        return PauseAsync(() => !_server.IsOverloaded || Outstanding == 0 || IsClosed, cancellationToken);
    }

    /// <summary>Waits until the condition holds; whoever may make it hold calls <see cref="Resume"/>.</summary>
    private async ValueTask PauseAsync(Func<bool> until, CancellationToken cancellationToken)
    {
        while (!until())
        {
            var resume = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            // A full fence: whoever changes the condition looks for a waiter afterwards, and one of the two must see the other.
            Interlocked.Exchange(ref _resume, resume);
            if (until())
                return;
            await resume.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SendRestAsync(ValueTask<int> send)
    {
        try
        {
            int sent = await send.ConfigureAwait(false);
            do
            {
                while (sent < _sending.Length)
                    sent += await _socket.SendAsync(_sending.WrittenMemory[sent..]).ConfigureAwait(false);
                sent = 0;
            }
            while (!EndSend());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _logger.LogDebug("Sending to {Remote} (session 0x{Session:x}) failed: {Error}", Remote, SessionId, e.Message);
            StopSending();
        }
    }

    /// <summary>Ends a send; false when there is more to send, which is then what is being sent.</summary>
    private bool EndSend()
    {
        lock (OutputLock)
        {
            _sending.Clear(KeptOutput);
            if (_output.Length > 0)
            {
                (_output, _sending) = (_sending, _output);
                return false;
            }

            _isSending = false;
            if (_closeWhenSent)
                Close();
        }

        Resume();
        return true;
    }

    private void StopSending()
    {
        lock (OutputLock)
        {
            _sending.Clear();
            _output.Clear();
            _isSending = false;
        }

        Close();
    }

    private readonly record struct Waiting(Request? Request, int Xid, OpCode Type, byte[]? Payload, long ReceivedAt);
}
