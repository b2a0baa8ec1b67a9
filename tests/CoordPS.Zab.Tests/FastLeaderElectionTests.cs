using CoordPS.Protocol;
using static CoordPS.Zab.Tests.PeerHarness;

namespace CoordPS.Zab.Tests;

public class FastLeaderElectionTests
{
    [Fact]
    public void A_member_first_votes_for_itself_and_tells_every_other_voter()
    {
        var member = new PeerHarness(2, accepted: 3, current: 3, log: [Z(3, 1)]);
        Assert.Equal([1, 3], member.Notifications.Select(n => n.To));
        ElectionNotification sent = member.Notifications[0].Notification;
        Assert.Equal((ServerState.Looking, 2, Z(3, 1), 1, 3), (sent.State, sent.Leader, sent.Zxid, sent.ElectionEpoch, sent.PeerEpoch));
        Assert.Equal(member.Peer.Config.ToString(), sent.Config);
    }

    [Theory]
    [InlineData(4, 1, 0, true)] // a later epoch wins over a higher zxid
    [InlineData(3, 9, 0, true)] // then the higher zxid
    [InlineData(3, 5, 3, true)] // then the higher id
    [InlineData(3, 5, 1, false)]
    [InlineData(3, 4, 3, false)]
    [InlineData(2, 9, 3, false)]
    public void A_better_vote_is_adopted_and_a_worse_one_is_not(long epoch, uint counter, long leader, bool adopted)
    {
        leader = leader == 0 ? 1 : leader;
        var member = new PeerHarness(2, accepted: 4, current: 3, log: [Z(3, 5)]);
        member.Clear();
        member.Vote(leader, ServerState.Looking, leader, Z(3, counter), 1, epoch);
        Assert.Equal(adopted, member.Notifications.Any(n => n.Notification.Leader == leader));
    }

    [Fact]
    public void A_quorum_waits_for_a_better_vote_before_it_elects()
    {
        var member = new PeerHarness(1);
        member.Vote(2, ServerState.Looking, 2, 0, 1, 0);
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
        member.Do(p => p.Tick(199));
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
        member.Do(p => p.Tick(200));
        Assert.Equal((ServerState.Following, 2), (member.Peer.Role.State, member.Peer.Role.Leader));
    }

    [Fact]
    public void When_every_voter_agrees_there_is_nothing_to_wait_for()
    {
        var member = new PeerHarness(3);
        member.Elect(3);
        Assert.Equal(ServerState.Leading, member.Peer.Role.State);
    }

    [Fact]
    public void A_single_voter_leads_at_once()
    {
        var member = new PeerHarness(1, "server.1=a:1:2\nversion=0");
        Assert.Equal(new ZabRole(ServerState.Leading, ZabPhase.Broadcast, 1, 1), member.Peer.Role);
        Assert.True(member.Peer.CanPropose);
        member.Do(p => p.Propose(Txn(p.NextZxid)));
        Assert.Equal([Z(1, 1)], member.Delivered);
    }

    [Fact]
    public void A_later_round_voids_the_votes_of_an_earlier_one()
    {
        var member = new PeerHarness(1);
        member.Vote(2, ServerState.Looking, 2, 0, 1, 0);
        member.Clear();
        member.Vote(3, ServerState.Looking, 3, 0, 5, 0);
        Assert.All(member.Notifications, n => Assert.Equal((3, 5), (n.Notification.Leader, n.Notification.ElectionEpoch)));
        member.Clear();
        member.Vote(2, ServerState.Looking, 2, 0, 1, 0);
        ZabNotification answer = Assert.Single(member.Notifications);
        Assert.Equal((2, 5), (answer.To, answer.Notification.ElectionEpoch));
    }

    [Fact]
    public void A_late_member_joins_the_leader_that_a_quorum_reports()
    {
        var member = new PeerHarness(1);
        member.Vote(2, ServerState.Following, 3, 7, 9, 4);
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
        member.Vote(3, ServerState.Leading, 3, 8, 12, 4);
        Assert.Equal((ServerState.Following, 3), (member.Peer.Role.State, member.Peer.Role.Leader));
    }

    [Fact]
    public void A_leader_that_does_not_say_itself_that_it_leads_is_not_followed()
    {
        var member = new PeerHarness(1, "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\nserver.4=d:1:2\nserver.5=e:1:2");
        foreach (long voter in (long[])[2, 3, 4])
            member.Vote(voter, ServerState.Following, 5, 7, 9, 4);
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
    }

    [Fact]
    public void A_member_that_follows_tells_a_looking_one_whom()
    {
        var member = new PeerHarness(1);
        member.Follow(3);
        member.Clear();
        member.Vote(2, ServerState.Looking, 2, 0, 4, 0);
        ElectionNotification answer = Assert.Single(member.Notifications).Notification;
        Assert.Equal((ServerState.Following, 3, 1), (answer.State, answer.Leader, answer.ElectionEpoch));
    }

