using CoordPS.Client.Admin;
using CoordPS.Testing;

namespace CoordPS.Client.Tests.Admin;

public sealed class MemberProbeTests
{
    // Only a failure takes so long; a busy machine takes longer than the default.
    private static readonly AdminOptions Patient = new() { Timeout = Eventually.Patience };

    private const string Monitor34 =
        "zk_version\t3.4.14-4c25d480e66aadd371de8bd2fd8da255ac140bcf, built on 03/06/2019 16:18 GMT\nzk_avg_latency\t0\nzk_max_latency\t9\nzk_min_latency\t0\n" +
        "zk_packets_received\t7\nzk_packets_sent\t6\nzk_num_alive_connections\t1\nzk_outstanding_requests\t0\nzk_server_state\tleader\nzk_znode_count\t4\n" +
        "zk_watch_count\t3\nzk_ephemerals_count\t2\nzk_approximate_data_size\t27\nzk_open_file_descriptor_count\t30\nzk_max_file_descriptor_count\t4096\n" +
        "zk_fsync_threshold_exceed_count\t5\nzk_followers\t2\nzk_synced_followers\t2\nzk_pending_syncs\t1\n";

    [Fact]
    public async Task A_member_of_3_4_is_read_as_far_as_it_tells()
    {
        await using var server = new WordServer(WordServer.Srvr("leader", version: "3.4.14"), ("mntr", Monitor34), ("conf", "clientPort=2181\nserverId=3\ninitLimit=5\n"));
        MemberStatus status = await MemberProbe.ReadAsync(server.Name, Patient);
        Assert.Equal((MemberState.Serving, MemberRole.Leader, "3.4.14", 3), (status.State, status.Role, status.Version, status.Id));
        Assert.Equal((0x100000005, 1, 2, 1), (status.LastZxid!.Value, status.Epoch!.Value, status.Connections!.Value, status.Outstanding!.Value));
        Assert.Equal((0, 1.5, 12), (status.MinLatency!.Value, status.AverageLatency!.Value, status.MaxLatency!.Value));
        Assert.Equal((3, 2, 27, 30, 4096), (status.WatchCount!.Value, status.EphemeralCount!.Value, status.DataSize!.Value, status.OpenFiles!.Value, status.MaxFiles!.Value));
        Assert.Equal((2, 2, 1, 5), (status.Learners!.Value, status.SyncedFollowers!.Value, status.PendingSyncs!.Value, status.SlowFsyncs!.Value));
        Assert.Null(status.Sessions);
        Assert.Equal("version 3.4.14 does not tell it", status.WhyUnknown[nameof(status.Sessions)]);
        Assert.Equal("version 3.4.14 does not tell it", status.WhyUnknown[nameof(status.AverageFsync)]);
        Assert.Null(status.Membership);
    }

    [Fact]
    public async Task A_member_that_allows_srvr_only_is_read_by_that()
    {
        await using var server = new WordServer(WordServer.Srvr("follower"));
        MemberStatus status = await MemberProbe.ReadAsync(server.Name, Patient);
        Assert.Equal((MemberRole.Follower, 7), (status.Role, status.ZNodeCount!.Value));
        Assert.Null(status.WatchCount);
        Assert.Null(status.Id);
        Assert.Contains("mntr is not in the member's 4lw.commands.whitelist", status.WhyUnknown[nameof(status.WatchCount)], StringComparison.Ordinal);
        Assert.Contains("conf is not in", status.WhyUnknown[nameof(status.Id)], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_that_dont_serve_say_why()
    {
        await using var looking = new WordServer(("srvr", "This ZooKeeper instance is not currently serving requests\n"));
        MemberStatus status = await MemberProbe.ReadAsync(looking.Name, Patient);
        Assert.Equal(MemberState.NotServing, status.State);
        Assert.Contains("no quorum", status.Reason, StringComparison.Ordinal);

        await using var readOnly = new WordServer(("srvr", "Zookeeper version: 3.8.0-1, built on x\nREAD-ONLY mode; serving only read-only clients\nLatency min/avg/max: 0/0.0/0\nZxid: 0x1\nMode: read-only\nNode count: 5\n"));
        Assert.Equal(MemberState.ReadOnly, (await MemberProbe.ReadAsync(readOnly.Name, Patient)).State);

        status = await MemberProbe.ReadAsync(new ServerName("127.0.0.1", FreePort.Next()), Patient);
        Assert.Equal((MemberState.Unreachable, "nothing listens there"), (status.State, status.Reason));
        Assert.Equal("nothing listens there", status.WhyUnknown[nameof(status.LastZxid)]);
    }

    [Theory]
    [InlineData("3.8.0-5a02a05eddb59aee6ac762f7ea82e92a68eb9c0f, built on 2022-02-25 08:49 UTC", "3.8.0")]
    [InlineData("3.8.0-${mvngit.commit.id}, built on 2024-12-29 17:54 UTC", "3.8.0")]
    [InlineData("3.5.3-beta-8ce24f9e675cbefffb8f21a47e06b42864475a60, built on 04/03/2017 16:19 GMT", "3.5.3-beta")]
    [InlineData("3.5.0-alpha--1, built on 06/21/2014", "3.5.0-alpha")]
    [InlineData("3.8.0-CoordPS-0.1.0, built on 2026-01-31 12:00 UTC", "3.8.0-CoordPS-0.1.0")]
    [InlineData("3.8.0-CoordPS-0.2.0-preview.1", "3.8.0-CoordPS-0.2.0-preview.1")]
    [InlineData("unknown", null)]
    public void Versions_are_shown_without_the_build(string text, string? version) => Assert.Equal(version, MemberProbe.ShortVersion(text));

    [Theory]
    [InlineData("server.1=zk1:2888:3888:participant;0.0.0.0:2181", "zk1:2181", false)]
    [InlineData("server.1=zk1:2888:3888:observer;2182", "zk1:2182", true)]
    [InlineData("server.1=[fd00::1]:2888:3888;[fd00::2]:2181", "[fd00::2]:2181", false)]
    [InlineData("server.1=zk1:2888:3888|10.0.0.1:2888:3888:participant;zk1-client:2181", "zk1-client:2181", false)]
    [InlineData("server.1=zk1:2888:3888", null, false)]
    public void Server_lines_are_read(string line, string? client, bool isObserver)
    {
        MembershipEntry entry = Assert.Single(EnsembleMembership.Parse(line + "\nversion=10000000a")!.Members);
        Assert.Equal((1, 2888, 3888, isObserver, client), (entry.Id, entry.QuorumPort, entry.ElectionPort, entry.IsObserver, entry.Client?.ToString()));
    }

    [Fact]
    public void Connections_are_read()
    {
        const string Text = " /127.0.0.1:59628[0](queued=0,recved=1,sent=0)\n" +
            " /0:0:0:0:0:0:0:1:40000[1](queued=2,recved=5,sent=6,sid=0x10000000001,lop=PING,est=1700000000000,to=30000,lcxid=0x3,lzxid=0x5,lresp=12345,llat=1,minlat=0,avglat=2,maxlat=9)\n\n";
        ClientConnection[] connections = [.. AdminText.Connections(Text)];
        Assert.Equal(["127.0.0.1:59628", "0:0:0:0:0:0:0:1:40000"], connections.Select(connection => connection.Client));
        Assert.Null(connections[0].SessionId);
        Assert.Equal((0x10000000001, 2, "PING", TimeSpan.FromSeconds(30), 2d), (connections[1].SessionId!.Value, connections[1].Outstanding!.Value, connections[1].LastOperation, connections[1].Timeout!.Value, connections[1].AverageLatency!.Value));
    }
}
