using System.Globalization;
using CoordPS.Zab;
using CoordPS.Zab.Simulation;

namespace CoordPS.Simulation.Tests;

public class SimulatorTests
{
    /// <summary>How many seeds to run: COORDPS_SIMULATION_SEEDS, 2000 by default.</summary>
    private static int Seeds => int.TryParse(Environment.GetEnvironmentVariable("COORDPS_SIMULATION_SEEDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int seeds) ? seeds : 2000;

    [Fact]
    public void Zabs_properties_hold_and_histories_are_consistent_under_every_seed()
    {
        IReadOnlyList<SimulationResult> results = Simulator.RunMany(1, Seeds, new SimulationOptions { Seed = 0 });
        Assert.DoesNotContain(results, r => !r.Succeeded);
        // The runs are worth something only if what they are about did happen.
        Assert.True(results.Average(r => r.Committed) > 500);
        Assert.True(results.Average(r => r.Leaders) > 4);
        Assert.True(results.Average(r => r.Crashes) > 4);
        Assert.True(results.Sum(r => r.Truncations) > results.Count / 10);
        Assert.True(results.Sum(r => r.Snapshots) > results.Count);
        Assert.True(results.Sum(r => r.Reconfigurations) > results.Count / 4);
        Assert.True(results.Sum(r => r.LostWrites) > results.Count / 4);
    }

    [Theory]
    [InlineData(nameof(ZabFaultInjection.AckBeforeFsync), "durability")]
    [InlineData(nameof(ZabFaultInjection.SkipTruncate), "total order|agreement|no acknowledged transaction lost")]
    [InlineData(nameof(ZabFaultInjection.ReuseEpoch), "one leader per epoch|primary integrity")]
    [InlineData(nameof(ZabFaultInjection.CommitWithoutQuorum), "durability")]
    [InlineData(nameof(ZabFaultInjection.ForgetHistoryOnNewLeader), "durability|no acknowledged transaction lost|total order")]
    [InlineData(nameof(ZabFaultInjection.IgnoreNewQuorum), "durability|no acknowledged transaction lost|total order|liveness|one leader")]
    public void A_planted_bug_is_found(string bug, string properties)
    {
        IReadOnlyList<SimulationResult> results = Simulator.RunMany(1, 100, new SimulationOptions { Seed = 0, Faults = Enum.Parse<ZabFaultInjection>(bug) });
        SimulationResult[] failures = [.. results.Where(r => !r.Succeeded)];
        Assert.NotEmpty(failures);
        Assert.Contains(failures, f => properties.Split('|').Any(p => f.Failure!.StartsWith(p, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(nameof(ZabFaultInjection.AckBeforeFsync))]
    [InlineData(nameof(ZabFaultInjection.CommitWithoutQuorum))]
    public void A_planted_bug_is_found_by_what_it_leads_to_as_well(string bug)
    {
        // Without looking at the disks: sooner or later something acknowledged is lost, or histories fork.
        IReadOnlyList<SimulationResult> results = Simulator.RunMany(1, 150, new SimulationOptions { Seed = 0, Faults = Enum.Parse<ZabFaultInjection>(bug), LooksAtDisks = false });
        Assert.Contains(results, r => !r.Succeeded);
    }

    [Fact]
    public void A_seed_replays_exactly()
    {
        foreach (long seed in (long[])[3, 17, 2024])
        {
            using var first = new StringWriter();
            using var second = new StringWriter();
            SimulationResult a = Simulator.Run(new SimulationOptions { Seed = seed, Seconds = 15, Trace = first });
            SimulationResult b = Simulator.Run(new SimulationOptions { Seed = seed, Seconds = 15, Trace = second });
            SimulationResult untraced = Simulator.Run(new SimulationOptions { Seed = seed, Seconds = 15 });
            Assert.Equal(a, b);
            Assert.Equal(a, untraced);
            Assert.Equal(first.ToString(), second.ToString());
        }
    }

    [Fact]
    public void A_trace_shows_election_proposal_vote_and_commit()
    {
        using var output = new StringWriter();
        Assert.Equal(0, SimulationCommand.Run(["--seed", "5", "--seconds", "5", "--trace"], output));
        string trace = output.ToString();
        foreach (string part in (string[])["LOOKING round 1", "LEADERINFO epoch 1", "NEWLEADER 1.0", "PROPOSAL 1.1", "writes  append 1.1", "ACK 1.1", "COMMIT 1.1", "delivers  1.1", "seed 5: ok"])
            Assert.Contains(part, trace, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failing_seed_prints_how_to_replay_it()
    {
        SimulationResult failed = Simulator.RunMany(1, 20, new SimulationOptions { Seed = 0, Seconds = 5, Faults = ZabFaultInjection.ReuseEpoch }).First(r => !r.Succeeded);
        Assert.Contains($"seed {failed.Seed}: FAILED: ", failed.ToString(), StringComparison.Ordinal);
        SimulationResult again = Simulator.Run(new SimulationOptions { Seed = failed.Seed, Seconds = 5, Faults = ZabFaultInjection.ReuseEpoch });
        Assert.Equal(failed, again);
    }

    [Theory]
    [InlineData("--seed")]
    [InlineData("--seed", "x")]
    [InlineData("--voters", "99")]
    [InlineData("--trace", "--count", "2")]
    [InlineData("--speed", "2")]
    public void Wrong_arguments_are_explained(params string[] arguments)
    {
        using var output = new StringWriter();
        Assert.Equal(2, SimulationCommand.Run(arguments, output));
        Assert.Contains("simulate [--seed N]", output.ToString(), StringComparison.Ordinal);
    }
}
