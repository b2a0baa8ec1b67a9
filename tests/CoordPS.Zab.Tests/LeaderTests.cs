using System.Text;
using CoordPS.Protocol;
using static CoordPS.Zab.Tests.PeerHarness;

namespace CoordPS.Zab.Tests;

public class LeaderTests
{
    [Fact]
    public void A_leader_goes_through_discovery_synchronization_and_broadcast()
    {
        var member = new PeerHarness(3, accepted: 1, current: 1, log: [Z(1, 1)]);
        member.Elect(3, Z(1, 1), 1);
        Assert.Contains(member.Sends, s => s.Kind == ZabSendKind.Listen);
        long one = member.Learner(1, accepted: 4);
        // The epoch is beyond all that a quorum has accepted.
        Assert.Equal("LEADERINFO 5.0", member.Sent(one));
        member.Packet(one, QuorumPacketType.AckEpoch, Z(1, 1), Int(1));
        Assert.Equal("DIFF 1.1, NEWLEADER 5.0", member.Sent(one));
        Assert.False(member.Peer.CanPropose);
        Assert.Empty(member.Delivered);
        member.Packet(one, QuorumPacketType.Ack, Z(5, 0));
        Assert.Equal("UPTODATE", member.Sent(one));
        Assert.Equal([Z(1, 1)], member.Delivered);
        Assert.Equal(new ZabRole(ServerState.Leading, ZabPhase.Broadcast, 3, 5), member.Peer.Role);
        Assert.Equal(
            [(ZabWriteKind.AcceptedEpoch, 5), (ZabWriteKind.CurrentEpoch, 5)],
            member.Writes.Select(w => (w.Kind, w.Value)));
    }

    [Fact]
    public void A_transaction_is_committed_when_a_quorum_has_it_on_disk()
    {
        PeerHarness member = Established(out long one, out long two);
        member.SyncsAtOnce = false;
        member.Do(p => p.Propose(Txn(Z(1, 1))));
        member.Do(p => p.Propose(Txn(Z(1, 2))));
        Assert.Equal("PROPOSAL 1.1, PROPOSAL 1.2", member.Sent(one));
        member.Sent(two);
        member.Packet(one, QuorumPacketType.Ack, Z(1, 1));
        Assert.Empty(member.Delivered); // the leader's own disk counts like any other
        member.Sync();
        Assert.Equal([Z(1, 1)], member.Delivered);
        Assert.Equal("COMMIT 1.1", member.Sent(one));
        member.Packet(two, QuorumPacketType.Ack, Z(1, 2));
        Assert.Equal([Z(1, 1), Z(1, 2)], member.Delivered);
        Assert.Equal("COMMIT 1.2", member.Sent(one));
    }

    [Fact]
    public void A_quorum_of_followers_commits_before_the_leaders_own_disk()
    {
        PeerHarness member = Established(out long one, out long two);
        member.SyncsAtOnce = false;
        member.Do(p => p.Propose(Txn(Z(1, 1))));
        member.Packet(one, QuorumPacketType.Ack, Z(1, 1));
        member.Packet(two, QuorumPacketType.Ack, Z(1, 1));
        Assert.Equal([Z(1, 1)], member.Delivered);
    }

