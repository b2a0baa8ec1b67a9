using CoordPS.Protocol;

namespace CoordPS.Storage;

/// <summary>One operation of a logged transaction.</summary>
public sealed class LoggedOperation
{
    private LoggedOperation(TransactionOperation operation) => Operation = operation;

    /// <summary>What it does.</summary>
    public TransactionOperation Operation { get; }

    /// <summary>The znode; null when it concerns none, or several (<see cref="Paths"/>).</summary>
    public string? Path { get; private init; }

    /// <summary>All znodes that it names: of a closeSession the session's ephemerals.</summary>
    public IReadOnlyList<string> Paths { get; private init; } = [];

    /// <summary>The data that it sets; null when it sets none, or null.</summary>
    public byte[]? Data { get; private init; }

    /// <summary>Bytes of <see cref="Data"/>; null when it sets no data.</summary>
    public int? DataLength { get; private init; }

    /// <summary>The znode's version after it, of data or access control list; of a check the one that was asked for.</summary>
    public int? Version { get; private init; }

    /// <summary>The access control list that it sets.</summary>
    public IReadOnlyList<Acl>? Acl { get; private init; }

    /// <summary>The kind of znode that it creates. (Whether its name was given a counter is not logged.)</summary>
    public CreateMode? Mode { get; private init; }

    /// <summary>The time to live of a znode that it creates with one.</summary>
    public TimeSpan? TimeToLive { get; private init; }

    /// <summary>The timeout of the session that it opens.</summary>
    public TimeSpan? SessionTimeout { get; private init; }

    /// <summary>Why it failed, of an error.</summary>
    public ErrorCode? Error { get; private init; }

    /// <inheritdoc/>
    public override string ToString() => Path is null ? Operation.ToString() : $"{Operation} {Path}";

    /// <summary>The operation of a decoded record.</summary>
    internal static LoggedOperation Of(OpCode type, object? record) => record switch
    {
        CreateTxn r => Create(r.Path, r.Data, r.Acl, r.Ephemeral ? CreateMode.Ephemeral : CreateMode.Persistent),
        CreateContainerTxn r => Create(r.Path, r.Data, r.Acl, CreateMode.Container),
        CreateTtlTxn r => Create(r.Path, r.Data, r.Acl, CreateMode.PersistentWithTtl, TimeSpan.FromMilliseconds(r.Ttl)),
        DeleteTxn r => new(type == OpCode.DeleteContainer ? TransactionOperation.DeleteContainer : TransactionOperation.Delete) { Path = r.Path, Paths = [r.Path] },
        SetDataTxn r => new(type == OpCode.Reconfig ? TransactionOperation.Reconfig : TransactionOperation.SetData)
        {
            Path = r.Path, Paths = [r.Path], Data = r.Data, DataLength = r.Data?.Length ?? 0, Version = r.Version,
        },
        SetAclTxn r => new(TransactionOperation.SetAcl) { Path = r.Path, Paths = [r.Path], Acl = r.Acl ?? [], Version = r.Version },
        CheckVersionTxn r => new(TransactionOperation.Check) { Path = r.Path, Paths = [r.Path], Version = r.Version },
        CreateSessionTxn r => new(TransactionOperation.CreateSession) { SessionTimeout = TimeSpan.FromMilliseconds(r.TimeoutMilliseconds) },
        CloseSessionTxn r => new(TransactionOperation.CloseSession) { Paths = r.PathsToDelete },
        ErrorTxn r => new(TransactionOperation.Error) { Error = r.Error },
        // Logs before 3.6 do not name the ephemerals.
        _ => new(TransactionOperation.CloseSession),
    };

    private static LoggedOperation Create(string path, byte[]? data, IReadOnlyList<Acl>? acl, CreateMode mode, TimeSpan? ttl = null) => new(TransactionOperation.Create)
    {
        Path = path, Paths = [path], Data = data, DataLength = data?.Length ?? 0, Acl = acl ?? [], Mode = mode, TimeToLive = ttl, Version = 0,
    };
}
