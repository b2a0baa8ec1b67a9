using CoordPS.Protocol;

namespace CoordPS.Client.Trees;

/// <summary>A znode that <see cref="TreeWalker"/> came by.</summary>
/// <param name="Path">The path, relative to the client's chroot.</param>
/// <param name="Depth">How far below the root of the walk.</param>
/// <param name="Stat">The metadata; meaningless with a failure.</param>
/// <param name="Data">The data, if it was asked for.</param>
/// <param name="Acl">The access control list, if it was asked for.</param>
/// <param name="Failure">Why it, or its children, could not be read.</param>
public readonly record struct TreeEntry(string Path, int Depth, Stat Stat, byte[]? Data, IReadOnlyList<Acl>? Acl, ZooKeeperException? Failure);
