using CoordPS.Protocol;

namespace CoordPS.Client;

public sealed partial class ZooKeeperClient
{
    private const string ConfigPath = "/zookeeper/config";

    /// <summary>Creates a znode.</summary>
    /// <param name="path">The path; for sequential modes the part before the counter, which may end with a slash.</param>
    /// <param name="data">The data; null and empty are kept apart.</param>
    /// <param name="mode">The mode.</param>
    /// <param name="acl">The access control list; null is open to everyone.</param>
    /// <param name="ttl">The time to live, in whole milliseconds; required by, and only allowed with, the TTL modes.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The path created and its metadata, which servers before 3.5 don't send.</returns>
    /// <exception cref="NodeExistsException">The znode exists already.</exception>
    /// <exception cref="NoNodeException">The parent does not exist.</exception>
    /// <exception cref="NoChildrenForEphemeralsException">The parent is ephemeral.</exception>
    public Task<CreateResult> CreateAsync(
        string path, byte[]? data = null, CreateMode mode = CreateMode.Persistent, IReadOnlyList<Acl>? acl = null, TimeSpan? ttl = null, CancellationToken ct = default)
    {
        if (!TryResolve(path, mode.IsSequential, OpCode.Create, out string serverPath, out Exception? bad) || !CheckMode(path, mode, ttl, out bad))
            return Task.FromException<CreateResult>(bad);
        return Submit(new CreateCall(_session, path, serverPath, data, mode, acl ?? Acl.OpenUnsafe, ttl), ct);
    }

    /// <summary>Creates a znode with data from anywhere in memory.</summary>
    /// <inheritdoc cref="CreateAsync(string, byte[], CreateMode, IReadOnlyList{Acl}, TimeSpan?, CancellationToken)"/>
    public Task<CreateResult> CreateAsync(
        string path, ReadOnlyMemory<byte> data, CreateMode mode = CreateMode.Persistent, IReadOnlyList<Acl>? acl = null, TimeSpan? ttl = null, CancellationToken ct = default) =>
        CreateAsync(path, data.ToArray(), mode, acl, ttl, ct);

    /// <summary>Deletes a znode without children.</summary>
    /// <param name="path">The path.</param>
    /// <param name="version">The version that must be current, or -1 for any.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="NoNodeException">It does not exist.</exception>
    /// <exception cref="NotEmptyException">It has children.</exception>
    /// <exception cref="BadVersionException">It has another version.</exception>
    public Task DeleteAsync(string path, int version = -1, CancellationToken ct = default)
    {
        if (!TryResolve(path, false, OpCode.Delete, out string serverPath, out Exception? bad))
            return Task.FromException(bad);
        return Submit(new Call<PathVersionRequest, bool>(OpCode.Delete, path, new PathVersionRequest(serverPath, version), ReadNothing), ct);
    }

    /// <summary>Whether a znode exists: its metadata, or null.</summary>
    public Task<Stat?> ExistsAsync(string path, CancellationToken ct = default) => Exists(path, null, ct);

    /// <summary>Whether a znode exists, and a one-shot watch for its creation, deletion or change of data.</summary>
    /// <param name="path">The path.</param>
    /// <param name="watch">Called once with the change, and with every event of the session until then. See <see cref="AddWatchAsync"/> for where it runs.</param>
    /// <param name="ct">Ends the wait.</param>
    public Task<Stat?> ExistsAsync(string path, Action<WatchedEvent> watch, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(watch);
        return Exists(path, watch, ct);
    }

    /// <summary>Reads a znode's data and metadata.</summary>
    /// <exception cref="NoNodeException">It does not exist.</exception>
    public Task<ZNodeData> GetDataAsync(string path, CancellationToken ct = default) => GetData(path, null, ct);

    /// <summary>Reads a znode's data and metadata, and leaves a one-shot watch for its deletion or change of data.</summary>
    /// <param name="path">The path.</param>
    /// <param name="watch">Called once with the change, and with every event of the session until then.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="NoNodeException">It does not exist; no watch is left.</exception>
    public Task<ZNodeData> GetDataAsync(string path, Action<WatchedEvent> watch, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(watch);
        return GetData(path, watch, ct);
    }

