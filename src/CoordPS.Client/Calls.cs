using CoordPS.Protocol;

namespace CoordPS.Client;

/// <summary>A read that may leave a one-shot watch, or the setting of a persistent one.</summary>
internal class WatchingCall<TBody, TResult> : Call<TBody, TResult> where TBody : struct, IJuteRecord<TBody>
{
    private readonly string _serverPath;
    private readonly WatchKind _kind;
    private readonly Action<WatchedEvent>? _watch;

    internal WatchingCall(
        OpCode type, string path, TBody body, ReplyReader<TResult> read, string serverPath, WatchKind kind, Action<WatchedEvent>? watch)
        : base(type, path, body, read)
    {
        _serverPath = serverPath;
        _kind = kind;
        _watch = watch;
        Repeatable = true;
    }

    internal override WatchKind? WatchOn(string serverPath) => _watch is not null && _serverPath == serverPath ? _kind : null;

    private protected virtual WatchKind KindFor(ErrorCode error) => _kind;

    private protected override void OnAnswered(Session session, ErrorCode error)
    {
        if (_watch is not null)
            session.Watches.Add(KindFor(error), _serverPath, _watch);
    }
}

/// <summary>Exists: a missing znode is an answer, and its watch one for creation.</summary>
internal sealed class ExistsCall(string path, string serverPath, Action<WatchedEvent>? watch)
    : WatchingCall<ExistsRequest, Stat?>(
        OpCode.Exists, path, new ExistsRequest(serverPath, watch is not null), static (Session _, ref JuteReader reader) => Stat.Read(ref reader),
        serverPath, WatchKind.Data, watch)
{
    private protected override WatchKind KindFor(ErrorCode error) => error == ErrorCode.NoNode ? WatchKind.Exists : WatchKind.Data;

    private protected override bool TryRecover(Session session, ErrorCode error, out bool resubmitted, out Stat? result)
    {
        resubmitted = false;
        result = null;
        return error == ErrorCode.NoNode;
    }
}

/// <summary>Create in its four forms: create2, or create for servers before 3.5; createContainer; createTTL.</summary>
internal sealed class CreateCall : Request<CreateResult>
{
    private readonly string _serverPath;
    private readonly byte[]? _data;
    private readonly CreateMode _mode;
    private readonly IReadOnlyList<Acl> _acl;
    private readonly long _ttl;

    internal CreateCall(Session session, string path, string serverPath, byte[]? data, CreateMode mode, IReadOnlyList<Acl> acl, TimeSpan? ttl)
        : base(mode.IsTtl ? OpCode.CreateTtl : mode.IsContainer ? OpCode.CreateContainer : session.LacksCreate2 ? OpCode.Create : OpCode.Create2, path)
    {
        _serverPath = serverPath;
        _data = data;
        _mode = mode;
        _acl = acl;
        _ttl = (long)(ttl?.TotalMilliseconds ?? 0);
    }

    internal override void WriteBody(JuteWriter writer)
    {
        if (Type == OpCode.CreateTtl)
            new CreateTtlRequest(_serverPath, _data, _acl, _mode, _ttl).Write(writer);
        else
            new CreateRequest(_serverPath, _data, _acl, _mode).Write(writer);
    }

    private protected override CreateResult Read(Session session, string server, ref JuteReader reader)
    {
        string created = session.ToClientPath(reader.ReadStringOrEmpty());
        return new CreateResult(created, Type == OpCode.Create ? null : Stat.Read(ref reader));
    }

    private protected override bool TryRecover(Session session, ErrorCode error, out bool resubmitted, out CreateResult result)
    {
        result = default;
        resubmitted = error == ErrorCode.Unimplemented && Type == OpCode.Create2;
        if (!resubmitted)
            return false;
        session.LacksCreate2 = true;
        Type = OpCode.Create;
        session.Submit(this);
        return true;
    }
}

/// <summary>Reconfig: null for what is not given.</summary>
internal sealed class ReconfigCall(string? joining, string? leaving, string? newMembers, long fromConfig) : Request<ZNodeData>(OpCode.Reconfig, null)
{
    internal override void WriteBody(JuteWriter writer)
    {
        // The server tells an incremental change from a whole one by which of these are null.
        writer.WriteString(joining);
        writer.WriteString(leaving);
        writer.WriteString(newMembers);
        writer.WriteInt64(fromConfig);
    }

    private protected override ZNodeData Read(Session session, string server, ref JuteReader reader)
    {
        GetDataResponse response = GetDataResponse.Read(ref reader);
        return new ZNodeData(response.Data, response.Stat);
    }
}

/// <summary>A transaction, or a batch of reads.</summary>
internal sealed class MultiCall : Request<IReadOnlyList<OperationResult>>
{
    private readonly ZooKeeperOperation[] _operations;
    private readonly string[] _serverPaths;

    internal MultiCall(OpCode type, ZooKeeperOperation[] operations, string[] serverPaths) : base(type, null)
    {
        _operations = operations;
        _serverPaths = serverPaths;
        Repeatable = type == OpCode.MultiRead;
    }

