using System.Buffers.Binary;
using CoordPS.Protocol;
using static CoordPS.Zab.Tests.PeerHarness;

namespace CoordPS.Zab.Tests;

public class LearnerTests
{
    [Fact]
    public void A_follower_goes_through_discovery_synchronization_and_broadcast()
    {
        var member = new PeerHarness(1, accepted: 1, current: 1, log: [Z(1, 1)]);
        long leader = member.Follow(3, Z(1, 1), 1);
        QuorumPacket info = member.Sends.Single(s => s.Kind == ZabSendKind.Packet).Packet;
        Assert.Equal(new LearnerInfo(1, 0x10000, 0).ToArray(), info.Data);
        Assert.Equal("FOLLOWERINFO 1.0", member.Sent(leader));

        member.Packet(leader, QuorumPacketType.LeaderInfo, Z(2, 0), Int(0x10000));
        Assert.Equal(1, BinaryPrimitives.ReadInt32BigEndian(member.Sends[^1].Packet.Data));
        Assert.Equal("ACKEPOCH 1.1", member.Sent(leader));

        member.Packet(leader, QuorumPacketType.Diff, Z(1, 3));
        foreach (uint counter in (uint[])[2, 3])
        {
            member.Proposal(leader, Z(1, counter));
            member.Packet(leader, QuorumPacketType.Commit, Z(1, counter));
        }

        member.Packet(leader, QuorumPacketType.NewLeader, Z(2, 0));
        Assert.Equal("ACK 2.0", member.Sent(leader).Split(", ")[0]);
        Assert.Empty(member.Delivered);
        member.Packet(leader, QuorumPacketType.UpToDate, -1);
        Assert.Equal([Z(1, 1), Z(1, 2), Z(1, 3)], member.Delivered);
        Assert.True(member.Peer.Role.IsServing);

        member.Sends.Clear();
        member.Proposal(leader, Z(2, 1));
        Assert.Equal("ACK 2.1", member.Sent(leader));
        member.Packet(leader, QuorumPacketType.Commit, Z(2, 1));
        Assert.Equal(Z(2, 1), member.Delivered.Last());
        Assert.Equal(
            [ZabWriteKind.AcceptedEpoch, ZabWriteKind.Append, ZabWriteKind.Append, ZabWriteKind.CurrentEpoch, ZabWriteKind.Append],
            member.Writes.Select(w => w.Kind));
    }

    [Fact]
    public void Nothing_is_promised_before_it_is_durable()
    {
        var member = new PeerHarness(1) { SyncsAtOnce = false };
        long leader = member.Follow(3);
        member.Sent(leader);
        member.Packet(leader, QuorumPacketType.LeaderInfo, Z(1, 0), Int(0x10000));
        Assert.Equal("", member.Sent(leader));
        member.Sync();
        Assert.Equal("ACKEPOCH 0.0", member.Sent(leader));
        member.Packet(leader, QuorumPacketType.Diff, 0);
        member.Proposal(leader, Z(1, 1));
        member.Packet(leader, QuorumPacketType.NewLeader, Z(1, 0));
        Assert.Equal("", member.Sent(leader));
        // The epoch is written behind the history: a crash may keep the history alone, never the epoch alone.
        Assert.Equal([ZabWriteKind.AcceptedEpoch, ZabWriteKind.Append, ZabWriteKind.CurrentEpoch], member.Writes.Select(w => w.Kind));
        member.Do(p => p.WritesCompleted(member.Writes[1].Sequence));
        Assert.Equal("", member.Sent(leader));
        member.Sync();
        Assert.Equal("ACK 1.0, ACK 1.1", member.Sent(leader));
        member.Packet(leader, QuorumPacketType.UpToDate, -1);
        Assert.Equal("ACK 1.0", member.Sent(leader));
        member.Proposal(leader, Z(1, 2));
        Assert.Equal("", member.Sent(leader));
        member.Sync();
        Assert.Equal("ACK 1.2", member.Sent(leader));
    }

