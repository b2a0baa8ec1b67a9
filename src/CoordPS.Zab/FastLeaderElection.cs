using System.Globalization;
using CoordPS.Protocol;

namespace CoordPS.Zab;

/// <summary>
/// Fast leader election. In rounds numbered by a logical clock, every looking member tells all voters for whom it votes and
/// adopts any better vote it hears; a candidate on which a quorum agrees, with no better one turning up for a while, is
/// elected. A member that comes late instead joins the leader that a quorum already reports. Elections are a guess at who
/// is most up to date: discovery and synchronization, not elections, are what makes history safe.
/// </summary>
internal sealed class FastLeaderElection
{
    private const long NoCandidate = long.MinValue;

    private readonly ZabPeer _peer;
    private readonly Dictionary<long, Vote> _votes = [];
    private readonly Dictionary<long, Vote> _settled = [];
    private long _round;
    private Vote _proposal;
    private long _resendAt;
    private int _resendInterval;
    private long _decideAt = long.MaxValue;

    public FastLeaderElection(ZabPeer peer) => _peer = peer;

    /// <summary>The vote the last election ended with, told to others while this member is not looking.</summary>
    public Vote Current { get; set; }

    /// <summary>The logical clock.</summary>
    public long Round => _round;

    /// <summary>Begins a round.</summary>
    public void Start()
    {
        _round++;
        _settled.Clear();
        _votes.Clear();
        _proposal = Initial();
        _resendInterval = _peer.Options.MinNotificationInterval;
        Broadcast();
        Count();
    }

    public void Tick(long now)
    {
        if (now >= _decideAt)
        {
            Elect(_proposal);
            return;
        }

        if (now >= _resendAt)
        {
            _resendInterval = Math.Min(_resendInterval * 2, _peer.Options.MaxNotificationInterval);
            Broadcast();
        }
    }

    /// <summary>The notification that tells a looking member whom this one follows.</summary>
    public ElectionNotification Answer()
    {
        if (_peer.Role.State == ServerState.Looking)
            return Notification(_proposal, ServerState.Looking);
        return Notification(Current, _peer.Role.State);
    }

    /// <summary>Takes a notification from another voter while this member is looking.</summary>
    public void Receive(long from, in ElectionNotification n)
    {
        if (!_peer.IsCurrentOrNextVoter(n.Leader))
            return;
        var vote = new Vote(n.Leader, n.Zxid, n.ElectionEpoch, n.PeerEpoch, n.State, n.Version);
        switch (n.State)
        {
            case ServerState.Looking:
                ReceiveLooking(from, vote);
                break;
            case ServerState.Following or ServerState.Leading:
                ReceiveSettled(from, vote);
                break;
        }
    }

    private void ReceiveLooking(long from, Vote vote)
    {
        if (vote.Zxid == -1)
            return;
        if (vote.ElectionEpoch > _round)
        {
            _round = vote.ElectionEpoch;
            _votes.Clear();
            Vote initial = Initial();
            _proposal = IsBetter(vote, initial) ? Adopt(vote) : initial;
            Broadcast();
        }
        else if (vote.ElectionEpoch < _round)
        {
            _peer.Notify(from, Answer());
            return;
        }
        else if (IsBetter(vote, _proposal))
        {
            _proposal = Adopt(vote);
            Broadcast();
        }

        _votes[from] = vote;
        Count();
    }

    private void ReceiveSettled(long from, Vote vote)
    {
        if (vote.ElectionEpoch == _round)
        {
            _votes[from] = vote;
            if (Track(_votes, vote, _peer.NewTracker()).HasAllQuorums && LeaderConfirms(_votes, vote))
            {
                Elect(vote);
                return;
            }
        }

        _settled[from] = vote;
        // To join a leader that others follow, their being a quorum of the active configuration is enough. A configuration
        // that was proposed and came to nothing must not keep this member out: the leader will tell it the right one.
        if (Track(_settled, vote, new QuorumTracker(_peer.Config, _peer.Config)).HasAllQuorums && LeaderConfirms(_settled, vote))
        {
            _round = vote.ElectionEpoch;
            Elect(vote);
        }
    }

    /// <summary>A leader must say itself that it leads, lest members go on electing one that has crashed.</summary>
    private bool LeaderConfirms(Dictionary<long, Vote> votes, Vote vote) =>
        vote.Leader == _peer.Id
            ? vote.ElectionEpoch == _round
            : votes.TryGetValue(vote.Leader, out Vote leaders) && leaders.State == ServerState.Leading;

    private void Count()
    {
        _votes[_peer.Id] = _proposal;
        QuorumTracker tracker = Track(_votes, _proposal, _peer.NewTracker());
        if (!tracker.HasAllQuorums)
            _decideAt = long.MaxValue;
        else if (tracker.HasEveryone)
            Elect(_proposal);
        else if (_decideAt == long.MaxValue)
            _decideAt = _peer.Now + _peer.Options.ElectionFinalizeWait;
    }

    private static QuorumTracker Track(Dictionary<long, Vote> votes, Vote vote, QuorumTracker tracker)
    {
        foreach ((long voter, Vote cast) in votes)
        {
            if (cast.Supports(vote))
                tracker.Add(voter);
        }

        return tracker;
    }

    private void Elect(Vote vote)
    {
        _decideAt = long.MaxValue;
        Current = vote;
        _peer.OnElected(vote.Leader);
    }

    private void Broadcast()
    {
        _decideAt = long.MaxValue;
        _resendAt = _peer.Now + _resendInterval;
        ElectionNotification notification = Notification(_proposal, ServerState.Looking);
        foreach (long voter in _peer.CurrentAndNextVoters)
        {
            if (voter != _peer.Id)
                _peer.Notify(voter, notification);
        }
    }

    private ElectionNotification Notification(Vote vote, ServerState state) =>
        new(state, vote.Leader, vote.Zxid, vote.ElectionEpoch, vote.PeerEpoch, _peer.ConfigText);

    private Vote Adopt(Vote vote) => vote with { ElectionEpoch = _round, State = ServerState.Looking, Version = ElectionNotification.CurrentVersion };

    private bool IsBetter(Vote vote, Vote other) => _peer.Config.Verifier.Weight(vote.Leader) != 0 && vote.IsBetterThan(other);

    /// <summary>A voter votes for itself at first. Others take part to learn the outcome, and lose to any vote.</summary>
    private Vote Initial()
    {
        if (_peer.Type == LearnerType.Observer)
            return new Vote(NoCandidate, NoCandidate, _round, NoCandidate);
        long candidate = _peer.Config.IsVoter(_peer.Id) ? _peer.Id : NoCandidate;
        return new Vote(candidate, _peer.History.LastZxid, _round, _peer.CurrentEpoch);
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"round {_round}, vote {_proposal.Leader} ({_proposal.PeerEpoch}, {Zxid.Format(_proposal.Zxid)})");
}
