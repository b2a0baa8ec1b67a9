using CoordPS.Protocol;

namespace CoordPS.Client;

/// <summary>What became of one operation of a transaction or of a batch of reads.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Error">
/// <see cref="ErrorCode.Ok"/>, or why it failed. In a transaction that failed nothing was done: the operations before the one that failed
/// have <see cref="ErrorCode.Ok"/>, those after it <see cref="ErrorCode.RuntimeInconsistency"/>.
/// </param>
public sealed record OperationResult(ZooKeeperOperation Operation, ErrorCode Error)
{
    /// <summary>Whether it succeeded.</summary>
    public bool Succeeded => Error == ErrorCode.Ok;

    /// <summary>The znode's path, relative to the chroot; with the counter when it was created sequentially.</summary>
    public string Path { get; init; } = Operation.Path;

    /// <summary>The metadata, where the server sends it: of set data and get data, and of TTL znodes created; else null.</summary>
    public Stat? Stat { get; init; }

    /// <summary>The data of a get data.</summary>
    public byte[]? Data { get; init; }

    /// <summary>The names of a get children.</summary>
    public IReadOnlyList<string>? Children { get; init; }
}