    [Fact]
    public void An_epoch_promised_before_is_not_promised_again()
    {
        var member = new PeerHarness(1, accepted: 4, current: 2, log: [Z(2, 1)]);
        long leader = member.Follow(3, Z(3, 1), 3);
        member.Sends.Clear();
        member.Packet(leader, QuorumPacketType.LeaderInfo, Z(4, 0), Int(0x10000));
        Assert.Equal(-1, BinaryPrimitives.ReadInt32BigEndian(member.Sends.Single().Packet.Data));
        Assert.Empty(member.Writes);
    }

    [Fact]
    public void A_leader_with_an_earlier_epoch_is_left()
    {
        var member = new PeerHarness(1, accepted: 4, current: 2);
        long leader = member.Follow(3, Z(3, 1), 3);
        member.Sent(leader);
        member.Packet(leader, QuorumPacketType.LeaderInfo, Z(3, 0), Int(0x10000));
        Assert.Equal("(close)", member.Sent(leader));
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
        Assert.Contains("earlier than the accepted 4", member.Warnings, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tail_that_was_never_committed_is_dropped()
    {
        var member = new PeerHarness(1, accepted: 1, current: 1, log: [Z(1, 1), Z(1, 2), Z(1, 3)]);
        long leader = Sync(member, 2, p => p.Packet(1, QuorumPacketType.Trunc, Z(1, 1)));
        Assert.Equal(Z(1, 1), member.Peer.LastLoggedZxid);
        Assert.Equal([Z(1, 1)], member.Delivered);
        member.Proposal(leader, Z(2, 1));
        member.Packet(leader, QuorumPacketType.Commit, Z(2, 1));
        Assert.Equal([Z(1, 1), Z(2, 1)], member.Delivered);
    }

    [Fact]
    public void A_snapshot_replaces_everything_and_what_it_covers_is_skipped()
    {
        var member = new PeerHarness(1, accepted: 1, current: 1, log: [Z(1, 1)]);
        object snapshot = new();
        Sync(member, 2, p =>
        {
            p.Do(peer => peer.ReceiveSnapshot(1, Z(1, 9), snapshot));
            p.Proposal(1, Z(1, 9)); // Apache queues proposals before it reads the snapshot's zxid
            p.Packet(1, QuorumPacketType.Commit, Z(1, 9));
            p.Proposal(1, Z(1, 10));
            p.Packet(1, QuorumPacketType.Commit, Z(1, 10));
        });
        Assert.Contains(member.Writes, w => w.Kind == ZabWriteKind.InstallSnapshot && w.Snapshot == snapshot && w.Value == Z(1, 9));
        Assert.Contains(member.Events, e => e.Kind == ZabEventKind.RestoreSnapshot && e.Snapshot == snapshot);
        Assert.Equal([Z(1, 10)], member.Delivered);
    }

    [Fact]
    public void Dropping_what_was_delivered_is_an_error_that_stops_the_member()
    {
        var member = new PeerHarness(1, accepted: 1, current: 1, snapshot: Z(1, 5));
        long leader = member.Follow(3, Z(1, 5), 1);
        member.Packet(leader, QuorumPacketType.LeaderInfo, Z(2, 0), Int(0x10000));
        ZabException e = Assert.Throws<ZabException>(() => member.Packet(leader, QuorumPacketType.Trunc, Z(1, 2)));
        Assert.Contains("0x100000005", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(QuorumPacketType.Commit, 1, 9)] // not proposed
    [InlineData(QuorumPacketType.Proposal, 2, 5)] // a gap
    [InlineData(QuorumPacketType.NewLeader, 2, 0)]
    [InlineData(QuorumPacketType.Diff, 2, 0)]
    public void A_leader_that_breaks_the_protocol_is_left(QuorumPacketType type, long epoch, uint counter)
    {
        var member = new PeerHarness(1, accepted: 1, current: 1, log: [Z(1, 1)]);
        long leader = Sync(member, 2, p => p.Packet(1, QuorumPacketType.Diff, Z(1, 1)));
        member.Proposal(leader, Z(2, 1));
        member.Packet(leader, type, Z(epoch, counter), Txn(Z(epoch, counter)));
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
        Assert.Contains("broke the protocol", member.Warnings, StringComparison.Ordinal);
    }

    [Fact]
    public void A_malformed_packet_costs_its_connection_and_no_more()
    {
        var member = new PeerHarness(1);
        long leader = Sync(member, 1, p => p.Packet(1, QuorumPacketType.Diff, 0));
        member.Packet(leader, QuorumPacketType.Proposal, Z(1, 1), [.. new byte[31], 16]);
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
        Assert.Contains("malformed", member.Warnings, StringComparison.Ordinal);
    }

    [Fact]
    public void A_silent_leader_is_left_after_syncLimit()
    {
        var member = new PeerHarness(1);
        long leader = Sync(member, 1, p => p.Packet(1, QuorumPacketType.Diff, 0));
        member.Do(p => p.Tick(400));
        member.Packet(leader, QuorumPacketType.Ping, Z(1, 0));
        member.Do(p => p.Tick(899));
        Assert.True(member.Peer.Role.IsServing);
        member.Do(p => p.Tick(900));
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
    }

    [Fact]
    public void A_leader_that_misses_its_pings_is_left_before_syncLimit()
    {
        var member = new PeerHarness(1, leaderSilence: 125);
        long leader = Sync(member, 1, p => p.Packet(1, QuorumPacketType.Diff, 0));
        for (int now = 10; now <= 200; now += 10)
        {
            member.Do(p => p.Tick(now));
            if (now % 50 == 0)
                member.Packet(leader, QuorumPacketType.Ping, Z(1, 0));
        }

        for (int now = 210; now <= 320; now += 10)
            member.Do(p => p.Tick(now));
        Assert.True(member.Peer.Role.IsServing);
        member.Do(p => p.Tick(330));
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
    }

    [Fact]
    public void A_pause_of_the_member_itself_is_no_silence_of_its_leader()
    {
        var member = new PeerHarness(1, leaderSilence: 125);
        long leader = Sync(member, 1, p => p.Packet(1, QuorumPacketType.Diff, 0));
        member.Do(p => p.Tick(450));
        Assert.True(member.Peer.Role.IsServing);
        member.Packet(leader, QuorumPacketType.Ping, Z(1, 0));
        member.Do(p => p.Tick(900));
        Assert.True(member.Peer.Role.IsServing);
        member.Do(p => p.Tick(950));
        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
    }

    [Fact]
    public void A_leader_that_does_not_listen_yet_is_dialed_again()
    {
        var member = new PeerHarness(1);
        member.Elect(3);
        for (int attempt = 1; attempt <= 10; attempt++)
        {
            long connection = member.Sends.Last(s => s.Kind == ZabSendKind.Dial).Connection;
            Assert.Equal(attempt, member.Sends.Count(s => s.Kind == ZabSendKind.Dial));
            member.Do(p => p.ConnectionClosed(connection));
            if (attempt < 10)
                member.Do(p => p.Tick(p.Now + 100));
        }

        Assert.Equal(ServerState.Looking, member.Peer.Role.State);
    }

    [Fact]
    public void Pings_syncs_and_sessions_pass_through()
    {
        var member = new PeerHarness(1);
        long leader = Sync(member, 1, p => p.Packet(1, QuorumPacketType.Diff, 0));
        member.Sends.Clear();
        member.Packet(leader, QuorumPacketType.Ping, Z(1, 0));
        ZabEvent ping = member.Events.Last(e => e.Kind == ZabEventKind.PingReceived);
        member.Do(p => p.AnswerPing(ping.Zxid, [1, 2]));
        member.Do(p => p.ForwardRequest([3], [new AclId("ip", "::1")]));
        member.Do(p => p.Revalidate([4]));
        Assert.Equal([QuorumPacketType.Ping, QuorumPacketType.Request, QuorumPacketType.Revalidate], member.Sends.Select(s => s.Packet.Type));
        member.Packet(leader, QuorumPacketType.Sync, 0);
        member.Packet(leader, QuorumPacketType.Revalidate, 0, [5]);
        Assert.Equal([ZabEventKind.SyncReplied, ZabEventKind.SessionRevalidated], member.Events.TakeLast(2).Select(e => e.Kind));
    }

    [Fact]
    public void An_observer_logs_and_delivers_what_it_is_informed_of()
    {
        var member = new PeerHarness(4, Three + "\nserver.4=d:1:2:observer;5");
        member.Vote(1, ServerState.Following, 3, 0, 1, 1);
        member.Vote(3, ServerState.Leading, 3, 0, 1, 1);
        long leader = member.Sends.Single(s => s.Kind == ZabSendKind.Dial).Connection;
        member.Do(p => p.ConnectionOpened(leader));
        Assert.Equal("OBSERVERINFO 0.0", member.Sent(leader));
        Finish(member, leader, 1, p => p.Packet(leader, QuorumPacketType.Diff, 0));
        member.Sends.Clear();
        member.Packet(leader, QuorumPacketType.Inform, Z(1, 1), Txn(Z(1, 1)));
        Assert.Equal([Z(1, 1)], member.Delivered);
        Assert.Equal("", member.Sent(leader));
        Assert.Contains(member.Writes, w => w.Kind == ZabWriteKind.Append && w.Value == Z(1, 1));
    }

    [Fact]
    public void A_reconfiguration_that_names_another_leader_goes_to_it_without_an_election()
    {
        var member = new PeerHarness(1, reconfig: true);
        long leader = Sync(member, 1, p => p.Packet(1, QuorumPacketType.Diff, 0));
        EnsembleConfig next = member.Peer.Config.Change(null, "3", Z(1, 1));
        member.Packet(leader, QuorumPacketType.Proposal, Z(1, 1), Reconfig(Z(1, 1), next));
        Assert.Equal(Z(1, 1), member.Peer.LastSeen.Version);
        Assert.Equal([ZabWriteKind.NextConfig, ZabWriteKind.Append], member.Writes.TakeLast(2).Select(w => w.Kind));
        member.Notifications.Clear();
        member.Packet(leader, QuorumPacketType.CommitAndActivate, Z(1, 1), Long(2));
        Assert.Equal([Z(1, 1)], member.Delivered);
        Assert.Equal((ServerState.Following, 2), (member.Peer.Role.State, member.Peer.Role.Leader));
        Assert.Empty(member.Notifications);
        Assert.Equal(2, member.Sends.Last(s => s.Kind == ZabSendKind.Dial).Member);
    }

    [Fact]
    public void The_designated_leader_leads_without_an_election()
    {
        var member = new PeerHarness(1, reconfig: true);
        long leader = Sync(member, 1, p => p.Packet(1, QuorumPacketType.Diff, 0));
        EnsembleConfig next = member.Peer.Config.Change(null, "3", Z(1, 1));
        member.Packet(leader, QuorumPacketType.Proposal, Z(1, 1), Reconfig(Z(1, 1), next));
        member.Packet(leader, QuorumPacketType.CommitAndActivate, Z(1, 1), Long(1));
        Assert.Equal(ServerState.Leading, member.Peer.Role.State);
    }

    [Fact]
    public void A_follower_that_becomes_an_observer_connects_again_as_one()
    {
        var member = new PeerHarness(1, reconfig: true);
        long leader = Sync(member, 1, p => p.Packet(1, QuorumPacketType.Diff, 0));
        EnsembleConfig next = member.Peer.Config.Change("server.1=a:1:2:observer;5", null, Z(1, 1));
        member.Packet(leader, QuorumPacketType.Proposal, Z(1, 1), Reconfig(Z(1, 1), next));
        member.Packet(leader, QuorumPacketType.CommitAndActivate, Z(1, 1), Long(3));
        Assert.Equal((ServerState.Observing, 3), (member.Peer.Role.State, member.Peer.Role.Leader));
    }

    /// <summary>Follows server 3 and is brought up to date; <paramref name="history"/> speaks on connection 1.</summary>
    private static long Sync(PeerHarness member, long epoch, Action<PeerHarness> history)
    {
        long leader = member.Follow(3, Z(9, 9), epoch);
        Assert.Equal(1, leader);
        Finish(member, leader, epoch, history);
        return leader;
    }

    private static void Finish(PeerHarness member, long leader, long epoch, Action<PeerHarness> history)
    {
        member.Packet(leader, QuorumPacketType.LeaderInfo, Z(epoch, 0), Int(0x10000));
        history(member);
        member.Packet(leader, QuorumPacketType.NewLeader, Z(epoch, 0));
        member.Packet(leader, QuorumPacketType.UpToDate, -1);
        Assert.True(member.Peer.Role.IsServing, member.Warnings);
    }
}
