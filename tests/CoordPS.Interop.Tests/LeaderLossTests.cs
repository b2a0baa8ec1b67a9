using CoordPS.Testing;

namespace CoordPS.Interop.Tests;

/// <summary>Three <c>coordps</c> processes whose leader is lost under load again and again. build/failover-compare.sh does it for longer, beside Apache's.</summary>
public sealed class LeaderLossTests
{
    [LinuxTheory]
    [InlineData(LeaderFate.Killed)]
    [InlineData(LeaderFate.Suspended)]
    public async Task No_acknowledged_write_is_lost_and_none_carried_out_twice(LeaderFate fate)
    {
        await using ProcessEnsemble ensemble = await ProcessEnsemble.StartNewAsync(
            new ProcessEnsembleOptions { Participants = [ServerMake.CoordPS, ServerMake.CoordPS, ServerMake.CoordPS] });
        await using CheckedLoad load = await CheckedLoad.StartAsync([.. ensemble.Ids.Select(ensemble.ConnectionOf), ensemble.ConnectionString]);
        for (int round = 0; round < 3; round++)
            await LeaderLoss.RunAsync(ensemble, load, fate);
        await load.StopAsync();
        IReadOnlyList<Dictionary<string, string>> trees = await ensemble.DumpAsync();
        Assert.Empty(load.Check(trees[0]));
        Assert.All(trees, tree => Assert.Equal(trees[0], tree));

        // The check would notice. What is there and was not acknowledged may be missing.
        string last = load.Created.Last();
        trees[0].Remove(last);
        Assert.Equal([$"{last} was acknowledged and is lost"], load.Check(trees[0]));
    }
}
