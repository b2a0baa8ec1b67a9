using CoordPS.Testing;

namespace CoordPS.Interop.Tests;

/// <summary>
/// Our members and Apache's in one ensemble, all of them processes, under clients that write without pause: one client stays with each
/// member, and one uses all. What was acknowledged must be there in the end, once, and all members' trees equal.
/// </summary>
public sealed class MixedEnsembleTests
{
    private const ServerMake Ours = ServerMake.CoordPS;
    private const ServerMake Theirs = ServerMake.Apache;
    private const int SomeWrites = 100;

    [PeerFact(Peer.Apache)]
    public async Task Ours_leads_and_follows_two_of_Apaches()
    {
        await using ProcessEnsemble ensemble = await StartAsync([Theirs, Theirs, Ours]);
        await using CheckedLoad load = await LoadAsync(ensemble);

        // Member 2 may have more than the others, and member 1 has less: ours leads it.
        await ensemble.StopAsync(1);
        await load.WroteAsync(SomeWrites);
        await ensemble.StopAsync(2);
        await ensemble.StartAsync(1);
        await ensemble.WaitForModeAsync(3, "leader");
        await load.WroteAsync(SomeWrites);
        await ensemble.StartAsync(2);
        await ensemble.WaitUntilAllServeAsync();
        await load.WroteAsync(SomeWrites);

        // One of Apache's leads when ours comes back.
        await ensemble.StopAsync(3);
        await load.WroteAsync(SomeWrites);
        await ensemble.StartAsync(3);
        await ensemble.WaitForModeAsync(3, "follower");
        await load.WroteAsync(SomeWrites);

        // It follows whichever of the two leads.
        int leader = await ensemble.LeaderAsync();
        await ensemble.StopAsync(leader);
        await load.WroteAsync(SomeWrites);
        await ensemble.StartAsync(leader);
        await CheckAsync(ensemble, load);
    }

    [PeerFact(Peer.Apache)]
    public async Task Ours_observes_three_of_Apaches_and_one_of_Apaches_observes_ours()
    {
        await using ProcessEnsemble ensemble = await StartAsync([Theirs, Theirs, Theirs], [Ours]);
        await using CheckedLoad load = await LoadAsync(ensemble);
        await ensemble.WaitForModeAsync(4, "observer");
        await load.WroteAsync(SomeWrites);
        await ensemble.StopAsync(4);
        await load.WroteAsync(SomeWrites);
        await ensemble.StartAsync(4);
        await ensemble.WaitForModeAsync(4, "observer");
        int leader = await ensemble.LeaderAsync();
        await ensemble.StopAsync(leader);
        await load.WroteAsync(SomeWrites);
        await ensemble.StartAsync(leader);
        await ensemble.ReplaceAsync(4, Theirs);
        foreach (int id in (int[])[1, 2, 3])
            await ensemble.ReplaceAsync(id, Ours);
        await ensemble.WaitForModeAsync(4, "observer");
        await load.WroteAsync(SomeWrites);
        await CheckAsync(ensemble, load);
    }

    [PeerFact(Peer.Apache)]
    public async Task Apaches_members_are_replaced_by_ours_one_by_one_and_back_on_the_same_data()
    {
        await using ProcessEnsemble ensemble = await StartAsync([Theirs, Theirs, Theirs]);
        await using CheckedLoad load = await LoadAsync(ensemble);
        foreach (ServerMake make in (ServerMake[])[Ours, Theirs])
        {
            foreach (int id in ensemble.Ids)
            {
                await load.WroteAsync(SomeWrites);
                await ensemble.ReplaceAsync(id, make);
                await ensemble.WaitUntilAllServeAsync();
            }

            await load.WroteAsync(SomeWrites);
        }

        await CheckAsync(ensemble, load);
    }

    private static Task<ProcessEnsemble> StartAsync(IReadOnlyList<ServerMake> participants, IReadOnlyList<ServerMake>? observers = null) =>
        // Members end in good order, which is noticed at once; a busy machine must not make the others elect again.
        ProcessEnsemble.StartNewAsync(new ProcessEnsembleOptions { Participants = participants, Observers = observers ?? [], SyncLimit = 20 });

    private static Task<CheckedLoad> LoadAsync(ProcessEnsemble ensemble) =>
        CheckedLoad.StartAsync([.. ensemble.Ids.Select(ensemble.ConnectionOf), ensemble.ConnectionString]);

    private static async Task CheckAsync(ProcessEnsemble ensemble, CheckedLoad load)
    {
        await ensemble.WaitUntilAllServeAsync();
        await load.StopAsync();
        IReadOnlyList<Dictionary<string, string>> trees = await ensemble.DumpAsync();
        Assert.Empty(load.Check(trees[0]));
        Assert.All(trees, tree => Assert.Equal(trees[0], tree));
    }
}
