using CoordPS.Protocol;

namespace CoordPS.Zab;

/// <summary>Whom a member wants as the leader, or follows, and what made it choose.</summary>
/// <param name="Leader">The candidate.</param>
/// <param name="Zxid">The candidate's last zxid.</param>
/// <param name="ElectionEpoch">The round of election.</param>
/// <param name="PeerEpoch">The candidate's current epoch.</param>
/// <param name="State">What the voter was doing.</param>
/// <param name="Version">Format version of the notification that carried it.</param>
internal readonly record struct Vote(
    long Leader, long Zxid, long ElectionEpoch, long PeerEpoch, ServerState State = ServerState.Looking, int Version = ElectionNotification.CurrentVersion)
{
    /// <summary>
    /// Whether two votes are for the same leader. Votes of members that are not looking any more agree when leader and
    /// epoch do: round and zxid may be those of whatever election that member took part in (ZOOKEEPER-1805).
    /// </summary>
    public bool Supports(Vote other)
    {
        if (State == ServerState.Looking || other.State == ServerState.Looking)
            return Leader == other.Leader && Zxid == other.Zxid && ElectionEpoch == other.ElectionEpoch && PeerEpoch == other.PeerEpoch;
        // Members before 3.4.6 did not update their vote's epoch once they followed (ZOOKEEPER-1732).
        return Leader == other.Leader && (PeerEpoch == other.PeerEpoch || (Version > 0) != (other.Version > 0));
    }

    /// <summary>The order of candidates: epoch, then zxid, then id.</summary>
    public bool IsBetterThan(Vote other) =>
        (PeerEpoch, Zxid, Leader).CompareTo((other.PeerEpoch, other.Zxid, other.Leader)) > 0;
}
