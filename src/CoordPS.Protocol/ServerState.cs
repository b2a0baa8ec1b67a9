namespace CoordPS.Protocol;

/// <summary>What a member of an ensemble is doing, as election notifications carry it.</summary>
public enum ServerState
{
    /// <summary>Looking for a leader; serves nothing.</summary>
    Looking = 0,

    /// <summary>Following a leader, with or without a vote.</summary>
    Following = 1,

    /// <summary>Leading, or trying to establish itself as the leader.</summary>
    Leading = 2,

    /// <summary>Observing a leader: receives what is committed and has no vote.</summary>
    Observing = 3,
}
