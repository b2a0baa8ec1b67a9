namespace CoordPS.Zab;

/// <summary>What a leader knows of a learner.</summary>
/// <param name="Member">Its id.</param>
/// <param name="Connection">Its connection.</param>
/// <param name="IsObserver">Whether it observes.</param>
/// <param name="IsSynced">Whether it has the leader's history.</param>
/// <param name="AckedZxid">What it has on disk; always 0 for an observer, which does not say.</param>
public readonly record struct LearnerStatus(long Member, long Connection, bool IsObserver, bool IsSynced, long AckedZxid);
