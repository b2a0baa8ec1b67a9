using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Storage;

/// <summary>A znode of a snapshot.</summary>
/// <param name="Path">Its path; <c>/</c> for the root.</param>
/// <param name="Data">Its data; null and empty are told apart.</param>
/// <param name="Acl">
/// Its access control list. Null when a snapshot that was taken while transactions went on names a list that it doesn't have yet;
/// replaying the log sets it.
/// </param>
/// <param name="Stat">Its metadata.</param>
public sealed record SnapshotNode(string Path, byte[]? Data, IReadOnlyList<Acl>? Acl, StatPersisted Stat);

/// <summary>A znode of a snapshot, in place: valid until the next read.</summary>
public readonly ref struct SnapshotNodeSpan
{
    internal SnapshotNodeSpan(ReadOnlySpan<byte> path, ReadOnlySpan<byte> data, bool isDataNull, long aclId, StatPersisted stat)
    {
        Path = path;
        Data = data;
        IsDataNull = isDataNull;
        AclId = aclId;
        Stat = stat;
    }

    /// <summary>The path in UTF-8; <c>/</c> for the root.</summary>
    public ReadOnlySpan<byte> Path { get; }

    /// <summary>The data; empty when null.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>Whether the data is null.</summary>
    public bool IsDataNull { get; }

    /// <summary>The key of its access control list in <see cref="SnapshotReader.Acls"/>; -1 is <c>world:anyone:cdrwa</c>.</summary>
    public long AclId { get; }

    /// <summary>The metadata.</summary>
    public StatPersisted Stat { get; }

    /// <summary>The path as a string.</summary>
    public string GetPath() => Encoding.UTF8.GetString(Path);

    /// <summary>The data as an array of its own; null when the data is null.</summary>
    public byte[]? GetData() => IsDataNull ? null : Data.ToArray();
}
