namespace CoordPS.Client.Recipes;

/// <summary>A member of a group.</summary>
/// <param name="Id">Its id: the znode's name, or the identifier of one of kazoo's <c>Party</c>.</param>
/// <param name="Path">Its znode.</param>
/// <param name="Data">What it tells the others.</param>
/// <param name="SessionId">The session it is a member by.</param>
/// <param name="Joined">When it joined, by the server's clock.</param>
public sealed record GroupMember(string Id, string Path, byte[] Data, long SessionId, DateTimeOffset Joined);