    [Theory]
    // The leader keeps 1.1 to 1.5 and 2.1, 2.2 in memory, behind a snapshot at 1.0 or 0.9.
    [InlineData(2, 2, "DIFF 2.2, NEWLEADER 3.0")] // the same history
    [InlineData(2, 1, "DIFF 2.2, PROPOSAL 2.2, COMMIT 2.2, NEWLEADER 3.0")] // behind
    [InlineData(1, 5, "DIFF 2.2, PROPOSAL 2.1, COMMIT 2.1, PROPOSAL 2.2, COMMIT 2.2, NEWLEADER 3.0")]
    [InlineData(2, 0, "DIFF 2.2, PROPOSAL 2.1, COMMIT 2.1, PROPOSAL 2.2, COMMIT 2.2, NEWLEADER 3.0")] // an epoch's beginning
    [InlineData(1, 7, "TRUNC 1.5, PROPOSAL 2.1, COMMIT 2.1, PROPOSAL 2.2, COMMIT 2.2, NEWLEADER 3.0")] // a tail of an old leader's
    [InlineData(0, 9, "DIFF 2.2, PROPOSAL 1.1, COMMIT 1.1, PROPOSAL 1.2, COMMIT 1.2, PROPOSAL 1.3, COMMIT 1.3, PROPOSAL 1.4, COMMIT 1.4, PROPOSAL 1.5, COMMIT 1.5, PROPOSAL 2.1, COMMIT 2.1, PROPOSAL 2.2, COMMIT 2.2, NEWLEADER 3.0")]
    [InlineData(0, 8, "SNAP 0.9, PROPOSAL 1.1, COMMIT 1.1, PROPOSAL 1.2, COMMIT 1.2, PROPOSAL 1.3, COMMIT 1.3, PROPOSAL 1.4, COMMIT 1.4, PROPOSAL 1.5, COMMIT 1.5, PROPOSAL 2.1, COMMIT 2.1, PROPOSAL 2.2, COMMIT 2.2, NEWLEADER 3.0")] // too far behind
    public void A_learner_is_sent_what_turns_its_history_into_the_leaders(long epoch, uint counter, string expected)
    {
        var member = new PeerHarness(3, accepted: 2, current: 2, snapshot: 9, log: [Z(1, 1), Z(1, 2), Z(1, 3), Z(1, 4), Z(1, 5), Z(2, 1), Z(2, 2)]);
        member.Elect(3, Z(2, 2), 2);
        long one = member.Learner(1, accepted: 2);
        member.Sent(one);
        member.Packet(one, QuorumPacketType.AckEpoch, Z(epoch, counter), Int((int)Math.Min(epoch, 2)));
        Assert.Equal(expected, member.Sent(one));
    }

    [Fact]
    public void A_tail_beyond_the_leaders_whole_history_is_dropped()
    {
        PeerHarness member = Established(out long one, out _);
        member.Do(p => p.Propose(Txn(Z(1, 1))));
        member.Packet(one, QuorumPacketType.Ack, Z(1, 1));
        long again = member.Learner(2, accepted: 1);
        member.Sent(again);
        member.Packet(again, QuorumPacketType.AckEpoch, Z(1, 4), Int(-1));
        Assert.Equal("TRUNC 1.1, NEWLEADER 1.0", member.Sent(again));
    }

    [Fact]
    public void Outstanding_proposals_are_sent_without_commit_and_only_to_those_that_vote()
    {
        PeerHarness member = Established(out long one, out _, config: Three + "\nserver.4=d:1:2:observer;5");
        member.SyncsAtOnce = false;
        member.Do(p => p.Propose(Txn(Z(1, 1))));
        member.Sync();
        member.Packet(one, QuorumPacketType.Ack, Z(1, 1));
        member.Do(p => p.Propose(Txn(Z(1, 2))));
        long again = member.Learner(2, accepted: 1);
        long observer = member.Learner(4, observer: true);
        member.Sent(again);
        member.Sent(observer);
        member.Packet(again, QuorumPacketType.AckEpoch, 0, Int(-1));
        member.Packet(observer, QuorumPacketType.AckEpoch, 0, Int(0));
        Assert.Equal("DIFF 1.1, PROPOSAL 1.1, COMMIT 1.1, PROPOSAL 1.2, NEWLEADER 1.0", member.Sent(again));
        Assert.Equal("DIFF 1.1, PROPOSAL 1.1, COMMIT 1.1, NEWLEADER 1.0", member.Sent(observer));
        member.Sync();
        member.Packet(one, QuorumPacketType.Ack, Z(1, 2));
        Assert.Equal("INFORM 1.2", member.Sent(observer));
    }

