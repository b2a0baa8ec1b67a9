using CoordPS.Protocol;

namespace CoordPS.Zab;

/// <summary>Phases of the protocol.</summary>
public enum ZabPhase
{
    /// <summary>Votes are exchanged.</summary>
    Election,

    /// <summary>The leader learns of the highest promised epoch and has a quorum promise the next one.</summary>
    Discovery,

    /// <summary>The leader brings a quorum to its own history.</summary>
    Synchronization,

    /// <summary>The leader broadcasts new transactions.</summary>
    Broadcast,
}

/// <summary>What a member does.</summary>
/// <param name="State">Looking, following, leading or observing.</param>
/// <param name="Phase">How far it is.</param>
/// <param name="Leader">The leader, or -1 while looking.</param>
/// <param name="Epoch">The leader's epoch, known from discovery's end on; else the last current one.</param>
public readonly record struct ZabRole(ServerState State, ZabPhase Phase, long Leader, long Epoch)
{
    /// <summary>Whether clients are served.</summary>
    public bool IsServing => Phase == ZabPhase.Broadcast;
}
