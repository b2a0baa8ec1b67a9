using System.Globalization;
using System.Text;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;
using CoordPS.Zab;

namespace CoordPS.Server.Tests.Quorum;

/// <summary>Members come, go and change their roles while the ensemble serves.</summary>
public sealed class ReconfigTests
{
    private static readonly string[] Enabled = ["reconfigEnabled=true", $"DigestAuthenticationProvider.superDigest={TestServerOptions.SuperDigest}"];

    [Theory]
    [InlineData("participant", false)]
    [InlineData("observer", false)]
    [InlineData("participant", true)]
    public async Task A_member_joins_at_run_time_and_every_member_knows_it_after_a_restart(string role, bool hasFiles)
    {
        await using TestEnsemble ensemble = await StartAsync(3, 0, hasFiles);
        await using Writer writer = await Writer.StartAsync(ensemble.ConnectionString, "/w");
        await writer.WroteAsync(20);
        int joiner = ensemble.AddJoiner(role);
        await ensemble.StartAsync(joiner);
        await ensemble.WaitUntilAllServeAsync();
        await using (ZooKeeperClient super = await TestEnsemble.ConnectAsSuperAsync(ensemble.ConnectionString))
        {
            string before = Text(await super.GetConfigAsync());
            Assert.DoesNotContain("server.4", before, StringComparison.Ordinal);
            ZNodeData after = await super.ReconfigAsync(joining: ensemble.LineOf(joiner, role));
            Assert.Contains(ensemble.LineOf(joiner, role) + "\n", Text(after), StringComparison.Ordinal);
            Assert.Equal(after.Stat.Mzxid, VersionOf(after));
            Assert.True(after.Stat.Mzxid > EnsembleConfig.Parse(before).Version);
        }

        await writer.WroteAsync(20);
        await ensemble.WaitUntilAllServeAsync();
        await WaitForModeAsync(ensemble, joiner, role == "observer" ? "observer" : "follower");
        await writer.StopAsync();
        await AssertKeptAsync(ensemble, writer);
        await AssertSameConfigAsync(ensemble, "server.4");
        await ensemble.RestartAllAsync();
        await AssertSameConfigAsync(ensemble, "server.4");
        if (role == "participant")
        {
            // Three of four are a quorum, two are none: it counts.
            await ensemble.StopAsync(1);
            await ensemble.WaitUntilAllServeAsync();
            await ensemble.StopAsync(2);
            await Eventually.TrueAsync(() => !ensemble[3].IsServing && !ensemble[4].IsServing, "two of four don't serve");
        }
    }

