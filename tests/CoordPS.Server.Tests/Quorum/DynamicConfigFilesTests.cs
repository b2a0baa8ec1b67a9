using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Server.Tests.Quorum;

/// <summary>Where members keep a configuration that changes at run time.</summary>
public sealed class DynamicConfigFilesTests
{
    private static readonly string[] Enabled = ["reconfigEnabled=true", "skipACL=yes"];

    [Fact]
    public async Task A_static_file_is_kept_as_a_backup_and_names_the_dynamic_one_from_then_on()
    {
        await using var ensemble = new TestEnsemble(3, 0, [.. Enabled, "# A comment stays.", "autopurge.snapRetainCount=\\", "  4"]) { HasFiles = true };
        await ensemble.StartAllAsync();
        await using ZooKeeperClient client = await TestEnsemble.ConnectAsync(ensemble.ConnectionString);
        string file = ensemble.ConfigFile(2);
        long first = ReconfigTests.VersionOf(await client.GetConfigAsync());
        Assert.True(first >> 32 > 0, "the epoch of the leader that gave it");
        await Eventually.TrueAsync(() => File.Exists(file + $".dynamic.{first:x}") && !File.Exists(file + ".dynamic.next"), "the first version is written");
        await Eventually.TrueAsync(() => File.ReadAllText(file).Contains("dynamicConfigFile", StringComparison.Ordinal), "the static file names it");
        string backup = await File.ReadAllTextAsync(file + ".bak");
        string text = await File.ReadAllTextAsync(file);
        Assert.Contains("server.1=", backup, StringComparison.Ordinal);
        Assert.DoesNotContain("server.", text, StringComparison.Ordinal);
        Assert.Contains("# A comment stays.\nautopurge.snapRetainCount=\\\n  4\n", text, StringComparison.Ordinal);
        // Its client port is in no server line, so it stays where it is.
        Assert.Contains($"clientPort={ensemble.Ports[1]}", text, StringComparison.Ordinal);
        Assert.EndsWith($"dynamicConfigFile={file}.dynamic.{first:x}\n", text, StringComparison.Ordinal);
        Assert.Equal(
            ensemble.ServerLines.Split('\n').Select(static l => l + ":participant"), await File.ReadAllLinesAsync(file + $".dynamic.{first:x}"));

        long second = ReconfigTests.VersionOf(await client.ReconfigAsync(joining: ensemble.LineOf(2)));
        await Eventually.TrueAsync(() => File.ReadAllText(file).EndsWith($".dynamic.{second:x}\n", StringComparison.Ordinal), "the static file names the second");
        Assert.DoesNotContain("clientPort", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        Assert.Equal(backup, await File.ReadAllTextAsync(file + ".bak"));
        ServerConfig loaded = ServerConfig.Load(file);
        Assert.Equal(second, loaded.ConfigVersion);
        Assert.Equal(ensemble.Ports[1], loaded.ClientPort);
    }

    [Fact]
    public async Task Members_without_a_file_keep_theirs_in_the_data_directory_until_they_are_started_with_others()
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3, 0, Enabled);
        await using (ZooKeeperClient client = await TestEnsemble.ConnectAsync(ensemble.ConnectionString))
            await client.ReconfigAsync(joining: "server.9=127.0.0.1:1:2:observer;127.0.0.1:3");
        await ensemble.RestartAllAsync();
        string[] files = Directory.GetFiles(ensemble.DataDirectory(1), "zoo.cfg.dynamic.*");
        Assert.Contains("server.9=127.0.0.1:1:2:observer;127.0.0.1:3\n", await File.ReadAllTextAsync(Assert.Single(files)), StringComparison.Ordinal);
        Assert.Contains(9L, ensemble[1].Member!.Ensemble.Members.Keys);
        Assert.True(ensemble[1].Config.ConfigVersion > 0);

        // Other members than it was started with when it wrote that: it goes by those.
        await ensemble.StopAsync(1);
        ServerConfig other = ensemble.ConfigOf(1);
        other = other with
        {
            Servers = new Dictionary<long, QuorumServer>(other.Servers) { [2] = QuorumServer.Parse(2, $"127.0.0.1:{FreePort.Next()}:{FreePort.Next()}") },
        };
        await using ZooKeeperServer member = await ZooKeeperServer.StartAsync(other);
        Assert.Equal(0, member.Config.ConfigVersion);
        Assert.DoesNotContain(9L, member.Config.Servers.Keys);
    }

    [Fact]
    public async Task A_member_that_was_removed_says_so_when_it_is_started_again_from_its_file()
    {
        await using var ensemble = new TestEnsemble(4, 0, Enabled) { HasFiles = true };
        await ensemble.StartAllAsync();
        await using (ZooKeeperClient client = await TestEnsemble.ConnectAsync(ensemble.ConnectionString))
            await client.ReconfigAsync(leaving: "1");
        await Eventually.TrueAsync(() => !ensemble[1].Member!.Ensemble.Members.ContainsKey(1), "member 1 knows");
        await ensemble.StopAsync(1);
        string before = await File.ReadAllTextAsync(ensemble.ConfigFile(1));
        ConfigException e = await Assert.ThrowsAsync<ConfigException>(() => ensemble.StartAsync(1));
        Assert.Contains("server.1", e.Message, StringComparison.Ordinal);
        Assert.Contains(".dynamic.", e.Message, StringComparison.Ordinal);
        Assert.Contains("removed", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(ensemble.ConfigFile(1)));
    }

    [Fact]
    public async Task A_configuration_that_was_proposed_and_not_activated_is_read_back()
    {
        await using var ensemble = new TestEnsemble(3, 0, Enabled) { HasFiles = true };
        await ensemble.StartAllAsync();
        long version = ensemble[1].Member!.Ensemble.Version;
        await ensemble.StopAsync(1);
        string next = ensemble.ConfigFile(1) + ".dynamic.next";
        // Proposed by a leader of whom nobody else heard: the member must not hold on to it.
        await File.WriteAllTextAsync(next, ensemble.ServerLines + $"\nserver.4=127.0.0.1:1:2:participant;127.0.0.1:3\nversion={version + 100:x}\n");
        await ensemble.StartAsync(1);
        await ensemble.WaitUntilAllServeAsync();
        await using ZooKeeperClient client = await TestEnsemble.ConnectAsync(ensemble.ConnectionString);
        await client.CreateAsync("/a");

        await ensemble.StopAsync(1);
        await File.WriteAllTextAsync(next, "server.1=nonsense\n");
        ConfigException e = await Assert.ThrowsAsync<ConfigException>(() => ensemble.StartAsync(1));
        Assert.Contains(next, e.Message, StringComparison.Ordinal);
        Assert.Equal("server.1=nonsense\n", await File.ReadAllTextAsync(next));
    }
}
