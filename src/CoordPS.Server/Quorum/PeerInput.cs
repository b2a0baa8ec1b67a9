namespace CoordPS.Server.Quorum;

/// <summary>What can happen to a member.</summary>
internal enum PeerInputKind
{
    /// <summary>A client's request, or the server's own.</summary>
    Request,

    /// <summary>An election notification from the member with this id.</summary>
    Notification,

    /// <summary>Packets on a connection.</summary>
    Packets,

    /// <summary>A snapshot on a connection.</summary>
    Snapshot,

    /// <summary>Bytes move on a connection.</summary>
    Activity,

    /// <summary>A learner connected to the quorum port.</summary>
    Accepted,

    /// <summary>A connection that was asked for is open.</summary>
    Dialed,

    /// <summary>A connection ended, or could not be opened.</summary>
    Closed,

    /// <summary>Writes up to a sequence are durable.</summary>
    Written,

    /// <summary>The member is to stop, handing over if it leads.</summary>
    Stop,
}

/// <summary>Something that happened to a member, in the order in which its loop handles it.</summary>
/// <param name="Kind">What.</param>
/// <param name="Id">A connection, a member or a sequence.</param>
/// <param name="Value">What came.</param>
/// <param name="Zxid">A snapshot's zxid.</param>
internal readonly record struct PeerInput(PeerInputKind Kind, long Id = 0, object? Value = null, long Zxid = 0);
