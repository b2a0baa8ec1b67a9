using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS;

/// <summary>What an operation of a transaction did.</summary>
public sealed class ZNodeTransactionResult
{
    internal ZNodeTransactionResult(int index, ZNodeOperation operation, OperationResult result, CoordSession session)
    {
        Index = index;
        Kind = operation.Kind;
        Path = result.Path;
        Stat = result.Stat;
        Session = session;
    }

    /// <summary>The operation's place in the transaction, from 1.</summary>
    public int Index { get; }

    /// <summary>What it did.</summary>
    public ZNodeOperationKind Kind { get; }

    /// <summary>The znode; of a sequential one with its counter.</summary>
    public string Path { get; }

    /// <summary>The znode's data version after a <see cref="ZNodeOperationKind.Set"/>.</summary>
    public int? Version => Stat?.Version;

    /// <summary>The metadata after the operation, where the server tells.</summary>
    public Stat? Stat { get; }

    /// <summary>The session of the transaction.</summary>
    public CoordSession Session { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Index}: {Kind} {Path}";
}
