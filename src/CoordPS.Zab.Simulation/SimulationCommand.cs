using System.Diagnostics;
using System.Globalization;

namespace CoordPS.Zab.Simulation;

/// <summary>The command line of the simulator, <c>coordps simulate</c>.</summary>
public static class SimulationCommand
{
    /// <summary>What the command takes.</summary>
    public const string Usage =
        """
        simulate [--seed N] [--count N] [--seconds N] [--voters N] [--observers N] [--trace]
          --seed       the first seed; 1 if not given
          --count      how many seeds to run, on all cores; 1 if not given
          --seconds    simulated seconds with faults in each run; 60 if not given
          --voters     voting members; chosen by the seed if not given
          --observers  observers; chosen by the seed if not given
          --trace      print what the members say to one another; takes a single seed
        """;

    /// <summary>Runs the command.</summary>
    /// <param name="arguments">The words behind <c>simulate</c>.</param>
    /// <param name="output">Where results go, and the trace.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>The exit code: 0 when all runs succeeded, 1 when one failed, 2 when the arguments are wrong.</returns>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(output);
        long seed = 1;
        int count = 1;
        bool trace = false;
        var options = new SimulationOptions { Seed = 0 };
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == "--trace")
            {
                trace = true;
                continue;
            }

            if (i + 1 >= arguments.Count || !long.TryParse(arguments[i + 1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
                return Refuse(output, $"'{arguments[i]}' takes a number.");
            switch (arguments[i++])
            {
                case "--seed":
                    seed = value;
                    break;
                case "--count" when value is > 0 and < int.MaxValue:
                    count = (int)value;
                    break;
                case "--seconds" when value is > 0 and <= 300:
                    options = options with { Seconds = (int)value };
                    break;
                case "--voters" when value is > 0 and <= 9:
                    options = options with { Voters = (int)value };
                    break;
                case "--observers" when value is >= 0 and <= 4:
                    options = options with { Observers = (int)value };
                    break;
                default:
                    return Refuse(output, $"'{arguments[i - 1]} {value}' is not known or out of range.");
            }
        }

        if (trace && count > 1)
            return Refuse(output, "A trace is of one seed; leave --count out.");
        if (trace)
        {
            SimulationResult single = Simulator.Run(options with { Seed = seed, Trace = output });
            output.WriteLine(single);
            return single.Succeeded ? 0 : 1;
        }

        var watch = Stopwatch.StartNew();
        IReadOnlyList<SimulationResult> results = Simulator.RunMany(seed, count, options, cancellation);
        foreach (SimulationResult result in results)
        {
            if (!result.Succeeded || count == 1)
                output.WriteLine(result);
            if (!result.Succeeded)
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  replay with: simulate --seed {result.Seed} --seconds {options.Seconds}{Given("voters", options.Voters, 0)}{Given("observers", options.Observers, -1)} --trace"));
        }

        int failed = results.Count(r => !r.Succeeded);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count} runs of {options.Seconds} simulated seconds in {watch.Elapsed.TotalSeconds:F1} s: {failed} failed; {results.Sum(r => (long)r.Committed)} transactions, {results.Sum(r => (long)r.Leaders)} leaders, {results.Sum(r => (long)r.Crashes)} crashes, {results.Sum(r => (long)r.Cuts)} cuts, {results.Sum(r => (long)r.Reconfigurations)} reconfigurations, {results.Sum(r => (long)r.Snapshots)} snapshots, {results.Sum(r => (long)r.Truncations)} truncations, {results.Sum(r => (long)r.LostWrites)} writes lost in crashes"));
        return failed == 0 ? 0 : 1;
    }

    private static string Given(string name, int value, int unset) =>
        value == unset ? "" : string.Create(CultureInfo.InvariantCulture, $" --{name} {value}");

    private static int Refuse(TextWriter output, string why)
    {
        output.WriteLine(why);
        output.WriteLine(Usage);
        return 2;
    }
}