    [Fact]
    public void A_second_member_of_one_id_is_turned_away_while_the_first_is_alive()
    {
        PeerHarness member = Established(out long one, out _);
        long second = member.Learner(1, second: true);
        Assert.Equal("", member.Sent(second));
        member.Do(p => p.Tick(150));
        member.Packet(one, QuorumPacketType.Ping, 0);
        member.Do(p => p.Tick(250));
        Assert.Equal("(close)", member.Sent(second));
        ZabEvent told = Assert.Single(member.Events, static e => e.Kind == ZabEventKind.DuplicateMember);
        Assert.Equal((1, second, one), (told.Member, told.Connection, told.Zxid));
        Assert.DoesNotContain("(close)", member.Sent(one), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_member_that_connects_again_waits_until_its_old_connection_is_closed_or_silent(bool closed)
    {
        PeerHarness member = Established(out long one, out _);
        long again = member.Learner(1, accepted: 1, second: true);
        Assert.Equal("", member.Sent(again));
        if (closed)
            member.Do(p => p.ConnectionClosed(one));
        else
            member.Do(p => p.Tick(250));
        Assert.Equal("LEADERINFO 1.0", member.Sent(again));
        Assert.DoesNotContain(member.Events, static e => e.Kind == ZabEventKind.DuplicateMember);
    }

    [Fact]
    public void Acknowledgements_of_an_earlier_connection_are_void()
    {
        PeerHarness member = Established(out long one, out _);
        member.SyncsAtOnce = false;
        member.Do(p => p.Propose(Txn(Z(1, 1))));
        member.Packet(one, QuorumPacketType.Ack, Z(1, 1));
        long again = member.Learner(1, accepted: 1);
        member.Packet(again, QuorumPacketType.AckEpoch, Z(1, 1), Int(-1));
        member.Sync();
        // Server 1 may just now be dropping 1.1, so it does not have it.
        Assert.Empty(member.Delivered);
        member.Packet(again, QuorumPacketType.Ack, Z(1, 0));
        member.Packet(again, QuorumPacketType.Ack, Z(1, 1));
        Assert.Equal([Z(1, 1)], member.Delivered);
    }

    [Fact]
    public void A_follower_with_a_more_recent_history_is_refused()
    {
        var member = new PeerHarness(3, accepted: 1, current: 1, log: [Z(1, 1)]);
        member.Elect(3, Z(1, 1), 1);
        long one = member.Learner(1, accepted: 1);
        member.Sent(one);
        member.Packet(one, QuorumPacketType.AckEpoch, Z(1, 2), Int(1));
        Assert.Equal("(close)", member.Sent(one));
        Assert.Contains("ahead of this leader", member.Warnings, StringComparison.Ordinal);
    }

    [Fact]
    public void A_promise_made_before_does_not_count()
    {
        var member = new PeerHarness(3);
        member.Elect(3);
        long one = member.Learner(1);
        member.Sent(one);
        member.Packet(one, QuorumPacketType.AckEpoch, 0, Int(-1));
        Assert.Equal("", member.Sent(one));
        long two = member.Learner(2);
        member.Packet(two, QuorumPacketType.AckEpoch, 0, Int(0));
        Assert.Equal("DIFF 0.0, NEWLEADER 1.0", member.Sent(one));
    }

    [Fact]
    public void Without_a_quorum_within_initLimit_the_leader_looks_again()
    {
        var member = new PeerHarness(3);
        member.Elect(3);
        member.Do(p => p.Tick(999));
        Assert.Equal(ServerState.Leading, member.Peer.Role.State);
        member.Do(p => p.Tick(1000));
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
        Assert.Contains(member.Sends, s => s.Kind == ZabSendKind.StopListening);
    }

    [Fact]
    public void A_leader_that_waits_for_voters_which_look_elsewhere_looks_as_well()
    {
        var member = new PeerHarness(3);
        member.Elect(3);
        member.Do(p => p.Tick(299));
        member.Vote(1, ServerState.Looking, 1, 0, 2, 0);
        Assert.Equal(ServerState.Leading, member.Peer.Role.State);
        member.Do(p => p.Tick(300));
        member.Vote(1, ServerState.Looking, 1, 0, 1, 0); // of the round that elected it
        Assert.Equal(ServerState.Leading, member.Peer.Role.State);
        member.Vote(1, ServerState.Looking, 1, 0, 2, 0);
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
    }

    [Fact]
    public void A_leader_with_a_quorum_that_is_being_synchronized_stays()
    {
        var member = new PeerHarness(3);
        member.Elect(3);
        member.Learner(1);
        member.Do(p => p.Tick(500));
        member.Vote(2, ServerState.Looking, 2, 0, 2, 0);
        Assert.Equal(ServerState.Leading, member.Peer.Role.State);
    }

    [Fact]
    public void Commits_wait_for_UPTODATE_which_followers_of_Apache_380_need()
    {
        PeerHarness member = Established(out long one, out _);
        member.SyncsAtOnce = false;
        member.Do(p => p.Propose(Txn(Z(1, 1))));
        long again = member.Learner(2, accepted: 1);
        member.Sent(again);
        member.Packet(again, QuorumPacketType.AckEpoch, 0, Int(-1));
        member.Sync();
        member.Packet(one, QuorumPacketType.Ack, Z(1, 1));
        Assert.Equal([Z(1, 1)], member.Delivered);
        // Apache 3.8.0 may acknowledge the proposal before NEWLEADER.
        member.Packet(again, QuorumPacketType.Ack, Z(1, 1));
        member.Packet(again, QuorumPacketType.Ack, Z(1, 0));
        Assert.Equal("DIFF 0.0, PROPOSAL 1.1, NEWLEADER 1.0, UPTODATE, COMMIT 1.1", member.Sent(again));
    }

    [Fact]
    public void A_leader_cut_off_from_its_quorum_steps_down_within_syncLimit()
    {
        PeerHarness member = Established(out long one, out long two);
        for (long now = 50; now <= 400; now += 50)
        {
            member.Do(p => p.Tick(now));
            member.Packet(one, QuorumPacketType.Ping, Z(1, 0), []);
        }

        Assert.True(member.Peer.Role.IsServing); // server 2 is silent, server 1 is enough
        for (long now = 450; now < 1000; now += 50)
            member.Do(p => p.Tick(now));
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
        Assert.Contains("(close)", member.Sent(two), StringComparison.Ordinal);
    }

    [Fact]
    public void A_leader_goes_before_a_session_can_expire_with_the_next_one()
    {
        // Followers go after 125, and sessions live for two ticks at least, which their leader gives them anew.
        PeerHarness member = Established(out long one, out _, leaderSilence: 125);
        for (int now = 10; now <= 100; now += 10)
            member.Do(p => p.Tick(now));
        member.Packet(one, QuorumPacketType.Ping, Z(1, 0), []);
        member.Do(p => p.Tick(350));
        Assert.True(member.Peer.Role.IsServing);
        member.Do(p => p.Tick(351));
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
    }

    [Fact]
    public void A_follower_that_does_not_acknowledge_a_proposal_in_time_is_dropped()
    {
        PeerHarness member = Established(out long one, out long two);
        member.Do(p => p.Propose(Txn(Z(1, 1))));
        member.Packet(two, QuorumPacketType.Ack, Z(1, 1));
        for (long now = 50; now <= 550; now += 50)
        {
            member.Do(p => p.Tick(now));
            member.Packet(one, QuorumPacketType.Ping, Z(1, 0), []);
            member.Packet(two, QuorumPacketType.Ping, Z(1, 0), []);
        }

        Assert.Contains("(close)", member.Sent(one), StringComparison.Ordinal);
        Assert.True(member.Peer.Role.IsServing);
    }

    [Fact]
    public void When_the_counter_is_used_up_a_new_epoch_begins()
    {
        PeerHarness member = Established(out long one, out _, initialCounter: 0xfffffffc);
        member.Do(p => p.Propose(Txn(Z(1, 0xfffffffd))));
        Assert.True(member.Peer.CanPropose);
        member.Do(p => p.Propose(Txn(Z(1, 0xfffffffe))));
        Assert.False(member.Peer.CanPropose);
        Assert.Equal(ServerState.Leading, member.Peer.Role.State);
        member.Packet(one, QuorumPacketType.Ack, Z(1, 0xfffffffd));
        member.Packet(one, QuorumPacketType.Ack, Z(1, 0xfffffffe));
        Assert.Equal([Z(1, 0xfffffffd), Z(1, 0xfffffffe)], member.Delivered);
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
    }

    [Fact]
    public void A_leader_that_stops_first_commits_what_it_has_proposed()
    {
        PeerHarness member = Established(out long one, out _);
        member.Do(p => p.Propose(Txn(Z(1, 1))));
        member.Do(p => p.Stop());
        Assert.False(member.Peer.CanPropose);
        Assert.False(member.Peer.IsStopped);
        member.Sent(one);
        member.Packet(one, QuorumPacketType.Ack, Z(1, 1));
        Assert.True(member.Peer.IsStopped);
        Assert.Equal("COMMIT 1.1, (close)", member.Sent(one));
        Assert.Equal(ZabEventKind.Stopped, member.Events[^1].Kind);
    }

    [Fact]
    public void A_sync_is_answered_when_all_before_it_is_committed()
    {
        PeerHarness member = Established(out long one, out long two);
        member.Do(p => p.Sync(two));
        Assert.Equal("SYNC 0.0", member.Sent(two));
        member.Do(p => p.Propose(Txn(Z(1, 1))));
        member.Do(p => p.Sync(two));
        member.Do(p => p.Sync(0, 42));
        Assert.Equal("PROPOSAL 1.1", member.Sent(two));
        member.Packet(one, QuorumPacketType.Ack, Z(1, 1));
        Assert.Equal("COMMIT 1.1, SYNC 0.0", member.Sent(two));
        Assert.Contains(member.Events, e => e.Kind == ZabEventKind.SyncCompleted && e.Zxid == 42);
    }

    [Fact]
    public void Learners_requests_sessions_and_touches_come_up_as_they_were_sent()
    {
        PeerHarness member = Established(out long one, out _);
        member.Events.Clear();
        member.Do(p => p.ReceivePacket(one, new QuorumPacket(QuorumPacketType.Request, -1, [1], [new AclId("ip", "::1")])));
        member.Packet(one, QuorumPacketType.Revalidate, -1, [2]);
        member.Packet(one, QuorumPacketType.Ping, 0, [3]);
        Assert.Equal([ZabEventKind.RequestReceived, ZabEventKind.RevalidateReceived, ZabEventKind.SessionsTouched], member.Events.Select(e => e.Kind));
        Assert.All(member.Events, e => Assert.Equal((one, 1), (e.Connection, e.Member)));
        Assert.Equal("ip", member.Events[0].AuthInfo![0].Scheme);
        member.Sends.Clear();
        member.Do(p => p.AnswerRevalidate(one, [4]));
        Assert.Equal([4], member.Sends.Single().Packet.Data);
    }

    [Fact]
    public void The_first_leader_gives_the_configuration_a_version()
    {
        PeerHarness member = Established(out long one, out _, reconfig: true);
        Assert.Equal(Z(1, 0), member.Peer.Config.Version);
        Assert.Contains(member.Writes, w => w.Kind == ZabWriteKind.Config && w.Value == Z(1, 0));
        _ = one;
    }

    [Fact]
    public void A_reconfiguration_takes_quorums_of_the_old_and_of_the_new_members()
    {
        PeerHarness member = Established(out long one, out long two, reconfig: true);
        long four = Join(member, 4);
        long five = Join(member, 5);
        EnsembleConfig next = member.Peer.Config.Change("server.4=d:1:2;5,server.5=e:1:2;5", "1,2", Z(1, 1));
        Assert.Equal(ReconfigCheck.BadVersion, member.Peer.CheckReconfig(next, 77));
        Assert.Equal(ReconfigCheck.Allowed, member.Peer.CheckReconfig(next, Z(1, 0)));
        member.Do(p => p.Propose(Reconfig(Z(1, 1), next)));
        Assert.Equal(ReconfigCheck.InProgress, member.Peer.CheckReconfig(next));
        member.Packet(four, QuorumPacketType.Ack, Z(1, 1));
        member.Packet(five, QuorumPacketType.Ack, Z(1, 1));
        Assert.DoesNotContain(Z(1, 1), member.Delivered); // all of the new members, but of the old ones only the leader
        member.Sent(one);
        member.Sent(two);
        member.Packet(one, QuorumPacketType.Ack, Z(1, 1));
        Assert.Contains(Z(1, 1), member.Delivered);
        Assert.Equal("COMMITANDACTIVATE 1.1", member.Sent(two));
        Assert.Equal([3, 4, 5], member.Peer.Config.Voters);
        Assert.True(member.Peer.Role.IsServing);
    }

    [Fact]
    public void A_reconfiguration_without_a_synchronized_quorum_is_not_allowed()
    {
        PeerHarness member = Established(out _, out _, reconfig: true);
        EnsembleConfig next = member.Peer.Config.Change("server.4=d:1:2;5,server.5=e:1:2;5", "1,2", Z(1, 1));
        Assert.Equal(ReconfigCheck.NoQuorum, member.Peer.CheckReconfig(next));
        Assert.Equal(ReconfigCheck.NoVoters, member.Peer.CheckReconfig(new EnsembleConfig([], Z(1, 1))));
        Assert.Equal(ReconfigCheck.Disabled, Established(out _, out _).Peer.CheckReconfig(next));
    }

    [Fact]
    public void A_leader_that_is_removed_names_the_most_recent_follower_and_follows_it()
    {
        PeerHarness member = Established(out long one, out long two, reconfig: true);
        EnsembleConfig next = member.Peer.Config.Change(null, "3", Z(1, 1));
        member.Do(p => p.Propose(Reconfig(Z(1, 1), next)));
        member.Packet(one, QuorumPacketType.Ack, Z(1, 1));
        member.Sends.Clear();
        member.Packet(two, QuorumPacketType.Ack, Z(1, 1));
        QuorumPacket commit = member.Sends.First(s => s.Connection == one).Packet;
        Assert.Equal(QuorumPacketType.CommitAndActivate, commit.Type);
        Assert.Equal(Long(2), commit.Data);
        Assert.False(member.Peer.CanPropose);
        Assert.Equal(ServerState.Leading, member.Peer.Role.State);
        member.Do(p => p.ConnectionClosed(one));
        member.Do(p => p.ConnectionClosed(two));
        Assert.Equal((ServerState.Following, 2), (member.Peer.Role.State, member.Peer.Role.Leader));
    }

    [Fact]
    public void A_learner_with_a_later_configuration_is_refused()
    {
        PeerHarness member = Established(out _, out _, reconfig: true);
        long four = member.Learner(4, configVersion: Z(9, 9));
        Assert.Equal("(close)", member.Sent(four));
    }

    [Fact]
    public void A_voter_that_has_accepted_a_later_epoch_makes_the_leader_begin_one_beyond()
    {
        PeerHarness member = Established(out _, out _);
        member.Learner(2, accepted: 8);
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
    }

    [Fact]
    public void A_hierarchical_ensemble_commits_by_groups()
    {
        string config = string.Concat(Enumerable.Range(1, 6).Select(i => $"server.{i}=h{i}:1:2;5\n")) + "group.1=1:2\ngroup.2=3:4\ngroup.3=5:6\nversion=0";
        var member = new PeerHarness(6, config);
        foreach (long voter in (long[])[1, 2, 3, 4, 5])
            member.Vote(voter, ServerState.Looking, 6, 0, 1, 0);
        long[] learners = [.. ((long[])[5, 1, 2]).Select(sid => member.Learner(sid))];
        foreach (long learner in learners)
            member.Packet(learner, QuorumPacketType.AckEpoch, 0, Int(0));
        member.Packet(learners[1], QuorumPacketType.Ack, Z(1, 0));
        member.Packet(learners[2], QuorumPacketType.Ack, Z(1, 0));
        Assert.False(member.Peer.Role.IsServing); // of its own group the leader is only half
        member.Packet(learners[0], QuorumPacketType.Ack, Z(1, 0));
        Assert.True(member.Peer.Role.IsServing);
    }

    [Theory]
    [InlineData(3, 2, 0, "the accepted epoch 2 is below the current epoch 3")]
    [InlineData(0, 0, 0x100000001, "later epoch than the accepted epoch")]
    public void A_disk_that_contradicts_itself_is_not_started_from(long current, long accepted, long snapshot, string message)
    {
        ZabException e = Assert.Throws<ZabException>(() => new PeerHarness(1, accepted: accepted, current: current, snapshot: snapshot));
        Assert.Contains(message, e.Message, StringComparison.OrdinalIgnoreCase);
    }

    private static long Join(PeerHarness member, long sid)
    {
        long connection = member.Learner(sid);
        member.Packet(connection, QuorumPacketType.AckEpoch, 0, Int(0));
        ZabSend newLeader = member.Sends.Last(s => s.Connection == connection);
        Assert.Contains("version=", Encoding.UTF8.GetString(newLeader.Packet.Data!), StringComparison.Ordinal);
        member.Packet(connection, QuorumPacketType.Ack, Z(1, 0));
        member.Sent(connection);
        return connection;
    }

    /// <summary>Server 3 leads epoch 1, servers 1 and 2 follow on the connections given.</summary>
    private static PeerHarness Established(out long one, out long two, string config = Three, bool reconfig = false, uint initialCounter = 0, int leaderSilence = 0)
    {
        var member = new PeerHarness(3, config, reconfig: reconfig, initialCounter: initialCounter, leaderSilence: leaderSilence);
        member.Elect(3);
        one = Join(member, 1);
        two = Join(member, 2);
        Assert.True(member.Peer.Role.IsServing);
        return member;
    }
}
