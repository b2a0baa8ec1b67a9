using System.Buffers.Binary;
using CoordPS.Protocol;
using CoordPS.Zab;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Quorum;

/// <summary>
/// The way of a request on a member. On the leader: prepared, proposed, applied and answered when committed. On a learner: forwarded,
/// and answered when the transaction that it became is committed. All of it on the member's loop.
/// </summary>
internal sealed class MemberPipeline : IDisposable
{
    private const int RequestHeaderSize = 16;

    private readonly ZabPeer _peer;
    private readonly ZooKeeperServer _server;
    private readonly ServerConfig _config;
    private readonly Database _database;
    private readonly ILogger _logger;
    private readonly Queue<Request> _proposed = new();
    private readonly Dictionary<long, Queue<Request>> _forwarded = [];
    private readonly Queue<Request> _forwardedSyncs = new();
    private readonly Dictionary<long, Request> _syncs = [];
    private readonly Dictionary<long, Queue<Request>> _revalidations = [];
    private OutstandingChanges _changes;
    private PrepRequestProcessor _prep;
    private volatile FinalRequestProcessor _final;
    private volatile int _service = 1;
    private volatile bool _isServing;
    private bool _leads;
    private int _inProcess;
    private long _syncToken;
    private long _lastTouches;

    public MemberPipeline(ZabPeer peer, ZooKeeperServer server, ServerConfig config, Database database, ILogger logger)
    {
        _peer = peer;
        _server = server;
        _config = config;
        _database = database;
        _logger = logger;
        (_changes, _prep, _final) = Create();
        server.Sessions.Expires = false;
    }

    /// <summary>Requests of this member's clients that are not answered.</summary>
    public int InProcess => Volatile.Read(ref _inProcess);

    public void UseThisThread() => _final.UseThisThread();

    public void FlushLater(ServerConnection connection) => _final.FlushLater(connection);

    /// <summary>Counts requests that are submitted; false when none are taken.</summary>
    public bool TryCount(List<Request> requests)
    {
        int service = _service;
        if (!_isServing)
            return false;
        foreach (Request request in requests)
            request.Service = service;
        Interlocked.Add(ref _inProcess, requests.Count);
        return true;
    }

    public void Uncount(int count) => Interlocked.Add(ref _inProcess, -count);

    /// <summary>Sends what was answered.</summary>
    public void EndBatch() => _final.EndBatch();

    /// <summary>Goes on with the tree and the sessions that a snapshot brought.</summary>
    public void Restore()
    {
        _final.EndBatch();
        _prep.Dispose();
        (_changes, _prep, _final) = Create();
        _final.UseThisThread();
        _server.RestartReads();
    }

    public void ChangeRole(ZabRole role)
    {
        if (_isServing)
            EndService();
        if (role.IsServing)
            BeginService(role);
    }

    /// <summary>Takes no more requests, and drops those not answered with the connections they came by; their clients try another member.</summary>
    public void EndService()
    {
        if (!_isServing)
            return;
        _isServing = false;
        _service++;
        _leads = false;
        // What was answered was done: a client that removed this member, or changed its role, is to know.
        _final.EndBatch();
        _server.EndService();
        _server.Sessions.Expires = false;
        foreach (Request request in _proposed.Concat(_forwarded.Values.SelectMany(static q => q)).Concat(_forwardedSyncs)
            .Concat(_syncs.Values).Concat(_revalidations.Values.SelectMany(static q => q)))
            Finish(request);
        _proposed.Clear();
        _forwarded.Clear();
        _forwardedSyncs.Clear();
        _syncs.Clear();
        _revalidations.Clear();
        _changes.Clear();
    }

    /// <summary>Proposes or forwards a request of this member.</summary>
    public void Process(Request request)
    {
        if (request.Service != _service || !_isServing)
        {
            Finish(request);
        }
        else if (!_peer.Role.IsServing || _leads != (_peer.Role.State == ServerState.Leading))
        {
            // The role was lost with the request before; its clients are about to be told.
            request.Connection?.Close();
            Finish(request);
        }
        else if (_server.LocalSessions?.Find(request.SessionId) is { } local && CompleteLocally(request, local))
        {
            // The others have nothing to do with it.
        }
        else if (_leads)
            Lead(request);
        else
            Forward(request);
    }

