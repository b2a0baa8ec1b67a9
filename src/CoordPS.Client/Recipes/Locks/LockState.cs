namespace CoordPS.Client.Recipes;

/// <summary>Whether something is held by an ephemeral of this session: a lock, a lease, a leadership, a message.</summary>
public enum LockState
{
    /// <summary>Held: a server confirmed the session within the last two thirds of the session timeout.</summary>
    Held,

    /// <summary>
    /// The connection is lost, or no server has confirmed the session for two thirds of its timeout. It may still be held; others can't have
    /// it before the session timeout is over. It becomes <see cref="Held"/> again when the session goes on and the znode is still there.
    /// </summary>
    Suspended,

    /// <summary>Not held any more: the session has ended, or may have by the clock, or someone deleted the znode. Final.</summary>
    Lost,

    /// <summary>Given back by its holder. Final.</summary>
    Released,
}
