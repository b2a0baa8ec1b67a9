using System.Globalization;
using CoordPS.Client;
using CoordPS.Storage;
using CoordPS.Testing;

namespace CoordPS.Server.Tests.Quorum;

/// <summary>What is wrong with a member is said, with what to do about it, and its files stay as they are.</summary>
public sealed class MemberErrorTests
{
    [Fact]
    public async Task Two_servers_with_one_id_are_told_of_and_the_second_is_kept_out()
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3);
        using var directory = new TempDirectory();
        await using Writer writer = await Writer.StartAsync(ensemble.ConnectionString, "/w");
        await writer.WroteAsync(10);
        int leader = await ensemble.LeaderAsync();
        foreach (int id in Enumerable.Range(1, 3).Where(id => id != leader))
        {
            string data = directory.Combine($"{id}");
            Directory.CreateDirectory(data);
            await File.WriteAllTextAsync(Path.Combine(data, "myid"), id.ToString(CultureInfo.InvariantCulture));
            string[] lines = ensemble.ServerLines.Split('\n');
            lines[id - 1] = $"server.{id}=127.0.0.1:{FreePort.Next()}:{FreePort.Next()}";
            await using ZooKeeperServer second = await ZooKeeperServer.StartAsync(
                ServerConfig.Parse(string.Join('\n', [
                    .. TestEnsemble.Timing, $"dataDir={data.Replace('\\', '/')}", "clientPort=0", "clientPortAddress=127.0.0.1",
                    "admin.enableServer=false", .. lines])),
                ensemble.Logs.For(100 + id));
            await Eventually.TrueAsync(() => ensemble.Log.Split('\n').Any(line =>
                line.Contains("two servers run with the same myid", StringComparison.Ordinal) && line.Contains($"member {id}", StringComparison.Ordinal)), $"it is said of {id}");
            await writer.WroteAsync(50);
            Assert.False(second.IsServing);
            Assert.True(ensemble[id].IsServing);
        }

        await writer.StopAsync();
        Assert.Empty(writer.Acknowledged.Except((await ensemble.WaitUntilEqualAsync("/w")).Select(static n => n.Split('=')[0])));
    }

    [Fact]
    public async Task A_member_whose_configuration_differs_is_named_with_what_differs()
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3);
        int id = await ensemble.FollowerAsync();
        await ensemble.StopAsync(id);
        ServerConfig config = ensemble.ConfigOf(id);
        int port = FreePort.Next();
        config = config with { Servers = new Dictionary<long, QuorumServer>(config.Servers) { [4] = QuorumServer.Parse(4, $"127.0.0.1:{port}:{FreePort.Next()}:observer") } };
        await using ZooKeeperServer member = await ZooKeeperServer.StartAsync(config, ensemble.Logs.For(id));
        await Eventually.TrueAsync(
            () => ensemble.Log.Contains($"server.4=127.0.0.1:{port}", StringComparison.Ordinal) && ensemble.Log.Contains("is only here", StringComparison.Ordinal),
            "what differs is said");
    }

    [Fact]
    public async Task A_damaged_data_directory_is_an_error_that_names_the_file_and_the_remedy()
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3, 0, "snapCount=20");
        await using (ZooKeeperClient client = await TestEnsemble.ConnectAsync(ensemble.ConnectionString))
        {
            await client.CreateAsync("/d");
            for (int i = 0; i < 60; i++)
                await client.CreateAsync($"/d/{i}", new byte[100]);
        }

        await ensemble.WaitUntilEqualAsync("/d");
        int id = await ensemble.FollowerAsync();
        await ensemble.StopAsync(id);
        string version2 = Path.Combine(ensemble.DataDirectory(id), "version-2");
        using var copies = new TempDirectory();
        int copy = 0;

        async Task<string> AssertRefusedAsync(Action<string> damage, params string[] expected)
        {
            string data = copies.Combine($"{++copy}");
            string files = Path.Combine(data, "version-2");
            Directory.CreateDirectory(files);
            File.Copy(Path.Combine(ensemble.DataDirectory(id), "myid"), Path.Combine(data, "myid"));
            foreach (string file in Directory.GetFiles(version2))
                File.Copy(file, Path.Combine(files, Path.GetFileName(file)));
            damage(files);
            Dictionary<string, byte[]> before = Directory.GetFiles(data, "*", SearchOption.AllDirectories).ToDictionary(static f => f, File.ReadAllBytes);
            StorageException e = await Assert.ThrowsAnyAsync<StorageException>(
                () => ZooKeeperServer.StartAsync(ensemble.ConfigOf(id) with { DataDir = data, DataLogDir = data }));
            foreach (string part in expected)
                Assert.Contains(part, e.Message, StringComparison.Ordinal);
            Dictionary<string, byte[]> after = Directory.GetFiles(data, "*", SearchOption.AllDirectories).ToDictionary(static f => f, File.ReadAllBytes);
            Assert.Equal(before.Keys.Order(), after.Keys.Order());
            foreach ((string file, byte[] bytes) in before)
                Assert.True(bytes.AsSpan().SequenceEqual(after[file]), file);
            return e.Message;
        }

        string accepted = "acceptedEpoch", current = "currentEpoch";
        string epoch = await File.ReadAllTextAsync(Path.Combine(version2, accepted));
        await AssertRefusedAsync(files => File.WriteAllText(Path.Combine(files, current), "7"), $"The accepted epoch, {epoch}", "is less than the current epoch, 7", accepted, "Restore");
        await AssertRefusedAsync(files => File.WriteAllText(Path.Combine(files, accepted), "0"), "The accepted epoch, 0", accepted, "Restore");
        await AssertRefusedAsync(files => File.WriteAllText(Path.Combine(files, accepted), "x"), accepted, "'x'");
        await AssertRefusedAsync(
            files =>
            {
                File.Delete(Path.Combine(files, accepted));
                File.WriteAllText(Path.Combine(files, current), "7");
            },
            accepted, "is missing", "Restore");
        await AssertRefusedAsync(
            static files =>
            {
                foreach (string snapshot in Directory.GetFiles(files, "snapshot.*"))
                    File.Delete(snapshot);
            },
            "no snapshot in", "restore");
        await AssertRefusedAsync(
            static files =>
            {
                foreach (string snapshot in Directory.GetFiles(files, "snapshot.*"))
                    File.WriteAllText(snapshot, "nonsense");
            },
            "snapshot");
        // A log in which something in the middle was overwritten, and one of which a part is missing.
        await AssertRefusedAsync(
            static files =>
            {
                KeepOldestSnapshot(files);
                string log = Directory.GetFiles(files, "log.*").Order(StringComparer.Ordinal).First();
                using FileStream file = File.OpenWrite(log);
                file.Position = 300;
                file.Write(new byte[64]);
            },
            "log.");
        await AssertRefusedAsync(
            static files =>
            {
                KeepOldestSnapshot(files);
                File.Delete(Directory.GetFiles(files, "log.*").Order(StringComparer.Ordinal).First());
            },
            "log.", "missing");

        // As it was, it starts.
        await ensemble.StartAsync(id);
        await ensemble.WaitUntilAllServeAsync();
    }

    private static void KeepOldestSnapshot(string files)
    {
        foreach (string snapshot in Directory.GetFiles(files, "snapshot.*").OrderBy(static f => Convert.ToInt64(Path.GetExtension(f)[1..], 16)).Skip(1))
            File.Delete(snapshot);
    }
}
