namespace CoordPS.Client.Recipes;

/// <summary>A time during which one was the leader.</summary>
/// <param name="Id">The leader's id.</param>
/// <param name="FencingToken">The czxid of the leader's znode: larger for each later leader.</param>
/// <param name="LostToken">Fires as soon as the leadership is suspended, lost or given up: before the server can let another have it.</param>
public sealed record Leadership(string Id, long FencingToken, CancellationToken LostToken);
