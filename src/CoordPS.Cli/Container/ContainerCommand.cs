namespace CoordPS.Cli;

/// <summary><c>coordps container</c>: a server whose settings are environment variables, as the process of a container.</summary>
internal static class ContainerCommand
{
    private const string Help = """
        coordps container [options of coordps server]

        Runs a ZooKeeper server with the settings that the environment variables of the official Apache image name: ZOO_MY_ID, ZOO_SERVERS,
        ZOO_TICK_TIME, ZOO_INIT_LIMIT, ZOO_SYNC_LIMIT, ZOO_MAX_CLIENT_CNXNS, ZOO_STANDALONE_ENABLED, ZOO_ADMINSERVER_ENABLED,
        ZOO_AUTOPURGE_PURGEINTERVAL, ZOO_AUTOPURGE_SNAPRETAINCOUNT, ZOO_4LW_COMMANDS_WHITELIST, ZOO_CFG_EXTRA, and the folders ZOO_CONF_DIR (/conf),
        ZOO_DATA_DIR (/data) and ZOO_DATA_LOG_DIR (/datalog). A zoo.cfg or myid that is there already counts instead.

        Exit codes: those of coordps server.
        """;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (new Arguments("container", arguments).WantsHelp)
        {
            await Console.Out.WriteLineAsync(Help).ConfigureAwait(false);
            return ExitCode.Success;
        }

        var settings = new ContainerSettings(Environment.GetEnvironmentVariable);
        foreach (var warning in settings.Warnings())
        {
            await Console.Error.WriteLineAsync($"coordps container: {warning}").ConfigureAwait(false);
        }

        try
        {
            settings.Write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(
                $"coordps container: {e.Message} Let user {Environment.UserName} write there: a volume of the engine is its own, and a folder of the host needs chown.")
                .ConfigureAwait(false);
            return ExitCode.Data;
        }

        return await ServerCommand.RunAsync(new Arguments("server", [settings.ConfigFile, .. arguments])).ConfigureAwait(false);
    }
}
