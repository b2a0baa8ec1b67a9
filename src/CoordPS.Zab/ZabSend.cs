using CoordPS.Protocol;

namespace CoordPS.Zab;

/// <summary>A notification for another member's election port. Only the last one for a member that cannot be reached matters.</summary>
/// <param name="To">The member.</param>
/// <param name="Notification">What to send.</param>
public readonly record struct ZabNotification(long To, ElectionNotification Notification);

/// <summary>Kinds of command to the network of leader and learners.</summary>
public enum ZabSendKind
{
    /// <summary>Send a packet on a connection.</summary>
    Packet,

    /// <summary>
    /// Send a SNAP packet with the zxid, then the state that <see cref="ZabEventKind.CaptureSnapshot"/> had captured for
    /// this connection, then the string <c>BenWasHere</c>.
    /// </summary>
    Snapshot,

    /// <summary>Connect to a member's quorum port; answer with <see cref="ZabPeer.ConnectionOpened"/> or <see cref="ZabPeer.ConnectionClosed"/>.</summary>
    Dial,

    /// <summary>Close a connection after what was sent on it; no answer is expected.</summary>
    Close,

    /// <summary>Accept learners on the quorum port, announcing each by <see cref="ZabPeer.AcceptLearner"/>.</summary>
    Listen,

    /// <summary>Accept no more.</summary>
    StopListening,
}

/// <summary>A command to the network. Commands for one connection keep their order.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Connection">The connection.</param>
/// <param name="Packet">The packet to send.</param>
/// <param name="Member">The member to dial.</param>
/// <param name="Zxid">The snapshot's zxid.</param>
public readonly record struct ZabSend(ZabSendKind Kind, long Connection, QuorumPacket Packet = default, long Member = 0, long Zxid = 0);
