using System.Globalization;
using CoordPS.Testing;

namespace CoordPS.Benchmarks;

/// <summary>
/// Takes the leader of an ensemble of ours and of one of Apache's away, in turns, and compares how long clients can't write. See build/failover-compare.sh.
/// </summary>
internal static class LeaderLossComparison
{
    private const int Members = 3;

    public static async Task<int> RunAsync(string executable, int rounds, int tickTime)
    {
        ServerMake[] makes = Peers.Missing(Peer.Apache) is null ? [ServerMake.CoordPS, ServerMake.Apache] : [ServerMake.CoordPS];
        if (makes.Length == 1)
            Console.Error.WriteLine($"failover: ours only, since {Peers.Missing(Peer.Apache)}");
        var runs = new List<Run>();
        bool isRight = true;
        try
        {
            foreach (ServerMake make in makes)
                runs.Add(await Run.StartAsync(make, executable, tickTime));
            foreach (LeaderFate fate in Enum.GetValues<LeaderFate>())
            {
                for (int round = 1; round <= rounds; round++)
                {
                    foreach (Run run in runs)
                        await run.LoseLeaderAsync(fate);
                    Console.Error.WriteLine($"{fate} {round} of {rounds}: {string.Join(", ", runs.Select(r => $"{r.Make} {r.Times[fate][^1].TotalMilliseconds:0} ms"))}");
                }
            }

            foreach (Run run in runs)
                isRight &= await run.CheckAsync();
        }
        finally
        {
            foreach (Run run in runs)
                await run.DisposeAsync();
        }

        Print(runs, tickTime);
        return isRight ? 0 : 1;
    }

    private static void Print(List<Run> runs, int tickTime)
    {
        Console.WriteLine($"tickTime {tickTime}, initLimit 10, syncLimit 5, {Members} members.");
        Console.WriteLine();
        Console.WriteLine("| leader | ours / Apache, median | ours: median ms | p90 | max | Apache: median ms | p90 | max | rounds |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (LeaderFate fate in Enum.GetValues<LeaderFate>())
        {
            List<TimeSpan> ours = runs[0].Times[fate];
            string apache = "- | - | -";
            string ratio = "-";
            if (runs.Count > 1)
            {
                List<TimeSpan> theirs = runs[1].Times[fate];
                apache = Figures(theirs);
                ratio = (Quantile(ours, 0.5) / Quantile(theirs, 0.5)).ToString("0.00", CultureInfo.InvariantCulture);
            }

            Console.WriteLine($"| {(fate == LeaderFate.Killed ? "killed (SIGKILL)" : "stopped (SIGSTOP)")} | {ratio} | {Figures(ours)} | {apache} | {ours.Count} |");
        }
    }

    private static string Figures(List<TimeSpan> times) =>
        string.Create(CultureInfo.InvariantCulture, $"{Quantile(times, 0.5):0} | {Quantile(times, 0.9):0} | {Quantile(times, 1):0}");

    private static double Quantile(List<TimeSpan> times, double quantile)
    {
        double[] sorted = [.. times.Select(static t => t.TotalMilliseconds).Order()];
        double at = quantile * (sorted.Length - 1);
        int below = (int)at;
        return below + 1 == sorted.Length ? sorted[below] : sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below]));
    }

    private sealed class Run(ServerMake make, ProcessEnsemble ensemble, CheckedLoad load) : IAsyncDisposable
    {
        public ServerMake Make { get; } = make;

        public Dictionary<LeaderFate, List<TimeSpan>> Times { get; } = Enum.GetValues<LeaderFate>().ToDictionary(static f => f, static _ => new List<TimeSpan>());

        public static async Task<Run> StartAsync(ServerMake make, string executable, int tickTime)
        {
            ProcessEnsemble ensemble = await ProcessEnsemble.StartNewAsync(new ProcessEnsembleOptions
            {
                Participants = [.. Enumerable.Repeat(make, Members)], Executable = executable, TickTime = tickTime, InitLimit = 10, SyncLimit = 5,
            });
            // One client stays with each member, so that those with a follower tell when writes are possible; one may use all.
            CheckedLoad load = await CheckedLoad.StartAsync([.. ensemble.Ids.Select(ensemble.ConnectionOf), ensemble.ConnectionString]);
            await load.WroteAsync(2000);
            load.Pause();
            return new Run(make, ensemble, load);
        }

        public async Task LoseLeaderAsync(LeaderFate fate)
        {
            load.Resume();
            Times[fate].Add(await LeaderLoss.RunAsync(ensemble, load, fate));
            load.Pause();
        }

        public async Task<bool> CheckAsync()
        {
            await load.StopAsync();
            IReadOnlyList<Dictionary<string, string>> trees = await ensemble.DumpAsync();
            List<string> wrong = [.. load.Check(trees[0])];
            for (int i = 1; i < trees.Count; i++)
                wrong.AddRange(trees[0].Except(trees[i]).Concat(trees[i].Except(trees[0])).Select(node => $"members 1 and {i + 1} differ: {node.Key} {node.Value}"));
            Console.Error.WriteLine($"{Make}: {load.Acknowledged} writes acknowledged, {trees[0].Count} znodes, "
                + (wrong.Count == 0 ? "none lost, none twice, all members equal" : $"WRONG: {string.Join('\n', wrong.Take(20))}"));
            return wrong.Count == 0;
        }

        public async ValueTask DisposeAsync()
        {
            await load.DisposeAsync();
            await ensemble.DisposeAsync();
        }
    }
}
