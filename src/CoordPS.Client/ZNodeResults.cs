using CoordPS.Protocol;

namespace CoordPS.Client;

/// <summary>A znode's data and metadata.</summary>
/// <param name="Data">The data; null when the znode was created with null.</param>
/// <param name="Stat">The metadata.</param>
public readonly record struct ZNodeData(byte[]? Data, Stat Stat);

/// <summary>A znode that was created.</summary>
/// <param name="Path">Its path, with the counter of a sequential znode, relative to the chroot.</param>
/// <param name="Stat">Its metadata; null from servers before 3.5, which don't send it.</param>
public readonly record struct CreateResult(string Path, Stat? Stat);

/// <summary>A znode's children.</summary>
/// <param name="Children">Their names, in no order.</param>
/// <param name="Stat">The parent's metadata.</param>
public readonly record struct ChildrenResult(IReadOnlyList<string> Children, Stat Stat);

/// <summary>A znode's access control list.</summary>
/// <param name="Acl">The entries.</param>
/// <param name="Stat">The metadata; its Aversion is what <see cref="ZooKeeperClient.SetAclAsync"/> compares.</param>
public readonly record struct AclResult(IReadOnlyList<Acl> Acl, Stat Stat);
