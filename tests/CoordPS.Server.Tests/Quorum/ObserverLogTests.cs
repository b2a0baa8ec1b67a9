using CoordPS.Client;
using CoordPS.Testing;

namespace CoordPS.Server.Tests.Quorum;

/// <summary>An observer with <c>syncEnabled=false</c>.</summary>
public sealed class ObserverLogTests
{
    [Fact]
    public async Task It_writes_no_log_and_begins_one_when_it_gets_a_vote()
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3, 1, "syncEnabled=false", "reconfigEnabled=true", "skipACL=yes");
        await using Writer writer = await Writer.StartAsync(ensemble.ConnectionString, "/w");
        await writer.WroteAsync(50);
        await ensemble.WaitUntilAllServeAsync();
        await using ZooKeeperClient client = await ensemble.ConnectAsync(4);
        Assert.Contains("Mode: observer", await ApacheZooKeeper.FourLetterWordAsync(ensemble.Ports[3], "srvr"), StringComparison.Ordinal);
        await client.SyncAsync("/");
        Assert.True((await client.GetChildrenAsync("/w")).Children.Count >= 50);
        string files = Path.Combine(ensemble.DataDirectory(4), "version-2");
        Assert.Empty(Directory.GetFiles(files, "log.*"));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(ensemble.DataDirectory(1), "version-2"), "log.*"));

        // What it passed over comes back from the leader.
        await ensemble.StopAsync(4);
        await ensemble.StartAsync(4);
        await ensemble.WaitUntilAllServeAsync();
        await writer.WroteAsync(20);

        await client.ReconfigAsync(joining: ensemble.LineOf(4));
        await writer.WroteAsync(20);
        await Eventually.TrueAsync(() => Directory.GetFiles(files, "log.*").Length > 0, "it logs");
        await writer.WroteAsync(20);
        await writer.StopAsync();
        IReadOnlyList<string> names = await ensemble.WaitUntilEqualAsync("/w");
        Assert.Empty(writer.Acknowledged.Except(names.Select(static n => n.Split('=')[0])));

        // Its disk is as good as the others': alone with one of them that has lost nothing, and after a crash.
        for (int id = 1; id <= 4; id++)
            await ensemble.CrashAsync(id);
        foreach (int id in new[] { 4, 1, 2 })
            await ensemble.StartAsync(id);
        await ensemble.WaitUntilAllServeAsync();
        Assert.Equal(names, await ensemble.WaitUntilEqualAsync("/w"));
    }
}