    public void Handle(in ZabEvent e)
    {
        switch (e.Kind)
        {
            case ZabEventKind.Deliver:
                Deliver(e.Zxid, e.Data!);
                break;
            case ZabEventKind.RequestReceived:
                ReceiveRequest(e);
                break;
            case ZabEventKind.RevalidateReceived:
                Revalidate(e);
                break;
            case ZabEventKind.SessionsTouched:
                for (int at = 0; at + 12 <= e.Data!.Length; at += 12)
                    _server.Sessions.Touch(BinaryPrimitives.ReadInt64BigEndian(e.Data.AsSpan(at)), BinaryPrimitives.ReadInt32BigEndian(e.Data.AsSpan(at + 8)));
                break;
            case ZabEventKind.SyncCompleted:
                if (_syncs.Remove(e.Zxid, out Request? sync))
                    Complete(sync);
                break;
            case ZabEventKind.SyncReplied:
                if (_forwardedSyncs.TryDequeue(out sync))
                    Complete(sync);
                break;
            case ZabEventKind.SessionRevalidated:
                CompleteRevalidation(e.Data!);
                break;
            case ZabEventKind.PingReceived:
                _peer.AnswerPing(e.Zxid, CollectTouches());
                break;
        }
    }

    public void Dispose() => _prep.Dispose();

    private (OutstandingChanges, PrepRequestProcessor, FinalRequestProcessor) Create()
    {
        var changes = new OutstandingChanges(_database.Tree);
        return (
            changes, new PrepRequestProcessor(
                _database.Tree, changes, _server.Sessions, _server.LocalSessions, _config, new Reconfiguration(_peer, _config, _logger), _logger),
            new FinalRequestProcessor(_database.Tree, changes, _database.Sessions, _server.SessionClosed));
    }

    private void BeginService(ZabRole role)
    {
        _leads = role.State == ServerState.Leading;
        // Every session gets its whole timeout again: its client may have been looking for a member as long as there was no leader.
        _server.Sessions.Replace(_database.Sessions.All);
        _server.Sessions.Expires = _leads;
        _lastTouches = Environment.TickCount64;
        _isServing = true;
        _server.BeginService(role, serves: !_leads || _config.LeaderServes);
    }

    /// <summary>
    /// Does what a session that only this member knows takes before a request of it goes its way; true when it goes no further. It
    /// becomes everyone's with its first ephemeral, if it may.
    /// </summary>
    private bool CompleteLocally(Request request, Session session)
    {
        if (request.Type == OpCode.CloseSession)
        {
            // It ends when what it asked for before has ended, which is what a sync waits for.
            session.IsClosing = true;
            Synchronize(request, []);
            return true;
        }

        if (!CreatesEphemeral(request))
            return false;
        if (!_config.LocalSessionsUpgradingEnabled)
        {
            // The leader does not know the session, and refuses with another error.
            request.Error = ErrorCode.EphemeralOnLocalSession;
            return false;
        }

        _logger.LogInformation("Session 0x{Session:x} is not local any more: it creates an ephemeral.", session.Id);
        _server.Sessions.Adopt(session);
        _server.LocalSessions!.Remove(session.Id);
        var create = new CreateSessionTxn(session.TimeoutMilliseconds);
        var upgrade = new Request(null, session.Id, 0, OpCode.CreateSession) { Record = create };
        if (_leads)
        {
            Propose(upgrade);
            return false;
        }

        QueueOf(_forwarded, session.Id).Enqueue(upgrade);
        _peer.ForwardRequest(Forwarded(upgrade, Bytes(create)), request.Identities);
        return false;
    }

    private static bool CreatesEphemeral(Request request) => request.Record switch
    {
        CreateRequest create => create.Mode.IsEphemeral,
        MultiRequest multi => multi.Operations.Any(static o => o.Record is CreateRequest { Mode.IsEphemeral: true }),
        _ => false,
    };

