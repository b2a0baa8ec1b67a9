namespace CoordPS.Client.Recipes;

/// <summary>
/// By whose rules the znodes that contend for a lock are named. Ours take notice of both; Curator and kazoo each only of their own, unless
/// kazoo is told of Curator's by <c>extra_lock_patterns</c>. So all who share a path must agree.
/// </summary>
public enum LockNaming
{
    /// <summary>Curator's: <c>_c_GUID-lock-0000000001</c>, <c>_c_GUID-__READ__0000000001</c>, <c>_c_GUID-__WRIT__0000000001</c>. The default.</summary>
    Curator,

    /// <summary>kazoo's: <c>GUID__lock__0000000001</c>, and <c>GUID__rlock__0000000001</c> to read. Curator takes no proper notice of them.</summary>
    Kazoo,
}
