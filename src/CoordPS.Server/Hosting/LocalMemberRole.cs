namespace CoordPS.Server.Hosting;

/// <summary>What a member does in its ensemble.</summary>
public enum LocalMemberRole
{
    /// <summary>Nothing: it does not run, or does not answer.</summary>
    None,

    /// <summary>It is without a leader and looks for one; it serves no clients.</summary>
    Looking,

    /// <summary>It follows a leader and votes.</summary>
    Follower,

    /// <summary>It leads.</summary>
    Leader,

    /// <summary>It follows a leader without a vote.</summary>
    Observer,

    /// <summary>It is a server of its own.</summary>
    Standalone,

    /// <summary>It is without a leader and serves reads to clients that accept that.</summary>
    ReadOnly,
}
