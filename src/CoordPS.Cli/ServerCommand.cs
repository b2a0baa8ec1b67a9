using System.Net.Sockets;
using System.Runtime.InteropServices;
using CoordPS.Server;
using CoordPS.Storage;
using Microsoft.Extensions.Logging;

namespace CoordPS.Cli;

/// <summary><c>coordps server</c>: a server in the foreground, until SIGTERM, SIGINT or Ctrl+C.</summary>
internal static partial class ServerCommand
{
    private const string Help = """
        coordps server ZOO.CFG [options]

        Runs a ZooKeeper server with the settings of an Apache zoo.cfg until SIGTERM or Ctrl+C.

          --log-level LEVEL     trace, debug, info (default), warn, error or none
          --log-format FORMAT   text (default) or json, one object a line
          --detach              in a session of its own, which the end of the terminal and Ctrl+C there don't reach

        Exit codes: 0 stopped when asked to; 1 failed; 2 wrong arguments or configuration; 3 unusable data directory.
        """;

    public static async Task<int> RunAsync(Arguments arguments)
    {
        if (arguments.WantsHelp)
        {
            await Console.Out.WriteLineAsync(Help).ConfigureAwait(false);
            return ExitCode.Success;
        }

        var level = arguments.Choice("--log-level", "info", "trace", "debug", "info", "warn", "error", "none");
        var detach = arguments.Flag("--detach");
        var format = arguments.Choice("--log-format", "text", "text", "json");
        var file = arguments.Positional(1, "the path of a zoo.cfg")[0];
        if (detach && !OperatingSystem.IsWindows())
        {
            // It fails for the leader of a process group, which a shell's background job may be: that one has no terminal to lose.
            _ = SetSession();
        }

        using var log = new ConsoleLog(ConsoleLog.Level(level), format == "json");
        var logger = log.CreateLogger("coordps");

        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var starting = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            // The first signal stops in good order; a second one ends the process as it would any other.
            signal.Cancel = stop.TrySetResult();
            starting.Cancel();
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            return await RunAsync(ServerConfig.Load(file), log, logger, stop.Task, starting.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.Task.IsCompleted)
        {
            logger.LogInformation("Stopped before it served");
            return ExitCode.Success;
        }
        catch (ConfigException e)
        {
            return await FailAsync(ExitCode.Usage, e.Message).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StorageException or UnauthorizedAccessException or IOException)
        {
            return await FailAsync(ExitCode.Data, e.Message).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            return await FailAsync(ExitCode.Failure, e.Message).ConfigureAwait(false);
        }
    }

    private static async Task<int> RunAsync(
        ServerConfig config, ILoggerFactory loggers, ILogger logger, Task stop, CancellationToken starting)
    {
        foreach (var warning in config.Warnings)
        {
            logger.LogWarning("{Warning}", warning);
        }

        var server = await ZooKeeperServer.StartAsync(config, loggers, starting).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            if (await Task.WhenAny(server.Completion, stop).ConfigureAwait(false) == stop)
            {
                await server.StopAsync().ConfigureAwait(false);
                return ExitCode.Success;
            }

            if (server.Completion.Exception is { } failure)
            {
                logger.LogCritical(failure.InnerException, "The server had to stop");
                return ExitCode.Failure;
            }

            return ExitCode.Success;
        }
    }

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    private static partial int SetSession();

    private static async Task<int> FailAsync(int code, string message)
    {
        await Console.Error.WriteLineAsync($"coordps server: {message}").ConfigureAwait(false);
        return code;
    }
}
