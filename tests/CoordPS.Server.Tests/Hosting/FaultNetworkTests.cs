using System.Diagnostics;
using CoordPS.Client;
using CoordPS.Server.Hosting;
using CoordPS.Testing;

namespace CoordPS.Server.Tests.Hosting;

public sealed class FaultNetworkTests
{
    [Fact]
    public async Task A_leader_that_is_isolated_stops_serving_another_takes_over_and_after_healing_all_are_one_again()
    {
        await using LocalEnsemble ensemble = await HostedEnsemble.StartAsync(HostedEnsemble.Options(3));
        LocalMember old = ensemble.Leader!;
        long[] rest = [.. ensemble.Members.Select(static m => m.Id).Where(id => id != old.Id)];
        ensemble.Network!.Isolate(old.Id);
        Assert.Equal(4, ensemble.Network.Faults.Count);
        await Eventually.TrueAsync(() => !old.IsServing, "the isolated leader serves nobody");
        LocalMember next = await HostedEnsemble.LeaderAmongAsync(ensemble, rest);
        await using (ZooKeeperClient client = await HostedEnsemble.ConnectAsync(next))
            await HostedEnsemble.WriteAsync(client, "/meanwhile");
        Assert.False(old.IsServing);
        ensemble.Network.Heal();
        Assert.Empty(ensemble.Network.Faults);
        await Eventually.TrueAsync(() => old.IsServing, "the old leader follows");
        await using ZooKeeperClient reader = await HostedEnsemble.ConnectAsync(old);
        await reader.SyncAsync("/");
        Assert.NotNull(await reader.ExistsAsync("/meanwhile"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_leader_that_can_only_speak_or_only_hear_is_replaced(bool speaks)
    {
        await using LocalEnsemble ensemble = await HostedEnsemble.StartAsync(HostedEnsemble.Options(3));
        LocalMember old = ensemble.Leader!;
        long[] rest = [.. ensemble.Members.Select(static m => m.Id).Where(id => id != old.Id)];
        foreach (long id in rest)
            ensemble.Network!.Cut(speaks ? id : old.Id, speaks ? old.Id : id, oneWay: true);
        await HostedEnsemble.LeaderAmongAsync(ensemble, rest);
        await Eventually.TrueAsync(() => !old.IsServing, "the old leader serves nobody");
        ensemble.Network!.Heal();
        await Eventually.TrueAsync(() => ensemble.Members.All(static m => m.IsServing), "all serve again");
    }

    [Fact]
    public async Task In_a_partition_only_the_side_with_a_quorum_serves()
    {
        await using LocalEnsemble ensemble = await HostedEnsemble.StartAsync(HostedEnsemble.Options(5));
        ensemble.Network!.Partition([1, 2], [3, 4, 5]);
        Assert.Equal(12, ensemble.Network.Faults.Count);
        await HostedEnsemble.LeaderAmongAsync(ensemble, 3, 4, 5);
        await Eventually.TrueAsync(() => ensemble.Members.All(static m => m.IsServing == m.Id >= 3), "3, 4 and 5 serve");
        // Another partition takes the place of the first.
        ensemble.Network.Partition([5]);
        await HostedEnsemble.LeaderAmongAsync(ensemble, 1, 2, 3, 4);
        await Eventually.TrueAsync(() => ensemble.Members.All(static m => m.IsServing == m.Id < 5), "all but 5 serve");
    }

    [Fact]
    public async Task A_delay_makes_a_write_as_late_and_loses_nothing()
    {
        await using LocalEnsemble ensemble = await HostedEnsemble.StartAsync(HostedEnsemble.PatientOptions(3));
        LocalMember leader = ensemble.Leader!;
        await using ZooKeeperClient client = await HostedEnsemble.ConnectAsync(leader);
        foreach (LocalMember other in ensemble.Members.Where(m => m.Id != leader.Id))
            ensemble.Network!.Delay(leader.Id, other.Id, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(20));
        long start = Stopwatch.GetTimestamp();
        await client.CreateAsync("/late", Array.Empty<byte>());
        // There and back, by a clock that may go in steps of 10 ms.
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 180, double.MaxValue);
        start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.CreateAsync($"/late/{i}", Array.Empty<byte>())));
        // Delays are not bandwidth: what is sent together arrives together. One after the other they would take 40 s.
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 180, 20_000);
        ensemble.Network!.Heal();
        await client.CreateAsync("/soon", Array.Empty<byte>());
        Assert.All(ensemble.Members, static m => Assert.True(m.IsServing));
    }

    [Fact]
    public async Task Clients_are_cut_off_only_when_named()
    {
        await using LocalEnsemble ensemble = await HostedEnsemble.StartAsync(HostedEnsemble.PatientOptions(3));
        LocalMember follower = ensemble.Members.First(static m => m.Role == LocalMemberRole.Follower);
        await using ZooKeeperClient client = await HostedEnsemble.ConnectAsync(follower);
        ensemble.Network!.Cut(FaultNetwork.Clients, follower.Id);
        Task<CreateResult> write = client.CreateAsync("/stuck", Array.Empty<byte>());
        Assert.NotSame(write, await Task.WhenAny(write, Task.Delay(300)));
        Assert.True(follower.IsServing);
        ensemble.Network.Heal();
        await write;
    }

    [Fact]
    public void Members_that_do_not_exist_are_refused()
    {
        var network = new FaultNetwork([1, 2, 3]);
        Assert.Contains("There is no member 4", Assert.Throws<ArgumentException>(() => network.Isolate(4)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => network.Cut(1, 1));
        Assert.Throws<ArgumentException>(() => network.Partition([1, 2], [2, 3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => network.Delay(1, 2, TimeSpan.FromMilliseconds(-1)));
        Assert.Empty(network.Faults);
    }
}
