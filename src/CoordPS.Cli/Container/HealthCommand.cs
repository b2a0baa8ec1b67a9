using CoordPS.Client;
using CoordPS.Client.Admin;
using CoordPS.Server;
using CoordPS.Server.Hosting;
using MemberProbe = CoordPS.Client.Admin.MemberProbe;

namespace CoordPS.Cli;

/// <summary><c>coordps health</c>: whether a server serves, as an exit code for health checks and probes.</summary>
internal static class HealthCommand
{
    private const string Help = """
        coordps health [HOST:PORT] [--alive] [--timeout SECONDS]

        Asks a server, by default the one of this container ($ZOO_CONF_DIR/zoo.cfg), by the four-letter word srvr whether it serves clients.

          --alive            a server that answers is enough, such as one that looks for a leader
          --timeout SECONDS  how long it may take; default 3

        Exit codes: 0 it does; 1 it does not; 2 wrong arguments or configuration.
        """;

    public static async Task<int> RunAsync(Arguments arguments)
    {
        if (arguments.WantsHelp)
        {
            await Console.Out.WriteLineAsync(Help).ConfigureAwait(false);
            return ExitCode.Success;
        }

        var alive = arguments.Flag("--alive");
        var options = new AdminOptions { Timeout = arguments.Seconds("--timeout", 3) };
        try
        {
            var server = Parse(arguments.Optional("HOST:PORT"), arguments) ?? OfThisContainer();
            var (healthy, text) = await AskAsync(new FourLetterWordClient(server, options), alive).ConfigureAwait(false);
            await (healthy ? Console.Out : Console.Error).WriteLineAsync($"{server} {text}").ConfigureAwait(false);
            return healthy ? ExitCode.Success : ExitCode.Failure;
        }
        catch (ConfigException e)
        {
            await Console.Error.WriteLineAsync($"coordps health: {e.Message}").ConfigureAwait(false);
            return ExitCode.Usage;
        }
    }

    private static async Task<(bool Healthy, string Text)> AskAsync(FourLetterWordClient words, bool alive)
    {
        try
        {
            var status = MemberProbe.ReadServer(new MemberStatus { State = MemberState.Serving }, await words.SendAsync("srvr").ConfigureAwait(false));
            return status.State == MemberState.ReadOnly
                ? (alive, status.Reason ?? "")
                : (true, $"serves as {status.Role.ToString().ToLowerInvariant()}");
        }
        catch (AdminException e) when (e.Failure == AdminFailure.NotAllowed)
        {
            // A server that may not tell what it does is not one that does nothing.
            return (true, $"answers; whether it serves it may not tell: {e.Reason}");
        }
        catch (AdminException e)
        {
            return (alive && e.Failure == AdminFailure.NotServing, e.Reason);
        }
    }

    private static ServerName OfThisContainer()
    {
        var config = ServerConfig.Load(new ContainerSettings(Environment.GetEnvironmentVariable).ConfigFile);
        return config.ClientPort > 0
            ? new ServerName(MemberFolder.Reachable(config.ClientPortAddress).ToString(), config.ClientPort)
            : throw new ConfigException($"{config.ConfigFile}: no client port is set, so there is nowhere to ask; end the server line with ;2181");
    }

    private static ServerName? Parse(string? text, Arguments arguments)
    {
        try
        {
            return text is null ? null : ServerName.ParseList(text).Single();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw arguments.Wrong($"'{text}' is no HOST:PORT");
        }
    }
}
