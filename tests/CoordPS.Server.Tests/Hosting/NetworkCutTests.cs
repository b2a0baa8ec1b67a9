using System.Diagnostics;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Server.Hosting;
using CoordPS.Testing;

namespace CoordPS.Server.Tests.Hosting;

/// <summary>A leader that the network parts from the others, over real sockets: what it had proposed and nobody else has is gone afterwards.</summary>
public sealed class NetworkCutTests
{
    private const int TickTime = 1000;
    private const int SyncLimit = 5;

    /// <summary>Which ways between the leader and all others are cut.</summary>
    public enum CutWays
    {
        Both,
        FromLeader,
        ToLeader,
    }

    [Theory]
    [InlineData(CutWays.Both)]
    [InlineData(CutWays.FromLeader)]
    [InlineData(CutWays.ToLeader)]
    public async Task A_leader_that_is_cut_off_stops_within_syncLimit_and_loses_only_what_it_never_acknowledged(CutWays ways)
    {
        await using LocalEnsemble ensemble = await HostedEnsemble.StartAsync(HostedEnsemble.Options(3) with
        {
            Settings = new Dictionary<string, string> { ["tickTime"] = $"{TickTime}", ["initLimit"] = "10", ["syncLimit"] = $"{SyncLimit}" },
        });
        LocalMember old = ensemble.Leader!;
        long[] rest = [.. ensemble.Members.Select(static m => m.Id).Where(id => id != old.Id)];
        await using ZooKeeperClient onOld = await HostedEnsemble.ConnectAsync(old);
        await onOld.CreateAsync("/before", Array.Empty<byte>());

        long start = Stopwatch.GetTimestamp();
        foreach (long id in rest)
        {
            if (ways != CutWays.ToLeader)
                ensemble.Network!.Cut(old.Id, id, oneWay: true);
            if (ways != CutWays.FromLeader)
                ensemble.Network!.Cut(id, old.Id, oneWay: true);
        }

        Task<CreateResult> tail = onOld.CreateAsync("/tail", Array.Empty<byte>());
        await Eventually.TrueAsync(() => OutstandingOf(old) == 1, "the leader has proposed the write");
        // A time in which nothing ran here is not the leader's.
        double stalled = 0;
        long last = start;
        await Eventually.TrueAsync(
            () =>
            {
                double since = Stopwatch.GetElapsedTime(last).TotalMilliseconds;
                last = Stopwatch.GetTimestamp();
                stalled += since > TickTime / 2 ? since : 0;
                return !old.IsServing;
            },
            "it serves nobody");
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalMilliseconds - stalled, 0, SyncLimit * TickTime);
        ConnectionLossException loss = await Assert.ThrowsAsync<ConnectionLossException>(() => tail);
        Assert.Equal(ErrorCode.ConnectionLoss, loss.Error);

        LocalMember next = await HostedEnsemble.LeaderAmongAsync(ensemble, rest);
        await using (ZooKeeperClient onNext = await HostedEnsemble.ConnectAsync(next))
            await HostedEnsemble.WriteAsync(onNext, "/meanwhile");
        Assert.False(old.IsServing);

        ensemble.Network!.Heal();
        await Eventually.TrueAsync(() => old is { IsServing: true, Role: LocalMemberRole.Follower }, "the old leader follows");
        Dictionary<string, string> tree = await EqualTreeAsync(ensemble);
        Assert.Contains("/before", tree.Keys);
        Assert.Contains("/meanwhile", tree.Keys);
        // What only the leader's own way is open for, the others have in their logs: nobody was told, and it stays.
        Assert.Equal(ways == CutWays.ToLeader, tree.ContainsKey("/tail"));

        // Its disk says the same.
        await old.StopAsync();
        await old.StartAsync();
        await old.WaitUntilServingAsync();
        Assert.Equal(tree, await EqualTreeAsync(ensemble));
    }

    private static int OutstandingOf(LocalMember member) => ((InProcessMember)member).Server!.Member!.State.Outstanding;

    private static async Task<Dictionary<string, string>> EqualTreeAsync(LocalEnsemble ensemble)
    {
        Dictionary<string, string>? first = null;
        foreach (LocalMember member in ensemble.Members)
        {
            await using ZooKeeperClient client = await HostedEnsemble.ConnectAsync(member);
            await client.SyncAsync("/");
            Dictionary<string, string> tree = await TreeDump.ReadAsync(client);
            tree.Remove("/zookeeper/config");
            first ??= tree;
            Assert.Equal(first, tree);
        }

        return first!;
    }
}
