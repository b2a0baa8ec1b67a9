using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>A znode that <see cref="TreeWalker"/> came by.</summary>
/// <param name="Path">The path.</param>
/// <param name="Depth">How far below the root of the walk.</param>
/// <param name="Stat">The metadata; meaningless with a failure.</param>
/// <param name="Data">The data, if it was asked for.</param>
/// <param name="Failure">Why it, or its children, could not be read.</param>
internal readonly record struct TreeEntry(string Path, int Depth, Stat Stat, byte[]? Data, ZooKeeperException? Failure);
