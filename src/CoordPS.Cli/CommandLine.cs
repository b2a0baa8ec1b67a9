using System.Reflection;
using CoordPS.Cli.Bench;
using CoordPS.Zab.Simulation;

namespace CoordPS.Cli;

/// <summary>Finds the subcommand and turns what goes wrong into one line and an exit code.</summary>
internal static class CommandLine
{
    private const string Help = """
        coordps: a ZooKeeper server, a load generator, a demonstration, and tools for its files

          coordps server ZOO.CFG [--log-level LEVEL] [--log-format text|json] [--detach]
          coordps container [options of server]
          coordps health [HOST:PORT] [--alive] [--timeout SECONDS]
          coordps bench HOST:PORT[,HOST:PORT...] [options]
          coordps quickstart
          coordps log PATH... [options]
          coordps snapshot PATH... [options]
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
                "container" => await ContainerCommand.RunAsync(args[1..]).ConfigureAwait(false),
                "health" => await HealthCommand.RunAsync(new Arguments("health", args.AsSpan(1))).ConfigureAwait(false),
                "bench" => await BenchCommand.RunAsync(new Arguments("bench", args.AsSpan(1))).ConfigureAwait(false),
                "quickstart" => await QuickstartCommand.RunAsync(new Arguments("quickstart", args.AsSpan(1))).ConfigureAwait(false),
                "log" => await PrintAsync(output => LogCommand.RunAsync(new Arguments("log", args.AsSpan(1)), output)).ConfigureAwait(false),
                "snapshot" => await PrintAsync(output => SnapshotCommand.RunAsync(new Arguments("snapshot", args.AsSpan(1)), output)).ConfigureAwait(false),
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

    /// <summary>Runs what prints a lot: the console's own writer flushes each line. Whoever reads it may have seen enough, as head does.</summary>
    private static async Task<int> PrintAsync(Func<TextWriter, Task<int>> print)
    {
        var output = Console.OpenStandardOutput();
        await using (output.ConfigureAwait(false))
        {
            // Not disposed of, which would write what the other side does not take.
            var writer = new StreamWriter(output, bufferSize: 64 * 1024);
            try
            {
                var exitCode = await print(writer).ConfigureAwait(false);
                await writer.FlushAsync().ConfigureAwait(false);
                return exitCode;
            }
            catch (IOException e) when (e is not Storage.StorageException)
            {
                return ExitCode.Failure;
            }
        }
    }

    private static int Print(string text, int exitCode)
    {
        Console.Out.WriteLine(text);
        return exitCode;
    }
}
