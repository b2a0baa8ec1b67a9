using CoordPS.Protocol;
using CoordPS.Server.Quorum;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server;

/// <summary>
/// The first stage of a write: checks it against the state it will meet and makes the transaction that carries it out, or the
/// error that it ends with. One loop, so that transactions get their zxids in the order they were checked.
/// </summary>
/// <param name="tree">The state as applied.</param>
/// <param name="changes">What is under way beyond it.</param>
/// <param name="sessions">The sessions there are.</param>
/// <param name="localSessions">Those that only this member knows; null when sessions are everyone's.</param>
/// <param name="config">The settings.</param>
/// <param name="reconfiguration">Checks reconfigurations; null for a standalone server, which has none.</param>
/// <param name="logger">Where to log.</param>
internal sealed class PrepRequestProcessor(
    DataTree tree, OutstandingChanges changes, SessionTracker sessions, SessionTracker? localSessions, ServerConfig config, Reconfiguration? reconfiguration,
    ILogger logger) : IDisposable
{
    private readonly JuteWriter _entry = new(4096);
    private readonly JuteWriter _part = new(1024);
    private long _zxid;

    /// <summary>The last zxid given out.</summary>
    public long Zxid => Volatile.Read(ref _zxid);

    /// <summary>Sets the zxid after which transactions are numbered.</summary>
    public void SetZxid(long zxid) => Volatile.Write(ref _zxid, zxid);

    /// <summary>Makes a request's transaction. A request that needs none (sync) passes as it is.</summary>
    public void Prepare(Request request)
    {
        if (request.Type is OpCode.Sync)
        {
            if (request.Record is null)
                request.Error = ErrorCode.MarshallingError;
            return;
        }

        long zxid = _zxid + 1;
        Volatile.Write(ref _zxid, zxid);
        request.Header = new TxnHeader(
            request.SessionId, request.Cxid, zxid, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), request.Type);
        _entry.Clear(1 << 20);
        try
        {
            request.Txn = request.Record is null && request.Type is not OpCode.CloseSession
                ? throw new RequestException(ErrorCode.MarshallingError)
                : Make(request, request.Type, request.Record);
            request.Header = request.Header with { Type = TypeOf(request.Txn, request.Type) };
        }
        catch (RequestException e)
        {
            Fail(request, e.Error);
        }
#pragma warning disable CA1031 // One request that trips over a defect must not take the others' server with it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.LogError(e, "Preparing {Type} of session 0x{Session:x} failed.", request.Type, request.SessionId);
            Fail(request, ErrorCode.SystemError);
        }

        request.Header.Write(_entry);
        WriteTxn(_entry, request.Txn);
        request.SetEntry(_entry.WrittenSpan);
    }

    public void Dispose()
    {
        _entry.Dispose();
        _part.Dispose();
    }

    private static void Fail(Request request, ErrorCode error)
    {
        request.Error = error;
        request.Txn = new ErrorTxn(error);
        request.Header = request.Header with { Type = OpCode.Error };
    }

    /// <summary>
    /// The type that a log must give a transaction for its bytes to be read as what they are: a client can ask for a container by an
    /// operation that is for other znodes, and the other way around.
    /// </summary>
    private static OpCode TypeOf(object? txn, OpCode asked) => txn switch
    {
        CreateContainerTxn => OpCode.CreateContainer,
        CreateTtlTxn => OpCode.CreateTtl,
        CreateTxn => asked is OpCode.Create ? OpCode.Create : OpCode.Create2,
        _ => asked,
    };

    private void WriteTxn(JuteWriter writer, object? txn)
    {
        switch (txn)
        {
            case CreateTxn t: t.Write(writer); break;
            case CreateContainerTxn t: t.Write(writer); break;
            case CreateTtlTxn t: t.Write(writer); break;
            case DeleteTxn t: t.Write(writer); break;
            case SetDataTxn t: t.Write(writer); break;
            case SetAclTxn t: t.Write(writer); break;
            case CheckVersionTxn t: t.Write(writer); break;
            case CreateSessionTxn t: t.Write(writer); break;
            case CloseSessionTxn t: t.Write(writer); break;
            case ErrorTxn t: t.Write(writer); break;
            case DecodedMulti multi:
                writer.WriteInt32(multi.Parts.Length);
                foreach ((OpCode type, object part) in multi.Parts)
                {
                    _part.Clear();
                    WriteTxn(_part, part);
                    writer.WriteInt32((int)type);
                    writer.WriteBuffer(_part.WrittenSpan);
                }

                break;
            default:
                throw new InvalidOperationException($"No transaction is made of {txn?.GetType().Name ?? "nothing"}.");
        }
    }

    private object Make(Request request, OpCode type, object? record)
    {
        switch (type)
        {
            case OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl:
                return MakeCreate(request, record!);
            case OpCode.Delete:
                return MakeDelete(request, (PathVersionRequest)record!);
            case OpCode.DeleteContainer:
                return MakeDeleteContainer(request, ((PathRequest)record!).Path);
            case OpCode.SetData:
                return MakeSetData(request, (SetDataRequest)record!);
            case OpCode.SetAcl:
                return MakeSetAcl(request, (SetAclRequest)record!);
            case OpCode.Check:
                return MakeCheck(request, (PathVersionRequest)record!);
            case OpCode.Multi:
                return MakeMulti(request, (MultiRequest)record!);
            case OpCode.CreateSession:
                var create = (CreateSessionTxn)record!;
                sessions.Track(request.SessionId, create.TimeoutMilliseconds).Owner = request.Owner;
                return create;
            case OpCode.CloseSession:
                return MakeCloseSession(request);
            case OpCode.Reconfig:
                return MakeReconfig(request, (ReconfigRequest)record!);
            default:
                throw new RequestException(ErrorCode.Unimplemented);
        }
    }

    private object MakeCreate(Request request, object record)
    {
        CreateRequest create;
        long? ttl = null;
        if (record is CreateTtlRequest withTtl)
        {
            create = new CreateRequest(withTtl.Path, withTtl.Data, withTtl.Acl, withTtl.Mode);
            ttl = withTtl.Ttl;
        }
        else
        {
            create = (CreateRequest)record;
        }

        CreateMode mode = create.Mode;
        if (!mode.IsKnown)
            throw new RequestException(ErrorCode.BadArguments);
        if (mode.IsTtl && !config.ExtendedTypesEnabled)
            throw new RequestException(ErrorCode.Unimplemented);
        if (mode.IsTtl != ttl.HasValue || (ttl is { } milliseconds && !EphemeralOwner.IsValidTtl(milliseconds)))
            throw new RequestException(ErrorCode.BadArguments);
        CheckSession(request, mustBeGlobal: mode.IsEphemeral);
        string path = create.Path;
        int slash = path.LastIndexOf('/');
        if (slash < 0 || path.Contains('\0', StringComparison.Ordinal))
            throw new RequestException(ErrorCode.BadArguments);
        IReadOnlyList<Acl> acl = AuthenticationProviders.Fixup(create.Acl, request.Identities)
            ?? throw new RequestException(ErrorCode.InvalidAcl);
        string parentPath = slash == 0 ? ZPath.Root : path[..slash];
        ChangeRecord parent = changes.Find(parentPath) ?? throw new RequestException(ErrorCode.NoNode);
        CheckAcl(request, parent.Acl, Permissions.Create);
        if (mode.IsSequential)
            path = ZPath.Sequential(path, parent.CreateCount);
        if (!ZPath.IsValid(path))
            throw new RequestException(ErrorCode.BadArguments);
        if (changes.Find(path) is not null)
            throw new RequestException(ErrorCode.NodeExists);
        if (EphemeralOwner.KindOf(parent.EphemeralOwner, config.ExtendedTypesEnabled) == EphemeralKind.Ephemeral)
            throw new RequestException(ErrorCode.NoChildrenForEphemerals);
        int creates = unchecked(parent.CreateCount + 1);
        CheckQuota(path, create.Data?.Length ?? 0, 1);

        long zxid = request.Header.Zxid;
        ChangeRecord changed = changes.Change(parentPath, zxid);
        changed.ChildCount++;
        changed.CreateCount = creates;
        ChangeRecord node = changes.Change(path, zxid);
        (node.Exists, node.ChildCount, node.Version, node.CreateCount, node.Aversion) = (true, 0, 0, 0, 0);
        node.Acl = acl;
        node.DataLength = create.Data?.Length ?? 0;
        node.EphemeralOwner = mode.IsContainer ? EphemeralOwner.Container
            : ttl is { } t ? EphemeralOwner.FromTtl(t)
            : mode.IsEphemeral ? request.SessionId : 0;
        return mode.IsContainer ? new CreateContainerTxn(path, create.Data, acl, creates)
            : ttl is { } value ? new CreateTtlTxn(path, create.Data, acl, creates, value)
            : new CreateTxn(path, create.Data, acl, mode.IsEphemeral, creates);
    }

    private DeleteTxn MakeDelete(Request request, in PathVersionRequest delete)
    {
        CheckSession(request);
        string path = delete.Path;
        int slash = path.LastIndexOf('/');
        if (slash < 0 || path.Contains('\0', StringComparison.Ordinal) || DataTree.IsSpecialPath(path))
            throw new RequestException(ErrorCode.BadArguments);
        string parentPath = slash == 0 ? ZPath.Root : path[..slash];
        ChangeRecord parent = changes.Find(parentPath) ?? throw new RequestException(ErrorCode.NoNode);
        CheckAcl(request, parent.Acl, Permissions.Delete);
        ChangeRecord node = changes.Find(path) ?? throw new RequestException(ErrorCode.NoNode);
        CheckVersion(node.Version, delete.Version);
        if (node.ChildCount > 0)
            throw new RequestException(ErrorCode.NotEmpty);
        ChangeDeleted(path, parentPath, request.Header.Zxid);
        return new DeleteTxn(path);
    }

    private DeleteTxn MakeDeleteContainer(Request request, string path)
    {
        ChangeRecord node = changes.Find(path) ?? throw new RequestException(ErrorCode.NoNode);
        if (node.ChildCount > 0)
            throw new RequestException(ErrorCode.NotEmpty);
        if (EphemeralOwner.KindOf(node.EphemeralOwner, config.ExtendedTypesEnabled) is EphemeralKind.Ephemeral or EphemeralKind.Persistent)
            throw new RequestException(ErrorCode.BadVersion);
        ChangeDeleted(path, ZPath.Parent(path), request.Header.Zxid);
        return new DeleteTxn(path);
    }

    private void ChangeDeleted(string path, string parentPath, long zxid)
    {
        changes.Change(parentPath, zxid).ChildCount--;
        changes.Change(path, zxid).Exists = false;
    }

    private SetDataTxn MakeSetData(Request request, in SetDataRequest set)
    {
        CheckSession(request);
        CheckPath(set.Path);
        ChangeRecord node = changes.Find(set.Path) ?? throw new RequestException(ErrorCode.NoNode);
        CheckAcl(request, node.Acl, Permissions.Write);
        CheckQuota(set.Path, (set.Data?.Length ?? 0) - node.DataLength, 0);
        int version = CheckVersion(node.Version, set.Version);
        ChangeRecord changed = changes.Change(set.Path, request.Header.Zxid);
        changed.Version = version;
        changed.DataLength = set.Data?.Length ?? 0;
        return new SetDataTxn(set.Path, set.Data, version);
    }

    private SetAclTxn MakeSetAcl(Request request, in SetAclRequest set)
    {
        CheckSession(request);
        CheckPath(set.Path);
        IReadOnlyList<Acl> acl = AuthenticationProviders.Fixup(set.Acl, request.Identities)
            ?? throw new RequestException(ErrorCode.InvalidAcl);
        ChangeRecord node = changes.Find(set.Path) ?? throw new RequestException(ErrorCode.NoNode);
        CheckAcl(request, node.Acl, Permissions.Admin);
        int version = CheckVersion(node.Aversion, set.Version);
        ChangeRecord changed = changes.Change(set.Path, request.Header.Zxid);
        changed.Aversion = version;
        changed.Acl = acl;
        return new SetAclTxn(set.Path, acl, version);
    }

    private CheckVersionTxn MakeCheck(Request request, in PathVersionRequest check)
    {
        CheckSession(request);
        CheckPath(check.Path);
        ChangeRecord node = changes.Find(check.Path) ?? throw new RequestException(ErrorCode.NoNode);
        CheckAcl(request, node.Acl, Permissions.Read);
        return new CheckVersionTxn(check.Path, CheckVersion(node.Version, check.Version));
    }

    private SetDataTxn MakeReconfig(Request request, in ReconfigRequest reconfig)
    {
        if (!config.ReconfigEnabled)
            throw new RequestException(ErrorCode.ReconfigDisabled);
        CheckSession(request);
        if (reconfiguration is null)
            throw new RequestException(ErrorCode.Unimplemented);
        // In Apache's order: who may not change the configuration is told so only about one that could be.
        byte[] next = reconfiguration.Check(reconfig, request.Header.Zxid);
        ChangeRecord node = changes.Find(Quota.Config) ?? throw new RequestException(ErrorCode.NoNode);
        CheckAcl(request, node.Acl, Permissions.Write);
        ChangeRecord changed = changes.Change(Quota.Config, request.Header.Zxid);
        changed.Version = -1;
        changed.DataLength = next.Length;
        return new SetDataTxn(Quota.Config, next, -1);
    }

    private DecodedMulti MakeMulti(Request request, MultiRequest multi)
    {
        var parts = new (OpCode Type, object Txn)[multi.Operations.Count];
        bool failed = false;
        changes.BeginUndoable();
        try
        {
            failed = !MakeParts(request, multi, parts);
        }
        catch
        {
            failed = true;
            throw;
        }
        finally
        {
            changes.EndUndoable(failed);
        }

        return new DecodedMulti(parts);
    }

    /// <summary>Makes the parts of a multi; false when one of them failed.</summary>
    private bool MakeParts(Request request, MultiRequest multi, (OpCode Type, object Txn)[] parts)
    {
        bool failed = false;
        for (int i = 0; i < parts.Length; i++)
        {
            (OpCode type, object record) = multi.Operations[i];
            if (failed)
            {
                parts[i] = (OpCode.Error, new ErrorTxn(ErrorCode.RuntimeInconsistency));
                continue;
            }

            try
            {
                object txn = Make(request, type, record);
                parts[i] = (TypeOf(txn, type), txn);
            }
            catch (RequestException e)
            {
                failed = true;
                request.Error = e.Error;
                parts[i] = (OpCode.Error, new ErrorTxn(e.Error));
            }
        }

        return !failed;
    }

    private CloseSessionTxn MakeCloseSession(Request request)
    {
        if (sessions.Find(request.SessionId) is { } session)
            session.IsClosing = true;
        HashSet<string> paths = changes.EphemeralsOf(request.SessionId);
        foreach (string path in paths)
            ChangeDeleted(path, ZPath.Parent(path), request.Header.Zxid);
        return new CloseSessionTxn([.. paths]);
    }

    private void CheckSession(Request request, bool mustBeGlobal = false)
    {
        Session? session = sessions.Find(request.SessionId);
        if (session is null && localSessions is not null)
        {
            CheckLocalSession(request, localSessions, mustBeGlobal);
            return;
        }

        if (session is not { IsClosing: false })
            throw new RequestException(ErrorCode.SessionExpired);
        // A request that was on its way when its client went to another member comes too late.
        if (!session.TryOwn(request.Owner))
            throw new RequestException(ErrorCode.SessionMoved);
    }

    /// <summary>A session that is not everyone's is the business of the member that its requests come from.</summary>
    private static void CheckLocalSession(Request request, SessionTracker local, bool mustBeGlobal)
    {
        bool own = request.Owner == 0;
        if (own && local.Find(request.SessionId) is not { IsClosing: false })
            throw new RequestException(ErrorCode.SessionExpired);
        if (mustBeGlobal)
            throw new RequestException(own ? ErrorCode.EphemeralOnLocalSession : ErrorCode.SessionExpired);
    }

    private static void CheckPath(string path)
    {
        if (!ZPath.IsValid(path))
            throw new RequestException(ErrorCode.BadArguments);
    }

    private static int CheckVersion(int current, int expected) => expected == -1 || expected == current
        ? unchecked(current + 1)
        : throw new RequestException(ErrorCode.BadVersion);

    private void CheckAcl(Request request, IReadOnlyList<Acl>? acl, Permissions permission)
    {
        if (!config.SkipAcl && !AuthenticationProviders.Allows(acl, permission, request.Identities))
            throw new RequestException(ErrorCode.NoAuth);
    }

    private void CheckQuota(string path, long bytes, long count)
    {
        if (tree.QuotaFor(path) is not { } prefix)
            return;
        StatsTrack? limits, used;
        lock (tree.Gate)
        {
            limits = tree.Find(Quota.LimitPath(prefix)) is { } limit ? new StatsTrack(limit.Data) : null;
            used = tree.Find(Quota.StatPath(prefix)) is { } use ? new StatsTrack(use.Data) : null;
        }

        if (limits is null || used is null)
            return;
        if (config.EnforceQuota && limits.Refuses(used, bytes, count))
            throw new RequestException(ErrorCode.QuotaExceeded);
        if (limits.IsExceededBy(used, bytes, count))
            logger.LogWarning("Quota of {Prefix} exceeded by {Path}: {Limits}, used {Used}.", prefix, path, limits, used);
    }
}

/// <summary>Ends the preparation of a request with an error that its reply carries.</summary>
internal sealed class RequestException(ErrorCode error) : Exception
{
    public ErrorCode Error { get; } = error;

    /// <summary>Errors are ordinary answers here and their stack says nothing.</summary>
    public override string? StackTrace => null;
}
