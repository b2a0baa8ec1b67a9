using System.Reflection;
using CoordPS.Cli.Bench;
using CoordPS.Zab.Simulation;

namespace CoordPS.Cli;

/// <summary>Finds the subcommand and turns what goes wrong into one line and an exit code.</summary>
internal static class CommandLine
{
    private const string Help = """
        coordps: a ZooKeeper server, a load generator and a demonstration

          coordps server ZOO.CFG [--log-level LEVEL] [--log-format text|json] [--detach]
          coordps bench HOST:PORT[,HOST:PORT...] [options]
          coordps quickstart
          coordps simulate [--seed N] [--count N] [--trace]
          coordps version

        'coordps COMMAND --help' tells more about a command.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        var command = args.Length > 0 ? args[0] : "--help";
        try
        {
            return command switch
            {
                "server" => await ServerCommand.RunAsync(new Arguments("server", args.AsSpan(1))).ConfigureAwait(false),
                "bench" => await BenchCommand.RunAsync(new Arguments("bench", args.AsSpan(1))).ConfigureAwait(false),
                "quickstart" => await QuickstartCommand.RunAsync(new Arguments("quickstart", args.AsSpan(1))).ConfigureAwait(false),
                "simulate" => Simulate(args),
                "version" or "--version" => Print($"coordps {Version}", ExitCode.Success),
                "--help" or "-h" or "help" => Print(Help, args.Length > 0 ? ExitCode.Success : ExitCode.Usage),
                _ => throw new UsageException($"coordps: unknown command '{command}'; 'coordps --help' lists the commands"),
            };
        }
        catch (UsageException e)
        {
            await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
            return ExitCode.Usage;
        }
    }

    private static string Version =>
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static int Simulate(string[] args) => args.Contains("--help")
        ? Print($"coordps {SimulationCommand.Usage}", ExitCode.Success)
        : SimulationCommand.Run(args[1..], Console.Out);

    private static int Print(string text, int exitCode)
    {
        Console.Out.WriteLine(text);
        return exitCode;
    }
}
