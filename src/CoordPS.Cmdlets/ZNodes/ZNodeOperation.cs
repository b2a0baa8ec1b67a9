using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS;

/// <summary>What an operation of a transaction does.</summary>
public enum ZNodeOperationKind
{
    /// <summary>Creates a znode.</summary>
    Create,

    /// <summary>Sets a znode's data.</summary>
    Set,

    /// <summary>Removes a znode.</summary>
    Remove,

    /// <summary>Requires a znode to exist, and to have a version.</summary>
    Test,
}

/// <summary>An operation to be carried out by <c>Invoke-ZNodeTransaction</c>.</summary>
public sealed class ZNodeOperation
{
    internal ZNodeOperation(ZooKeeperOperation operation) => Operation = operation;

    /// <summary>What it does.</summary>
    public ZNodeOperationKind Kind => Operation.Type switch
    {
        OpCode.SetData => ZNodeOperationKind.Set,
        OpCode.Delete => ZNodeOperationKind.Remove,
        OpCode.Check => ZNodeOperationKind.Test,
        _ => ZNodeOperationKind.Create,
    };

    /// <summary>The znode.</summary>
    public string Path => Operation.Path;

    /// <summary>The version that the znode has to have; null for any.</summary>
    public int? Version => Operation.Version >= 0 ? Operation.Version : null;

    /// <summary>The data to be stored.</summary>
    public byte[]? Data => Operation.Data;

    internal ZooKeeperOperation Operation { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Path}";
}
