namespace CoordPS.Client.Admin;

/// <summary>What a member is to its ensemble at the moment.</summary>
public enum MemberRole
{
    /// <summary>Not known, or none while it looks for a leader.</summary>
    Unknown,

    /// <summary>A server of its own, without an ensemble.</summary>
    Standalone,

    /// <summary>Orders the writes.</summary>
    Leader,

    /// <summary>Follows the leader, and votes unless it is not in the voting configuration.</summary>
    Follower,

    /// <summary>Follows without a vote.</summary>
    Observer,
}