    /// <summary>Replaces a znode's data.</summary>
    /// <param name="path">The path.</param>
    /// <param name="data">The data; null and empty are kept apart.</param>
    /// <param name="version">The version that must be current, or -1 for any.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The new metadata.</returns>
    /// <exception cref="NoNodeException">It does not exist.</exception>
    /// <exception cref="BadVersionException">It has another version.</exception>
    public Task<Stat> SetDataAsync(string path, byte[]? data, int version = -1, CancellationToken ct = default)
    {
        if (!TryResolve(path, false, OpCode.SetData, out string serverPath, out Exception? bad))
            return Task.FromException<Stat>(bad);
        return Submit(new Call<SetDataRequest, Stat>(OpCode.SetData, path, new SetDataRequest(serverPath, data, version), ReadStat), ct);
    }

    /// <summary>Replaces a znode's data with data from anywhere in memory.</summary>
    /// <inheritdoc cref="SetDataAsync(string, byte[], int, CancellationToken)"/>
    public Task<Stat> SetDataAsync(string path, ReadOnlyMemory<byte> data, int version = -1, CancellationToken ct = default) =>
        SetDataAsync(path, data.ToArray(), version, ct);

    /// <summary>Lists a znode's children.</summary>
    /// <exception cref="NoNodeException">It does not exist.</exception>
    public Task<ChildrenResult> GetChildrenAsync(string path, CancellationToken ct = default) => GetChildren(path, null, ct);

    /// <summary>Lists a znode's children, and leaves a one-shot watch for their coming and going and for the znode's deletion.</summary>
    /// <param name="path">The path.</param>
    /// <param name="watch">Called once with the change, and with every event of the session until then.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="NoNodeException">It does not exist; no watch is left.</exception>
    public Task<ChildrenResult> GetChildrenAsync(string path, Action<WatchedEvent> watch, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(watch);
        return GetChildren(path, watch, ct);
    }

    /// <summary>Reads a znode's access control list.</summary>
    /// <exception cref="NoNodeException">It does not exist.</exception>
    public Task<AclResult> GetAclAsync(string path, CancellationToken ct = default)
    {
        if (!TryResolve(path, false, OpCode.GetAcl, out string serverPath, out Exception? bad))
            return Task.FromException<AclResult>(bad);
        return Submit(new Call<PathRequest, AclResult>(OpCode.GetAcl, path, new PathRequest(serverPath), static (Session _, ref JuteReader reader) =>
        {
            GetAclResponse response = GetAclResponse.Read(ref reader);
            return new AclResult(response.Acl ?? [], response.Stat);
        })
        {
            Repeatable = true,
        }, ct);
    }

    /// <summary>Replaces a znode's access control list.</summary>
    /// <param name="path">The path.</param>
    /// <param name="acl">The entries.</param>
    /// <param name="aversion">The ACL version that must be current, or -1 for any.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The new metadata.</returns>
    /// <exception cref="InvalidAclException">The list is empty or malformed.</exception>
    public Task<Stat> SetAclAsync(string path, IReadOnlyList<Acl> acl, int aversion = -1, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(acl);
        if (!TryResolve(path, false, OpCode.SetAcl, out string serverPath, out Exception? bad))
            return Task.FromException<Stat>(bad);
        return Submit(new Call<SetAclRequest, Stat>(OpCode.SetAcl, path, new SetAclRequest(serverPath, acl, aversion), ReadStat), ct);
    }

    /// <summary>Brings the server up to the leader, so that reads after it see every write that had ended before.</summary>
    public Task SyncAsync(string path, CancellationToken ct = default)
    {
        if (!TryResolve(path, false, OpCode.Sync, out string serverPath, out Exception? bad))
            return Task.FromException(bad);
        return Submit(new Call<PathRequest, bool>(OpCode.Sync, path, new PathRequest(serverPath), ReadNothing) { Repeatable = true }, ct);
    }

    /// <summary>Carries out several operations as one transaction: all of them or none.</summary>
    /// <param name="operations">Creates, deletes, sets of data and checks.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>What became of each, in order.</returns>
    /// <exception cref="ZooKeeperTransactionException">One failed, and with it all.</exception>
    public Task<IReadOnlyList<OperationResult>> MultiAsync(IReadOnlyList<ZooKeeperOperation> operations, CancellationToken ct = default) =>
        Multi(OpCode.Multi, operations, ct);

    /// <summary>Carries out several reads in one request (servers of 3.6 and later). Each succeeds or fails on its own.</summary>
    /// <param name="operations">Reads of data and of children.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>What became of each, in order.</returns>
    public Task<IReadOnlyList<OperationResult>> MultiReadAsync(IReadOnlyList<ZooKeeperOperation> operations, CancellationToken ct = default) =>
        Multi(OpCode.MultiRead, operations, ct);