    internal override void WriteBody(JuteWriter writer)
    {
        for (int i = 0; i < _operations.Length; i++)
        {
            ZooKeeperOperation operation = _operations[i];
            string path = _serverPaths[i];
            new MultiHeader(operation.Type, false, (ErrorCode)(-1)).Write(writer);
            switch (operation.Type)
            {
                case OpCode.CreateTtl:
                    new CreateTtlRequest(path, operation.Data, operation.Acl ?? Acl.OpenUnsafe, operation.Mode, (long)operation.Ttl!.Value.TotalMilliseconds).Write(writer);
                    break;
                case OpCode.Create or OpCode.CreateContainer:
                    new CreateRequest(path, operation.Data, operation.Acl ?? Acl.OpenUnsafe, operation.Mode).Write(writer);
                    break;
                case OpCode.Delete or OpCode.Check:
                    new PathVersionRequest(path, operation.Version).Write(writer);
                    break;
                case OpCode.SetData:
                    new SetDataRequest(path, operation.Data, operation.Version).Write(writer);
                    break;
                case OpCode.GetData or OpCode.GetChildren:
                    new GetDataRequest(path, false).Write(writer);
                    break;
                default:
                    throw new InvalidOperationException($"{operation} has no form in a multi.");
            }
        }

        new MultiHeader(OpCode.Error, true, (ErrorCode)(-1)).Write(writer);
    }

    private protected override IReadOnlyList<OperationResult> Read(Session session, string server, ref JuteReader reader)
    {
        var results = new List<OperationResult>(_operations.Length);
        while (MultiHeader.Read(ref reader) is { Done: false } header)
        {
            if (results.Count == _operations.Length)
                throw new JuteException($"More results than the {_operations.Length} operations sent.");
            results.Add(ReadResult(_operations[results.Count], header.Type, session, ref reader));
        }

        if (results.Count != _operations.Length)
            throw new JuteException($"{results.Count} results for {_operations.Length} operations.");
        return results;
    }

    private protected override Exception? FailureIn(IReadOnlyList<OperationResult> result, string server)
    {
        if (Type == OpCode.MultiRead)
            return null;
        for (int i = 0; i < result.Count; i++)
        {
            OperationResult one = result[i];
            // The operations before the one that failed have no error; those after it have this one.
            if (one.Error is not (ErrorCode.Ok or ErrorCode.RuntimeInconsistency))
            {
                return new ZooKeeperTransactionException(result, i, ZooKeeperException.FromReply(one.Error, one.Operation.Type, one.Operation.Path, server));
            }
        }

        return null;
    }

    private static OperationResult ReadResult(ZooKeeperOperation operation, OpCode type, Session session, ref JuteReader reader)
    {
        switch (type)
        {
            case OpCode.Error:
                return new OperationResult(operation, ErrorResponse.Read(ref reader).Error);
            case OpCode.Create:
                return new OperationResult(operation, ErrorCode.Ok) { Path = session.ToClientPath(reader.ReadStringOrEmpty()) };
            case OpCode.Create2:
                string path = session.ToClientPath(reader.ReadStringOrEmpty());
                return new OperationResult(operation, ErrorCode.Ok) { Path = path, Stat = Stat.Read(ref reader) };
            case OpCode.SetData:
                return new OperationResult(operation, ErrorCode.Ok) { Stat = Stat.Read(ref reader) };
            case OpCode.GetData:
                byte[]? data = reader.ReadBuffer();
                return new OperationResult(operation, ErrorCode.Ok) { Data = data, Stat = Stat.Read(ref reader) };
            case OpCode.GetChildren:
                return new OperationResult(operation, ErrorCode.Ok) { Children = reader.ReadStringVector() };
            case OpCode.Delete or OpCode.Check:
                return new OperationResult(operation, ErrorCode.Ok);
            default:
                throw new JuteException($"A result of type {(int)type}, which no operation has.");
        }
    }
}

/// <summary>Sets a persistent watch.</summary>
internal sealed class AddWatchCall(string path, string serverPath, AddWatchMode mode, Action<WatchedEvent> watch)
    : WatchingCall<AddWatchRequest, bool>(
        OpCode.AddWatch, path, new AddWatchRequest(serverPath, mode), static (Session _, ref JuteReader _) => true, serverPath,
        mode == AddWatchMode.PersistentRecursive ? WatchKind.PersistentRecursive : WatchKind.Persistent, watch)
{
    private readonly string _serverPath = serverPath;

    private protected override void OnAbandoned(Session session, ErrorCode error)
    {
        // Nobody would ever remove it.
        lock (session.Gate)
        {
            if (error == ErrorCode.Ok && !session.IsWatched(_serverPath))
                session.Submit(new RemoveWatchesCall(Path!, _serverPath, WatcherType.Any, WatcherType.Any, null));
        }
    }
}

/// <summary>Removes watches from the server and then from the table.</summary>
internal sealed class RemoveWatchesCall(string path, string serverPath, WatcherType onServer, WatcherType type, Action<WatchedEvent>? handler)
    : Call<WatchesRequest, bool>(
        OpCode.RemoveWatches, path, new WatchesRequest(serverPath, onServer), static (Session _, ref JuteReader _) => true)
{
    private readonly string _serverPath = serverPath;
    private readonly WatcherType _type = type;

    private protected override void OnAnswered(Session session, ErrorCode error) => session.RemoveWatches(_type, _serverPath, handler);

    private protected override void OnAbandoned(Session session, ErrorCode error)
    {
        if (error is ErrorCode.Ok or ErrorCode.NoWatcher)
            session.RemoveWatches(_type, _serverPath, handler);
    }

    private protected override bool TryRecover(Session session, ErrorCode error, out bool resubmitted, out bool result)
    {
        resubmitted = false;
        result = true;
        // Already gone on the server: what counts is that it goes here.
        return error == ErrorCode.NoWatcher && session.Watches.Contains(_type, _serverPath, handler);
    }
}