    private void Synchronize(Request request, ReadOnlySpan<byte> payload)
    {
        if (_leads)
        {
            _syncs[++_syncToken] = request;
            _peer.Sync(0, _syncToken);
            return;
        }

        _forwardedSyncs.Enqueue(request);
        byte[] data = Forwarded(request, payload);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(12), (int)OpCode.Sync);
        _peer.ForwardRequest(data, request.Identities);
    }

    private static byte[] Forwarded(Request request, ReadOnlySpan<byte> payload)
    {
        byte[] data = new byte[RequestHeaderSize + payload.Length];
        BinaryPrimitives.WriteInt64BigEndian(data, request.SessionId);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(8), request.Cxid);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(12), (int)request.Type);
        payload.CopyTo(data.AsSpan(RequestHeaderSize));
        return data;
    }

    private void Lead(Request request)
    {
        if (request.IsRevalidation)
        {
            Session? session = _server.Sessions.Find(request.SessionId);
            bool valid = session is not null && _server.Sessions.Touch(request.SessionId, request.Connection!.SessionTimeout);
            if (valid)
                Interlocked.Exchange(ref session!.Owner, 0);
            request.Connection!.CompleteRevalidation(valid);
            Finish(request);
        }
        else if (request.Type == OpCode.Sync)
        {
            Synchronize(request, []);
        }
        else
        {
            Propose(request);
        }
    }

    private void Propose(Request request)
    {
        if (!_peer.CanPropose)
        {
            // It is about to hand over; the next leader serves whoever comes again.
            request.Connection?.Close();
            Finish(request);
            return;
        }

        _prep.SetZxid(_peer.NextZxid - 1);
        _prep.Prepare(request);
        byte[] payload = request.Entry.AsSpan(0, request.EntryLength).ToArray();
        request.ReleaseEntry();
        _proposed.Enqueue(request);
        _peer.Propose(payload);
    }

    private void Forward(Request request)
    {
        if (request.Connection is null)
        {
            // The server's own requests are the leader's business.
            Finish(request);
            return;
        }

        if (request.IsRevalidation)
        {
            byte[] session = new byte[12];
            BinaryPrimitives.WriteInt64BigEndian(session, request.SessionId);
            BinaryPrimitives.WriteInt32BigEndian(session.AsSpan(8), request.Connection.SessionTimeout);
            QueueOf(_revalidations, request.SessionId).Enqueue(request);
            _peer.Revalidate(session);
            return;
        }

        if (request.Type == OpCode.Sync)
        {
            Synchronize(request, request.Payload);
            return;
        }

        QueueOf(_forwarded, request.SessionId).Enqueue(request);
        _peer.ForwardRequest(Forwarded(request, request.Record is CreateSessionTxn create ? Bytes(create) : request.Payload), request.Identities);
    }

    private static byte[] Bytes(CreateSessionTxn create)
    {
        byte[] timeout = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(timeout, create.TimeoutMilliseconds);
        return timeout;
    }

    private void ReceiveRequest(in ZabEvent e)
    {
        if (e.Data is not { Length: >= RequestHeaderSize } data || _peer.Role is not { State: ServerState.Leading, IsServing: true })
            return;
        long session = BinaryPrimitives.ReadInt64BigEndian(data);
        int cxid = BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(8));
        var type = (OpCode)BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(12));
        if (type == OpCode.Sync)
        {
            _peer.Sync(e.Connection);
            return;
        }

        object? record = null;
        try
        {
            ReadOnlySpan<byte> payload = data.AsSpan(RequestHeaderSize);
            record = type == OpCode.CreateSession ? new CreateSessionTxn(BinaryPrimitives.ReadInt32BigEndian(payload)) : RequestRecords.Read(type, payload);
        }
        catch (Exception ex) when (ex is JuteException or ArgumentOutOfRangeException)
        {
            // The request fails, which its client is told by the transaction.
            _logger.LogWarning("{Type} of session 0x{Session:x} from member {Member} can't be read: {Reason}", type, session, e.Member, ex.Message);
        }

        Propose(new Request(null, session, cxid, type) { Record = record, Identities = e.AuthInfo ?? [], Owner = e.Connection });
    }

    private void Revalidate(in ZabEvent e)
    {
        if (e.Data is not { Length: >= 12 } data)
            return;
        long id = BinaryPrimitives.ReadInt64BigEndian(data);
        Session? session = _server.Sessions.Find(id);
        bool valid = session is not null && _server.Sessions.Touch(id, BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(8)));
        if (valid)
            Interlocked.Exchange(ref session!.Owner, e.Connection);
        byte[] answer = new byte[9];
        BinaryPrimitives.WriteInt64BigEndian(answer, id);
        answer[8] = valid ? (byte)1 : (byte)0;
        _peer.AnswerRevalidate(e.Connection, answer);
    }

    private void Deliver(long zxid, byte[] payload)
    {
        Request request;
        if (_proposed.TryPeek(out Request? own) && own.Header.Zxid == zxid)
        {
            request = _proposed.Dequeue();
        }
        else
        {
            (TxnHeader header, object? record) = Database.Decode(payload);
            request = TakeForwarded(header) ?? new Request(null, header.ClientId, header.Cxid, header.Type);
            request.Header = header;
            request.Txn = record;
            // Why the leader refuses what a local session may not do is known better here.
            if (record is ErrorTxn error && request.Error == ErrorCode.Ok)
                request.Error = error.Error;
            else if (record is not ErrorTxn)
                request.Error = ErrorCode.Ok;
        }

        // Before it is applied and answered: the connection looks it up.
        if (request.Txn is CreateSessionTxn create)
            _server.Sessions.Track(request.SessionId, create.TimeoutMilliseconds);
        _final.Process(request);
        Finish(request);
    }

    private Request? TakeForwarded(in TxnHeader header)
    {
        if (!_forwarded.TryGetValue(header.ClientId, out Queue<Request>? queue) || queue.Peek().Cxid != header.Cxid
            || (header.Type == OpCode.CloseSession && queue.Peek().Type != OpCode.CloseSession))
            return null;
        Request request = queue.Dequeue();
        if (queue.Count == 0)
            _forwarded.Remove(header.ClientId);
        return request;
    }

    private void Complete(Request request)
    {
        request.Connection?.Complete(request, default);
        if (request.Type == OpCode.CloseSession)
            _server.SessionClosed(request.SessionId);
        Finish(request);
    }

    private void CompleteRevalidation(byte[] data)
    {
        if (data.Length < 9)
            return;
        long session = BinaryPrimitives.ReadInt64BigEndian(data);
        if (!_revalidations.TryGetValue(session, out Queue<Request>? queue))
            return;
        Request request = queue.Dequeue();
        if (queue.Count == 0)
            _revalidations.Remove(session);
        request.Connection!.CompleteRevalidation(data[8] != 0);
        Finish(request);
    }

    /// <summary>The sessions whose clients were heard on this member since the last ping, for the leader.</summary>
    private byte[] CollectTouches()
    {
        long since = _lastTouches;
        _lastTouches = Environment.TickCount64;
        if (!_isServing)
            return [];
        using var touches = new JuteWriter(1024);
        foreach (Session session in _server.Sessions.Sessions)
        {
            if (Volatile.Read(ref session.LastHeard) < since)
                continue;
            touches.WriteInt64(session.Id);
            touches.WriteInt32(session.TimeoutMilliseconds);
        }

        return touches.WrittenSpan.ToArray();
    }

    private void Finish(Request request)
    {
        // Requests from learners are not counted.
        if (request.Service != 0)
            Interlocked.Decrement(ref _inProcess);
        request.Service = 0;
    }

    private static Queue<Request> QueueOf(Dictionary<long, Queue<Request>> queues, long session)
    {
        if (!queues.TryGetValue(session, out Queue<Request>? queue))
            queues[session] = queue = new Queue<Request>();
        return queue;
    }
}