    /// <summary>The paths of this session's ephemerals below a prefix (servers of 3.6 and later).</summary>
    public Task<IReadOnlyList<string>> GetEphemeralsAsync(string prefix = "/", CancellationToken ct = default)
    {
        if (!TryResolve(prefix, false, OpCode.GetEphemerals, out string serverPath, out Exception? bad))
            return Task.FromException<IReadOnlyList<string>>(bad);
        return Submit(new Call<PathRequest, IReadOnlyList<string>>(OpCode.GetEphemerals, prefix, new PathRequest(serverPath),
            static (Session session, ref JuteReader reader) => [.. GetEphemeralsResponse.Read(ref reader).Ephemerals.Select(session.ToClientPath)])
        {
            Repeatable = true,
        }, ct);
    }

    /// <summary>The number of a znode's descendants (servers of 3.6 and later).</summary>
    public Task<int> GetAllChildrenNumberAsync(string path, CancellationToken ct = default)
    {
        if (!TryResolve(path, false, OpCode.GetAllChildrenNumber, out string serverPath, out Exception? bad))
            return Task.FromException<int>(bad);
        return Submit(new Call<PathRequest, int>(OpCode.GetAllChildrenNumber, path, new PathRequest(serverPath),
            static (Session _, ref JuteReader reader) => GetAllChildrenNumberResponse.Read(ref reader).TotalNumber)
        {
            Repeatable = true,
        }, ct);
    }

    /// <summary>The identities of this connection (servers of 3.7 and later).</summary>
    public Task<IReadOnlyList<ClientInfo>> WhoAmIAsync(CancellationToken ct = default) =>
        Submit(new Call<EmptyBody, IReadOnlyList<ClientInfo>>(OpCode.WhoAmI, null, default,
            static (Session _, ref JuteReader reader) => WhoAmIResponse.Read(ref reader).ClientInfo ?? [])
        {
            Repeatable = true,
        }, ct);

    /// <summary>Adds credentials, on this connection and on all that follow.</summary>
    /// <param name="scheme">The scheme, such as digest.</param>
    /// <param name="credentials">In the scheme's form; for digest, <c>user:password</c>.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="AuthFailedException">The server refused them; the session can't be used any more.</exception>
    public Task AddAuthAsync(string scheme, ReadOnlyMemory<byte> credentials, CancellationToken ct = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(scheme);
        return _session.AddAuthAsync(new Credential(scheme, credentials.ToArray()), ct);
    }

    /// <summary>Changes the ensemble's membership, incrementally by <paramref name="joining"/> and <paramref name="leaving"/>, or as a whole by <paramref name="newMembers"/>.</summary>
    /// <param name="joining">Members to add or change, as comma-separated <c>server.N=…</c> lines.</param>
    /// <param name="leaving">Ids of members to remove, comma-separated.</param>
    /// <param name="newMembers">The whole new membership.</param>
    /// <param name="fromConfig">The configuration's version (as a zxid) that must be current, or -1 for any.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The new configuration, as <see cref="GetConfigAsync(CancellationToken)"/> returns it.</returns>
    public Task<ZNodeData> ReconfigAsync(
        string? joining = null, string? leaving = null, string? newMembers = null, long fromConfig = -1, CancellationToken ct = default) =>
        Submit(new ReconfigCall(joining, leaving, newMembers, fromConfig), ct);

    /// <summary>The ensemble's configuration: <c>/zookeeper/config</c>, whatever the chroot.</summary>
    public Task<ZNodeData> GetConfigAsync(CancellationToken ct = default) =>
        Submit(new WatchingCall<GetDataRequest, ZNodeData>(
            OpCode.GetData, ConfigPath, new GetDataRequest(ConfigPath, false), ReadData, ConfigPath, WatchKind.Data, null), ct);

    /// <summary>The ensemble's configuration, and a one-shot watch for its change.</summary>
    /// <param name="watch">Called once with the change, and with every event of the session until then.</param>
    /// <param name="ct">Ends the wait.</param>
    public Task<ZNodeData> GetConfigAsync(Action<WatchedEvent> watch, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(watch);
        return Submit(new WatchingCall<GetDataRequest, ZNodeData>(
            OpCode.GetData, ConfigPath, new GetDataRequest(ConfigPath, true), ReadData, ConfigPath, WatchKind.Data, watch), ct);
    }

    private static bool ReadNothing(Session session, ref JuteReader reader) => true;

    private static Stat ReadStat(Session session, ref JuteReader reader) => Stat.Read(ref reader);

    private static ZNodeData ReadData(Session session, ref JuteReader reader)
    {
        byte[]? data = reader.ReadBuffer();
        return new ZNodeData(data, Stat.Read(ref reader));
    }

