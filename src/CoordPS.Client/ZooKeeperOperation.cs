using CoordPS.Protocol;

namespace CoordPS.Client;

/// <summary>
/// One operation of a transaction (<see cref="ZooKeeperClient.MultiAsync"/>: create, delete, set data, check) or of a batch of reads
/// (<see cref="ZooKeeperClient.MultiReadAsync"/>: get data, get children).
/// </summary>
public sealed class ZooKeeperOperation
{
    private ZooKeeperOperation(OpCode type, string path)
    {
        Type = type;
        Path = path;
    }

    /// <summary>The operation.</summary>
    public OpCode Type { get; }

    /// <summary>The znode's path.</summary>
    public string Path { get; }

    /// <summary>The data of a create or set data.</summary>
    public byte[]? Data { get; private init; }

    /// <summary>The version that must be current for delete, set data and check; -1 for any.</summary>
    public int Version { get; private init; } = -1;

    /// <summary>The mode of a create.</summary>
    public CreateMode Mode { get; private init; }

    /// <summary>The access control list of a create.</summary>
    public IReadOnlyList<Acl>? Acl { get; private init; }

    /// <summary>The time to live of a create with a TTL mode.</summary>
    public TimeSpan? Ttl { get; private init; }

    /// <summary>Creates a znode.</summary>
    /// <param name="path">The path; for sequential modes the part before the counter.</param>
    /// <param name="data">The data, or null.</param>
    /// <param name="mode">The mode.</param>
    /// <param name="acl">The access control list; null is open to everyone.</param>
    /// <param name="ttl">The time to live; required by, and only allowed with, the TTL modes.</param>
    public static ZooKeeperOperation Create(
        string path, byte[]? data = null, CreateMode mode = CreateMode.Persistent, IReadOnlyList<Acl>? acl = null, TimeSpan? ttl = null) =>
        new(mode.IsTtl ? OpCode.CreateTtl : mode.IsContainer ? OpCode.CreateContainer : OpCode.Create, path)
        {
            Data = data,
            Mode = mode,
            Acl = acl,
            Ttl = ttl,
        };

    /// <summary>Deletes a znode without children.</summary>
    public static ZooKeeperOperation Delete(string path, int version = -1) => new(OpCode.Delete, path) { Version = version };

    /// <summary>Replaces a znode's data.</summary>
    public static ZooKeeperOperation SetData(string path, byte[]? data, int version = -1) => new(OpCode.SetData, path) { Data = data, Version = version };

    /// <summary>Requires that a znode exists and, unless <paramref name="version"/> is -1, has that version.</summary>
    public static ZooKeeperOperation Check(string path, int version = -1) => new(OpCode.Check, path) { Version = version };

    /// <summary>Reads a znode's data; for <see cref="ZooKeeperClient.MultiReadAsync"/>.</summary>
    public static ZooKeeperOperation GetData(string path) => new(OpCode.GetData, path);

    /// <summary>Lists a znode's children; for <see cref="ZooKeeperClient.MultiReadAsync"/>.</summary>
    public static ZooKeeperOperation GetChildren(string path) => new(OpCode.GetChildren, path);

    /// <inheritdoc/>
    public override string ToString() => $"{Type} {Path}";
}
