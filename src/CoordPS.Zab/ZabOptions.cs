namespace CoordPS.Zab;

/// <summary>
/// How a member takes part. All times are in the unit of the clock given to <see cref="ZabPeer.Tick"/>, by convention
/// milliseconds. Names and meanings are those of <c>zoo.cfg</c> where it has them.
/// </summary>
public sealed record ZabOptions
{
    /// <summary>The member's id (<c>myid</c>).</summary>
    public required long Id { get; init; }

    /// <summary>Length of a tick, <c>tickTime</c>. Default 2000. The leader pings twice in it.</summary>
    public int TickTime { get; init; } = 2000;

    /// <summary>Ticks that discovery and synchronization may take, <c>initLimit</c>. Default 10.</summary>
    public int InitLimit { get; init; } = 10;

    /// <summary>Ticks that a leader or a learner may be silent once synchronized, <c>syncLimit</c>. Default 5.</summary>
    public int SyncLimit { get; init; } = 5;

    /// <summary>
    /// The silence after which a learner that serves gives up its leader, if that is shorter than <see cref="SyncLimit"/>; a leader
    /// gives up after twice as long without a quorum. Pauses of the member itself don't count as silence of its leader. Default 0:
    /// <see cref="SyncLimit"/> alone. The leader pings every half <see cref="TickTime"/>, so it must be longer.
    /// </summary>
    public int LeaderSilence { get; init; }

    /// <summary>
    /// Whether configurations may change, <c>reconfigEnabled</c>. Default false, as in Apache. It must be the same on all
    /// members: where it is on, the first leader gives the configuration a version, and members without it refuse that.
    /// </summary>
    public bool ReconfigEnabled { get; init; }

    /// <summary>The role while the configuration does not name this member, <c>peerType</c>. Default participant, without a vote until added.</summary>
    public LearnerType UnlistedType { get; init; } = LearnerType.Participant;

    /// <summary>
    /// How long a member that sees a quorum agree waits for a better vote; it does not wait when all voters have agreed.
    /// Default 200. A shorter wait elects sooner, at the risk of a leader that a more recent follower then refuses.
    /// </summary>
    public int ElectionFinalizeWait { get; init; } = 200;

    /// <summary>First interval after which unanswered notifications are sent again; it doubles. Default 200.</summary>
    public int MinNotificationInterval { get; init; } = 200;

    /// <summary>Longest such interval. Default 2000 (60000 in Apache): it bounds how long a healed partition goes unnoticed.</summary>
    public int MaxNotificationInterval { get; init; } = 2000;

    /// <summary>Pause between attempts to connect to a new leader, which may not listen yet. Default 100.</summary>
    public int DialRetryInterval { get; init; } = 100;

    /// <summary>Attempts to connect before looking for a leader again. Default 10.</summary>
    public int DialAttempts { get; init; } = 10;

    /// <summary>
    /// How long a leader that waits for a quorum to join puts up with voters that look for a leader again, before it does
    /// so too. Default 1000. Apache's <c>maxTimeToWaitForEpoch</c>, which is off by default there.
    /// </summary>
    public int EpochWait { get; init; } = 1000;

    /// <summary>Committed transactions kept in memory to bring learners up to date without a snapshot. Default 500.</summary>
    public int CommittedLogCount { get; init; } = 500;

    /// <summary>Bugs to plant; none outside of tests of the simulator.</summary>
    internal ZabFaultInjection Faults { get; init; }

    /// <summary>Where counters begin in tests of their end; 0, so that the first transaction has 1, everywhere else.</summary>
    internal uint InitialCounter { get; init; }

    /// <summary>The longest silence of a leader that its learners put up with.</summary>
    internal long LeaderTimeout => LeaderSilence == 0 ? SyncTimeout : Math.Min(LeaderSilence, SyncTimeout);

    /// <summary>The longest silence of its learners that a leader puts up with before it does without a quorum.</summary>
    internal long QuorumTimeout => LeaderSilence == 0 ? SyncTimeout : Math.Min(2L * LeaderSilence, SyncTimeout);

    private long SyncTimeout => (long)SyncLimit * TickTime;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(TickTime, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(InitLimit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(SyncLimit, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(LeaderSilence);
        if (LeaderSilence != 0)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(LeaderSilence, TickTime / 2);
        ArgumentOutOfRangeException.ThrowIfNegative(ElectionFinalizeWait);
        ArgumentOutOfRangeException.ThrowIfLessThan(MinNotificationInterval, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxNotificationInterval, MinNotificationInterval);
        ArgumentOutOfRangeException.ThrowIfLessThan(DialRetryInterval, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(DialAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(CommittedLogCount);
    }
}