    private static ChildrenResult ReadChildren(Session session, ref JuteReader reader)
    {
        string[] children = reader.ReadStringVector();
        return new ChildrenResult(children, Stat.Read(ref reader));
    }

    private static bool CheckMode(string path, CreateMode mode, TimeSpan? ttl, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out Exception? bad)
    {
        string? reason = mode switch
        {
            _ when mode is < CreateMode.Persistent or > CreateMode.PersistentSequentialWithTtl => $"{(int)mode} is not a mode",
            _ when mode.IsTtl && ttl is null => $"the mode {mode} needs a time to live",
            _ when !mode.IsTtl && ttl is not null => $"the mode {mode} has no time to live",
            _ when ttl is { } value && !EphemeralOwner.IsValidTtl((long)value.TotalMilliseconds) =>
                $"a time to live is 1 to {EphemeralOwner.MaxTtlMilliseconds} ms",
            _ => null,
        };
        bad = reason is null ? null : new BadArgumentsException($"'{path}' can't be created: {reason}", path, null, "Correct the mode or the time to live.");
        return bad is null;
    }

    private Task<Stat?> Exists(string path, Action<WatchedEvent>? watch, CancellationToken ct)
    {
        if (!TryResolve(path, false, OpCode.Exists, out string serverPath, out Exception? bad))
            return Task.FromException<Stat?>(bad);
        return Submit(new ExistsCall(path, serverPath, watch), ct);
    }

    private Task<ZNodeData> GetData(string path, Action<WatchedEvent>? watch, CancellationToken ct)
    {
        if (!TryResolve(path, false, OpCode.GetData, out string serverPath, out Exception? bad))
            return Task.FromException<ZNodeData>(bad);
        return Submit(new WatchingCall<GetDataRequest, ZNodeData>(
            OpCode.GetData, path, new GetDataRequest(serverPath, watch is not null), ReadData, serverPath, WatchKind.Data, watch), ct);
    }

    private Task<ChildrenResult> GetChildren(string path, Action<WatchedEvent>? watch, CancellationToken ct)
    {
        if (!TryResolve(path, false, OpCode.GetChildren2, out string serverPath, out Exception? bad))
            return Task.FromException<ChildrenResult>(bad);
        return Submit(new WatchingCall<GetChildrenRequest, ChildrenResult>(
            OpCode.GetChildren2, path, new GetChildrenRequest(serverPath, watch is not null), ReadChildren, serverPath, WatchKind.Children, watch), ct);
    }

    private Task<IReadOnlyList<OperationResult>> Multi(OpCode type, IReadOnlyList<ZooKeeperOperation> operations, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(operations);
        if (operations.Count == 0)
            return Task.FromResult<IReadOnlyList<OperationResult>>([]);
        string[] paths = new string[operations.Count];
        for (int i = 0; i < paths.Length; i++)
        {
            ZooKeeperOperation operation = operations[i];
            bool creates = operation.Type is OpCode.Create or OpCode.CreateContainer or OpCode.CreateTtl;
            if (!TryResolve(operation.Path, creates && operation.Mode.IsSequential, operation.Type, out paths[i], out Exception? bad)
                || (creates && !CheckMode(operation.Path, operation.Mode, operation.Ttl, out bad)))
            {
                return Task.FromException<IReadOnlyList<OperationResult>>(bad);
            }

            bool reads = operation.Type is OpCode.GetData or OpCode.GetChildren;
            if (reads != (type == OpCode.MultiRead))
            {
                return Task.FromException<IReadOnlyList<OperationResult>>(new BadArgumentsException(
                    $"{operation} can't be part of a {type}", operation.Path, null, "Give changes and checks to MultiAsync, reads to MultiReadAsync."));
            }
        }

        return Submit(new MultiCall(type, [.. operations], paths), ct);
    }

    private Task<TResult> Submit<TResult>(Request<TResult> request, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
            return Task.FromCanceled<TResult>(ct);
        request.CancelWith(ct);
        _session.Submit(request);
        return request.Task;
    }

    private bool TryResolve(
        string path, bool sequential, OpCode operation, out string serverPath, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out Exception? bad)
    {
        // A counter is still to come: the name before it may be empty.
        if (ZPath.Check(sequential ? path + "1" : path) is { } reason)
        {
            serverPath = path;
            bad = new BadArgumentsException($"{operation}: '{path}' is not a path: {reason}", path, null, "Write an absolute path such as /app/config.");
            return false;
        }

        serverPath = sequential && path == ZPath.Root ? _session.Chroot + path : _session.ToServerPath(path);
        bad = null;
        return true;
    }
}