    [Fact]
    public void Unanswered_notifications_are_sent_again_ever_more_seldom()
    {
        var member = new PeerHarness(1);
        int sent = 0;
        var times = new List<long>();
        for (long now = 0; now <= 10_000; now += 100)
        {
            member.Clear();
            member.Do(p => p.Tick(now));
            if (member.Notifications.Count > 0)
            {
                sent++;
                times.Add(now);
            }
        }

        Assert.Equal([200, 600, 1400, 3000, 5000, 7000, 9000], times);
        Assert.Equal(7, sent);
    }

    [Fact]
    public void An_observer_finds_the_leader_and_has_no_say()
    {
        string config = Three + "\nserver.4=d:1:2:observer;5";
        var observer = new PeerHarness(4, config);
        Assert.All(observer.Notifications, n => Assert.Equal(long.MinValue, n.Notification.Leader));
        var voter = new PeerHarness(1, config);
        voter.Clear();
        voter.Vote(4, ServerState.Looking, 4, Z(9, 9), 9, 9);
        Assert.Equal(4, Assert.Single(voter.Notifications).To);
        Assert.Equal(1, voter.Notifications[0].Notification.Leader);
        observer.Vote(1, ServerState.Following, 3, 0, 1, 1);
        observer.Vote(3, ServerState.Leading, 3, 0, 1, 1);
        Assert.Equal((ServerState.Observing, 3), (observer.Peer.Role.State, observer.Peer.Role.Leader));
    }

    [Fact]
    public void A_looking_member_takes_over_a_newer_configuration_from_a_notification()
    {
        var member = new PeerHarness(1, reconfig: true);
        member.Clear();
        string newer = "server.1=a:1:2;5\nserver.4=d:1:2;5\nserver.5=e:1:2;5\nversion=100000009";
        member.Vote(2, ServerState.Looking, 2, 0, 1, 0, newer);
        Assert.Equal(0x100000009, member.Peer.Config.Version);
        Assert.Contains(member.Writes, w => w.Kind == ZabWriteKind.Config && w.Config!.Version == 0x100000009);
        Assert.Equal([4, 5], member.Notifications.Select(n => n.To));
    }

    [Fact]
    public void Where_reconfiguration_is_off_a_newer_configuration_is_not_taken_over()
    {
        var member = new PeerHarness(1);
        member.Vote(2, ServerState.Looking, 2, 0, 1, 0, "server.1=a:1:2;5\nserver.2=b:1:2;5\nversion=9");
        Assert.Equal(0, member.Peer.Config.Version);
    }

    [Fact]
    public void A_member_without_weight_is_not_voted_for()
    {
        var member = new PeerHarness(1, Three + "\ngroup.1=1:2:3\nweight.3=0");
        member.Clear();
        member.Vote(3, ServerState.Looking, 3, Z(5, 5), 1, 5);
        Assert.DoesNotContain(member.Notifications, n => n.Notification.Leader == 3);
    }

    [Fact]
    public void Votes_of_strangers_and_for_strangers_do_not_count()
    {
        var member = new PeerHarness(1);
        member.Clear();
        member.Vote(2, ServerState.Looking, 7, Z(9, 9), 1, 9);
        Assert.Empty(member.Notifications);
        member.Vote(7, ServerState.Looking, 2, Z(9, 9), 9, 9);
        Assert.Equal(1, Assert.Single(member.Notifications).Notification.Leader);
    }

    [Fact]
    public void A_configuration_that_came_to_nothing_does_not_keep_a_member_from_joining()
    {
        var member = new PeerHarness(1, reconfig: true, next: "server.1=a:1:2;5\nserver.3=c:1:2;5\nversion=5");
        member.Vote(2, ServerState.Leading, 2, 0, 1, 1);
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
        member.Vote(3, ServerState.Following, 2, 0, 1, 1);
        Assert.Equal((ServerState.Following, 2), (member.Peer.Role.State, member.Peer.Role.Leader));
    }

    [Fact]
    public void While_a_configuration_is_pending_an_election_takes_quorums_of_both()
    {
        var member = new PeerHarness(1, reconfig: true, next: "server.1=a:1:2;5\nserver.4=d:1:2;5\nserver.5=e:1:2;5\nversion=5");
        member.Vote(3, ServerState.Looking, 3, 0, 1, 0);
        member.Do(p => p.Tick(1000));
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
        member.Vote(4, ServerState.Looking, 3, 0, 1, 0);
        member.Do(p => p.Tick(2000));
        Assert.Equal((ServerState.Following, 3), (member.Peer.Role.State, member.Peer.Role.Leader));
    }
}
