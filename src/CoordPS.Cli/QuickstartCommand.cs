using System.Diagnostics;
using System.Globalization;
using System.Text;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Server;

namespace CoordPS.Cli;

/// <summary><c>coordps quickstart</c>: a server and a client in this process go through the life of a znode, and nothing stays behind.</summary>
internal static class QuickstartCommand
{
    private const string Help = """
        coordps quickstart

        Starts a server on a free loopback port, creates, reads, updates, watches and deletes znodes through the client,
        prints what happened, stops the server and removes its data.
        """;

    public static async Task<int> RunAsync(Arguments arguments)
    {
        if (arguments.WantsHelp)
        {
            await Console.Out.WriteLineAsync(Help).ConfigureAwait(false);
            return ExitCode.Success;
        }

        arguments.Positional(0, "");
        var directory = Directory.CreateTempSubdirectory("coordps-quickstart-");
        try
        {
            await RunAsync(directory.FullName, Console.Out).ConfigureAwait(false);
        }
        finally
        {
            directory.Delete(recursive: true);
        }

        await Console.Out.WriteLineAsync("Stopped; its data is removed.").ConfigureAwait(false);
        return ExitCode.Success;
    }

    private static async Task RunAsync(string directory, TextWriter output)
    {
        var started = Stopwatch.StartNew();
        var config = new ServerConfig { DataDir = directory, ClientPortAddress = "127.0.0.1", TickTime = 2000, PreAllocSize = 64 };
        var server = await ZooKeeperServer.StartAsync(config).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            var address = server.ClientEndPoint.ToString();
            var client = await ZooKeeperClient.ConnectAsync(address).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                await output.WriteLineAsync($"A ZooKeeper server and a session on {address} after {started.ElapsedMilliseconds} ms").ConfigureAwait(false);
                await output.WriteLineAsync().ConfigureAwait(false);
                await ScenarioAsync(client, output).ConfigureAwait(false);
            }
        }
    }

    private static async Task ScenarioAsync(ZooKeeperClient client, TextWriter output)
    {
        var steps = new TextTable("Operation", "Path", "Data", "Version", "Zxid", "Result");
        var events = new List<WatchedEvent>();
        var watch = await client.OpenWatchAsync("/app", AddWatchMode.PersistentRecursive).ConfigureAwait(false);
        await using (watch.ConfigureAwait(false))
        {
            await CreateAsync("/app", "", CreateMode.Persistent).ConfigureAwait(false);
            await CreateAsync("/app/config", "color=blue", CreateMode.Persistent).ConfigureAwait(false);
            await CreateAsync("/app/worker-", "host-a", CreateMode.EphemeralSequential).ConfigureAwait(false);
            await CreateAsync("/app/worker-", "host-b", CreateMode.EphemeralSequential).ConfigureAwait(false);

            var (data, stat) = await client.GetDataAsync("/app/config").ConfigureAwait(false);
            Step("read", "/app/config", Encoding.UTF8.GetString(data ?? []), stat, "ok");
            var updated = await client.SetDataAsync("/app/config", "color=green"u8.ToArray(), version: 0).ConfigureAwait(false);
            Step("update", "/app/config", "color=green", updated, "ok, version was 0");
            try
            {
                await client.SetDataAsync("/app/config", "color=red"u8.ToArray(), version: 0).ConfigureAwait(false);
            }
            catch (BadVersionException e)
            {
                Step("update", "/app/config", "color=red", null, $"{e.Error}: version is no longer 0");
            }

            var children = (await client.GetChildrenAsync("/app").ConfigureAwait(false)).Children.Order(StringComparer.Ordinal).ToArray();
            foreach (var child in children.Where(c => c != "config"))
            {
                await client.DeleteAsync($"/app/{child}").ConfigureAwait(false);
                Step("delete", $"/app/{child}", "", null, "ok");
            }

            await client.MultiAsync([ZooKeeperOperation.Delete("/app/config"), ZooKeeperOperation.Delete("/app")]).ConfigureAwait(false);
            Step("delete", "/app/config + /app", "", null, "ok, both in one transaction");
            var gone = await client.ExistsAsync("/app").ConfigureAwait(false);
            Step("exists", "/app", "", gone, gone is null ? "no" : "yes");

            // The events of a session arrive in order, so the last one that is due ends the list.
            await foreach (var e in watch.Events.ReadAllAsync().ConfigureAwait(false))
            {
                events.Add(e);
                if (e is { Type: WatchEventType.NodeDeleted, Path: "/app" })
                {
                    break;
                }
            }
        }

        await output.WriteLineAsync(steps.ToString()).ConfigureAwait(false);
        var seen = new TextTable("Watch on /app and below saw", "Path");
        foreach (var e in events)
        {
            seen.Add(e.Type.ToString(), e.Path ?? "");
        }

        await output.WriteLineAsync(seen.ToString()).ConfigureAwait(false);

        async Task CreateAsync(string path, string data, CreateMode mode)
        {
            var created = await client.CreateAsync(path, Encoding.UTF8.GetBytes(data), mode).ConfigureAwait(false);
            Step("create", created.Path, data, created.Stat, mode.ToString());
        }

        void Step(string operation, string path, string data, Stat? stat, string result) => steps.Add(
            operation, path, data,
            stat?.Version.ToString(CultureInfo.InvariantCulture) ?? "",
            stat is { } s ? "0x" + s.Mzxid.ToString("x", CultureInfo.InvariantCulture) : "",
            result);
    }
}