    [Fact]
    public async Task A_member_that_joins_late_gets_a_snapshot_and_then_a_vote()
    {
        await using TestEnsemble ensemble = await StartAsync(3);
        await using ZooKeeperClient super = await TestEnsemble.ConnectAsSuperAsync(ensemble.ConnectionString);
        await super.CreateAsync("/s");
        byte[] data = new byte[2000];
        await Task.WhenAll(Enumerable.Range(0, 800).Select(i => super.CreateAsync($"/s/{i}", data)));
        int joiner = ensemble.AddJoiner();
        await ensemble.StartAsync(joiner);
        await ensemble.WaitUntilAllServeAsync();
        Assert.Contains("Received a snapshot", ensemble.Log, StringComparison.Ordinal);
        await super.ReconfigAsync(joining: ensemble.LineOf(joiner));
        Assert.Equal(800, (await ensemble.WaitUntilEqualAsync("/s")).Count);
        await ensemble.RestartAllAsync();
        Assert.Equal(800, (await ensemble.WaitUntilEqualAsync("/s")).Count);
        await AssertSameConfigAsync(ensemble, "server.4");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_member_is_removed_and_goes_on_without_a_vote_even_if_it_was_the_leader(bool leader)
    {
        await using TestEnsemble ensemble = await StartAsync(4);
        await using Writer writer = await Writer.StartAsync(ensemble.ConnectionString, "/w");
        await writer.WroteAsync(20);
        int removed = leader ? await ensemble.LeaderAsync() : await ensemble.FollowerAsync();
        await using (ZooKeeperClient super = await TestEnsemble.ConnectAsSuperAsync(ConnectionOf(ensemble, removed)))
        {
            ZNodeData after = await super.ReconfigAsync(leaving: removed.ToString(CultureInfo.InvariantCulture));
            Assert.DoesNotContain($"server.{removed}=", Text(after), StringComparison.Ordinal);
        }

        await writer.WroteAsync(20);
        await WaitForModeAsync(ensemble, removed, "follower");
        Assert.NotEqual(removed, await ensemble.LeaderAsync());
        await ensemble.WaitUntilAllServeAsync();
        await AssertSameConfigAsync(ensemble);
        await ensemble.StopAsync(removed);
        // Two of the three that are left suffice.
        await ensemble.StopAsync(await ensemble.FollowerAsync());
        await writer.WroteAsync(20);
        await writer.StopAsync();
        await AssertKeptAsync(ensemble, writer);
    }

    [Fact]
    public async Task A_participant_becomes_an_observer_and_an_observer_a_participant()
    {
        await using TestEnsemble ensemble = await StartAsync(3, 1);
        await using Writer writer = await Writer.StartAsync(ensemble.ConnectionString, "/w");
        await using ZooKeeperClient super = await TestEnsemble.ConnectAsSuperAsync(ensemble.ConnectionString);
        await WaitForModeAsync(ensemble, 4, "observer");
        await super.ReconfigAsync(joining: ensemble.LineOf(4));
        await WaitForModeAsync(ensemble, 4, "follower");
        int demoted = await ensemble.LeaderAsync();
        await writer.WroteAsync(20);
        await RetryAsync(() => super.ReconfigAsync(joining: ensemble.LineOf(demoted, "observer")));
        await WaitForModeAsync(ensemble, demoted, "observer");
        await writer.WroteAsync(20);
        await ensemble.WaitUntilAllServeAsync();
        await writer.StopAsync();
        await AssertKeptAsync(ensemble, writer);
        await ensemble.RestartAllAsync();
        await WaitForModeAsync(ensemble, demoted, "observer");
        await AssertKeptAsync(ensemble, writer);
    }

    [Fact]
    public async Task The_whole_membership_is_replaced_step_by_step_with_no_acknowledged_write_lost()
    {
        await using TestEnsemble ensemble = await StartAsync(3);
        await using Writer writer = await Writer.StartAsync(
            ensemble.ConnectionString + "," + string.Join(',', Enumerable.Range(0, 3).Select(_ => $"127.0.0.1:{ensemble.Ports[ensemble.AddJoiner() - 1]}")), "/w");
        for (int id = 4; id <= 6; id++)
            await ensemble.StartAsync(id);
        await ensemble.WaitUntilAllServeAsync();
        await using ZooKeeperClient super = await TestEnsemble.ConnectAsSuperAsync(ensemble.ConnectionString);
        await writer.WroteAsync(20);
        ZNodeData after = await super.ReconfigAsync(newMembers: string.Join(',', Enumerable.Range(4, 3).Select(id => ensemble.LineOf(id))));
        Assert.Equal([4L, 5L, 6L], EnsembleConfig.Parse(Text(after)).Voters);
        await writer.WroteAsync(20);
        for (int id = 1; id <= 3; id++)
            await ensemble.StopAsync(id);
        await writer.WroteAsync(20);
        Assert.InRange(await ensemble.LeaderAsync(), 4, 6);
        await writer.StopAsync();
        await AssertKeptAsync(ensemble, writer);
        await ensemble.RestartAllAsync();
        await AssertKeptAsync(ensemble, writer);
        await AssertSameConfigAsync(ensemble, "server.6");
    }

    [Fact]
    public async Task A_member_moves_to_other_ports()
    {
        await using TestEnsemble ensemble = await StartAsync(3);
        await using Writer writer = await Writer.StartAsync(ensemble.ConnectionString, "/w");
        foreach (bool leader in new[] { false, true })
        {
            await writer.WroteAsync(20);
            int moved = leader ? await ensemble.LeaderAsync() : await ensemble.FollowerAsync();
            await using ZooKeeperClient super = await TestEnsemble.ConnectAsSuperAsync(ConnectionOf(ensemble, moved));
            ensemble.ChangePorts(moved);
            await super.ReconfigAsync(joining: ensemble.LineOf(moved));
            await using ZooKeeperClient client = await ensemble.ConnectAsync(moved);
            await client.CreateAsync($"/moved-{leader}");
            await writer.WroteAsync(20);
        }

        await ensemble.RestartAllAsync();
        await using Writer second = await Writer.StartAsync(ensemble.ConnectionString, "/w2");
        await second.WroteAsync(20);
        int gone = await ensemble.LeaderAsync();
        await ensemble.StopAsync(gone);
        await second.WroteAsync(20);
        await ensemble.StartAsync(gone);
        await ensemble.WaitUntilAllServeAsync();
        await second.StopAsync();
        await AssertKeptAsync(ensemble, second, "/w2");
    }

    [Fact]
    public async Task Watches_on_the_configuration_fire_on_every_member_once()
    {
        await using TestEnsemble ensemble = await StartAsync(3);
        var fired = new List<Task<WatchedEvent>>();
        var clients = new List<ZooKeeperClient>();
        int[] counts = new int[3];
        for (int id = 1; id <= 3; id++)
        {
            ZooKeeperClient client = await ensemble.ConnectAsync(id);
            clients.Add(client);
            var seen = new TaskCompletionSource<WatchedEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
            int index = id - 1;
            await client.GetConfigAsync(seen.SetResult);
            await client.AddWatchAsync("/zookeeper/config", AddWatchMode.Persistent, e => Interlocked.Add(ref counts[index], e.Type == WatchEventType.NodeDataChanged ? 1 : 0));
            fired.Add(seen.Task);
        }

        await using ZooKeeperClient super = await TestEnsemble.ConnectAsSuperAsync(ensemble.ConnectionString);
        string line = $"server.9=127.0.0.1:{FreePort.Next()}:{FreePort.Next()}:observer;127.0.0.1:{FreePort.Next()}";
        await super.ReconfigAsync(joining: line);
        foreach (Task<WatchedEvent> task in fired)
            Assert.Equal(WatchEventType.NodeDataChanged, (await task.WaitAsync(Eventually.Patience)).Type);
        foreach (ZooKeeperClient client in clients)
        {
            await client.SyncAsync("/");
            Assert.Contains(line, Text(await client.GetConfigAsync()), StringComparison.Ordinal);
        }

        // Handlers run one after the other, and the other one may be first.
        await Eventually.TrueAsync(() => counts.All(static c => c > 0), "the persistent watches have fired too");
        foreach (ZooKeeperClient client in clients)
            await client.DisposeAsync();
        Assert.All(counts, static c => Assert.Equal(1, c));
    }

    [Fact]
    public async Task What_can_not_be_is_refused_as_Apache_refuses_it_and_changes_nothing()
    {
        await using TestEnsemble ensemble = await StartAsync(3);
        await using ZooKeeperClient nobody = await TestEnsemble.ConnectAsync(ensemble.ConnectionString);
        await using ZooKeeperClient super = await TestEnsemble.ConnectAsSuperAsync(ConnectionOf(ensemble, await ensemble.FollowerAsync()));
        ZNodeData before = await super.GetConfigAsync();
        string observer = "server.9=127.0.0.1:1:2:observer;127.0.0.1:3";
        await Assert.ThrowsAsync<NoAuthException>(() => nobody.ReconfigAsync(joining: observer));
        await Assert.ThrowsAsync<BadVersionException>(() => super.ReconfigAsync(joining: observer, fromConfig: VersionOf(before) + 1));
        await Assert.ThrowsAsync<BadArgumentsException>(() => nobody.ReconfigAsync(joining: "some thing"));
        await Assert.ThrowsAsync<BadArgumentsException>(() => super.ReconfigAsync(joining: "server.9=127.0.0.1:1:2:observer"));
        await Assert.ThrowsAsync<BadArgumentsException>(() => super.ReconfigAsync(newMembers: ""));
        await Assert.ThrowsAsync<BadArgumentsException>(() => super.ReconfigAsync(leaving: "1,2"));
        await Assert.ThrowsAsync<BadArgumentsException>(() => super.ReconfigAsync(newMembers: ensemble.LineOf(1) + ",clientPort=1"));
        await AssertRefusedAsync(ErrorCode.NewConfigNoQuorum, super.ReconfigAsync(joining: string.Join(',', Enumerable.Range(7, 4).Select(
            static id => $"server.{id}=127.0.0.1:{id}1:{id}2;{id}3"))));
        ZNodeData after = await super.GetConfigAsync();
        Assert.Equal(Text(before), Text(after));
        Assert.Equal(before.Stat, after.Stat);
        // With the version that is current it works.
        await super.ReconfigAsync(joining: observer, fromConfig: VersionOf(before));
    }

    [Fact]
    public async Task One_reconfiguration_at_a_time()
    {
        await using TestEnsemble ensemble = await StartAsync(3);
        await using ZooKeeperClient super = await TestEnsemble.ConnectAsSuperAsync(ensemble.ConnectionString);
        Task<ZNodeData>[] calls = [.. Enumerable.Range(10, 20).Select(id => super.ReconfigAsync(joining: $"server.{id}=127.0.0.1:{id}1:{id}2:observer;{id}3"))];
        foreach (Task<ZNodeData> call in calls)
        {
            try
            {
                await call;
            }
            catch (ZooKeeperException e)
            {
                Assert.Equal(ErrorCode.ReconfigInProgress, e.Error);
            }
        }

        EnsembleConfig config = EnsembleConfig.Parse(Text(await super.GetConfigAsync()));
        Assert.True(calls[0].IsCompletedSuccessfully);
        Assert.Contains(calls, static c => c.IsFaulted);
        Assert.Equal(calls.Count(static c => c.IsCompletedSuccessfully), config.Observers.Count);
    }

    [Fact]
    public async Task Reconfiguration_is_off_unless_turned_on()
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3, 0, Enabled[1]);
        await using ZooKeeperClient super = await TestEnsemble.ConnectAsSuperAsync(ensemble.ConnectionString);
        await AssertRefusedAsync(ErrorCode.ReconfigDisabled, super.ReconfigAsync(leaving: "3"));
        Assert.Equal(0, VersionOf(await super.GetConfigAsync()));
        Assert.Empty(Directory.GetFiles(ensemble.DataDirectory(1), "zoo.cfg*"));
    }

    [Fact]
    public async Task With_skipACL_everyone_may()
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3, 0, Enabled[0], "skipACL=yes");
        await using ZooKeeperClient anyone = await TestEnsemble.ConnectAsync(ensemble.ConnectionString);
        await anyone.ReconfigAsync(joining: "server.9=127.0.0.1:1:2:observer;127.0.0.1:3");
    }

    internal static string Text(ZNodeData data) => Encoding.UTF8.GetString(data.Data!);

    internal static long VersionOf(ZNodeData config) => EnsembleConfig.Parse(Text(config)).Version;

    private static string ConnectionOf(TestEnsemble ensemble, int id) => $"127.0.0.1:{ensemble.Ports[id - 1]}";

    private static string ConfigIn(ZooKeeperServer member)
    {
        lock (member.Tree.Gate)
            return Encoding.UTF8.GetString(member.Tree.Find("/zookeeper/config")!.Value.Data);
    }

    private static async Task<TestEnsemble> StartAsync(int participants, int observers = 0, bool hasFiles = false)
    {
        var ensemble = new TestEnsemble(participants, observers, Enabled) { HasFiles = hasFiles };
        await ensemble.StartAllAsync();
        return ensemble;
    }

    private static async Task RetryAsync(Func<Task> reconfig) => await Eventually.TrueAsync(
        async () =>
        {
            try
            {
                await reconfig();
                return true;
            }
            catch (ZooKeeperException e) when (e.Error is ErrorCode.ConnectionLoss or ErrorCode.ReconfigInProgress or ErrorCode.NewConfigNoQuorum)
            {
                return false;
            }
        },
        "the reconfiguration is carried out");

    private static async Task AssertRefusedAsync(ErrorCode error, Task reconfig)
    {
        ZooKeeperException e = await Assert.ThrowsAnyAsync<ZooKeeperException>(() => reconfig);
        Assert.Equal(error, e.Error);
    }

    private static async Task WaitForModeAsync(TestEnsemble ensemble, int id, string mode)
    {
        try
        {
            await Eventually.TrueAsync(
                async () => (await TestEnsemble.AskModeAsync(ensemble[id].ClientEndPoint.Port)).Contains($"Mode: {mode}", StringComparison.Ordinal),
                $"member {id} is {mode}");
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{ensemble.Log}");
        }
    }

    private static async Task AssertKeptAsync(TestEnsemble ensemble, Writer writer, string path = "/w")
    {
        IReadOnlyList<string> names = await ensemble.WaitUntilEqualAsync(path);
        Assert.Empty(writer.Acknowledged.Except(names.Select(static n => n.Split('=')[0])));
    }

    /// <summary>All members that run have one configuration, by their tree and by what they go by.</summary>
    private static async Task AssertSameConfigAsync(TestEnsemble ensemble, string? contains = null)
    {
        string config = "";
        await Eventually.TrueAsync(
            () =>
            {
                string[] all = [.. ensemble.Running.SelectMany(id => new[] { ensemble[id].Member!.Ensemble.ToString(), ConfigIn(ensemble[id]) }).Distinct()];
                config = all[0];
                return all.Length == 1;
            },
            "one configuration");
        if (contains is not null)
            Assert.Contains(contains, config, StringComparison.Ordinal);
    }
}
