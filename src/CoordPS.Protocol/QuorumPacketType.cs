namespace CoordPS.Protocol;

/// <summary>The kinds of packet that a leader and its learners exchange (Apache's <c>Leader</c> and <c>LearnerHandler</c>).</summary>
public enum QuorumPacketType
{
    /// <summary>Learner to leader: a client's request. Data: session (8), xid (4), op code (4), the request's record.</summary>
    Request = 1,

    /// <summary>Leader to learner: a transaction to log. Data: the serialized transaction.</summary>
    Proposal = 2,

    /// <summary>Learner to leader: the transaction with this zxid, or NEWLEADER, is on disk.</summary>
    Ack = 3,

    /// <summary>Leader to follower: the proposal with this zxid is committed.</summary>
    Commit = 4,

    /// <summary>Both ways. The learner's reply carries its sessions' touches: session (8) and timeout (4) each.</summary>
    Ping = 5,

    /// <summary>Learner to leader: session (8), timeout (4). Leader to learner: session (8), whether it is alive (1).</summary>
    Revalidate = 6,

    /// <summary>Leader to learner: all that was proposed before the learner's sync request has been sent before this.</summary>
    Sync = 7,

    /// <summary>Leader to observer: a committed transaction. Data as in a proposal.</summary>
    Inform = 8,

    /// <summary>Leader to follower: commits a reconfiguration. Data: the designated leader (8).</summary>
    CommitAndActivate = 9,

    /// <summary>Leader to learner: the history is complete. Zxid: the epoch with counter 0. Data: the last seen configuration.</summary>
    NewLeader = 10,

    /// <summary>First packet of a follower. Zxid: its accepted epoch with counter 0. Data: <see cref="LearnerInfo"/>.</summary>
    FollowerInfo = 11,

    /// <summary>Leader to learner: a quorum has the history; serve.</summary>
    UpToDate = 12,

    /// <summary>Leader to learner: what is missing follows as proposals and commits.</summary>
    Diff = 13,

    /// <summary>Leader to learner: drop everything after this zxid; what is missing follows.</summary>
    Trunc = 14,

    /// <summary>Leader to learner: a snapshot follows this packet on the stream, ended by a signature string.</summary>
    Snap = 15,

    /// <summary>First packet of an observer, otherwise as <see cref="FollowerInfo"/>.</summary>
    ObserverInfo = 16,

    /// <summary>Leader to learner: the new epoch, with counter 0. Data: protocol version (4).</summary>
    LeaderInfo = 17,

    /// <summary>Learner to leader: accepts the epoch. Zxid: the last one logged. Data: current epoch (4), or -1 where this is no new promise.</summary>
    AckEpoch = 18,

    /// <summary>Leader to observer: a committed reconfiguration. Data: the designated leader (8), then the transaction.</summary>
    InformAndActivate = 19,
}
