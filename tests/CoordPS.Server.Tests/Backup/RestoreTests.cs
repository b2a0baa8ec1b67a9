using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Server.Backup;
using CoordPS.Server.Tests.Quorum;
using CoordPS.Testing;

namespace CoordPS.Server.Tests.Backup;

/// <summary>Restoring to where one wants to be.</summary>
public sealed class RestoreTests
{
    [PeerTheory(Peer.Apache)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_backup_is_restored_to_a_zxid_or_a_time_and_either_make_serves_the_tree_of_then(bool apache)
    {
        using var directory = new TempDirectory();
        string folder = directory.Combine("backup");
        var points = new List<(long Zxid, DateTimeOffset Time, Dictionary<string, string> Tree)>();
        await using (ITestServer server = apache ? await ApacheZooKeeper.StartNewAsync() : await InProcessZooKeeper.StartNewAsync())
        {
            await using ZooKeeperClient client = await TestEnsemble.ConnectAsync(server.ConnectionString);
            // The backup begins here and follows.
            await EnsembleBackup.TakeAsync(BackupSource.FromDataDirectory(server.DataDirectory), folder);
            await RememberAsync(() => client.CreateAsync("/a", "one"u8.ToArray()));
            await RememberAsync(() => client.CreateAsync("/a/b", Array.Empty<byte>(), CreateMode.Persistent, Acl.ReadUnsafe));
            await RememberAsync(() => client.SetDataAsync("/a", "two"u8.ToArray()));
            await RememberAsync(() => client.MultiAsync([ZooKeeperOperation.Create("/c", []), ZooKeeperOperation.Delete("/a/b"), ZooKeeperOperation.SetData("/a", "three"u8.ToArray())]));
            await RememberAsync(() => client.SetAclAsync("/c", Acl.ReadUnsafe));
            await RememberAsync(() => client.DeleteAsync("/a"));
            await EnsembleBackup.TakeAsync(BackupSource.FromDataDirectory(server.DataDirectory), folder);

            async Task RememberAsync(Func<Task> change)
            {
                await change();
                var tree = await TreeDump.ReadAsync(client);
                long zxid = (await client.ExistsAsync("/"))!.Value.Pzxid;
                points.Add((client.LastZxid > zxid ? client.LastZxid : zxid, DateTimeOffset.UtcNow, tree));
                // Two transactions of one millisecond are at one time.
                await Task.Delay(5);
            }
        }

        for (int i = 0; i < points.Count; i++)
        {
            (long zxid, DateTimeOffset time, Dictionary<string, string> tree) = points[i];
            RestorePoint point = await RestorePoint.RecoverAsync(folder, toZxid: i % 2 == 0 ? zxid : null, toTime: i % 2 == 0 ? null : time);
            Assert.Equal(zxid, point.Zxid);
            string data = directory.Combine($"data{i}");
            await point.WriteToAsync([new RestoreTarget(data)]);
            var options = new TestServerOptions { DataDirectory = data };
            await using ITestServer server = apache != (i > 1) ? await InProcessZooKeeper.StartNewAsync(options) : await ApacheZooKeeper.StartNewAsync(options);
            await using ZooKeeperClient client = await TestEnsemble.ConnectAsync(server.ConnectionString);
            Assert.Equal(tree, await TreeDump.ReadAsync(client));
        }

        BackupManifest manifest = BackupManifest.Read(folder);
        BackupException beyond = await Assert.ThrowsAsync<BackupException>(() => RestorePoint.RecoverAsync(folder, toZxid: manifest.LastZxid + 1));
        Assert.Equal(BackupFailure.PointNotCovered, beyond.Failure);
        BackupException tooEarly = await Assert.ThrowsAsync<BackupException>(() => RestorePoint.RecoverAsync(folder, toTime: points[0].Time.AddDays(-1)));
        Assert.Equal(BackupFailure.PointNotCovered, tooEarly.Failure);
    }

    [Fact]
    public async Task A_data_directory_is_rolled_back_in_place_and_what_was_there_is_kept()
    {
        await using InProcessZooKeeper server = await InProcessZooKeeper.StartNewAsync();
        long zxid;
        await using (ZooKeeperClient client = await TestEnsemble.ConnectAsync(server.ConnectionString))
        {
            await client.CreateAsync("/keep", Array.Empty<byte>());
            zxid = (await client.ExistsAsync("/keep"))!.Value.Czxid;
            await client.CreateAsync("/mistake", Array.Empty<byte>());
        }

        BackupException running = await Assert.ThrowsAsync<BackupException>(() => RestorePoint.RecoverAsync(server.DataDirectory, toZxid: zxid));
        Assert.Equal(BackupFailure.TargetInUse, running.Failure);
        await server.StopAsync();
        await File.WriteAllTextAsync(Path.Combine(server.DataDirectory, "myid"), "7");

        RestorePoint point = await RestorePoint.RecoverAsync(server.DataDirectory, toZxid: zxid);
        BackupException full = await Assert.ThrowsAsync<BackupException>(() => point.WriteToAsync([new RestoreTarget(server.DataDirectory)]));
        Assert.Equal(BackupFailure.TargetExists, full.Failure);
        RestoredDirectory restored = Assert.Single(await point.WriteToAsync([new RestoreTarget(server.DataDirectory)], replace: true));

        Assert.True(Directory.EnumerateFiles(Assert.Single(restored.Replaced), "log.*").Any());
        Assert.Equal("7", await File.ReadAllTextAsync(Path.Combine(server.DataDirectory, "myid")));
        await server.StartAsync();
        await using ZooKeeperClient again = await TestEnsemble.ConnectAsync(server.ConnectionString);
        Assert.NotNull(await again.ExistsAsync("/keep"));
        Assert.Null(await again.ExistsAsync("/mistake"));
    }

    [Fact]
    public async Task Sessions_and_their_ephemerals_are_restored_or_ended()
    {
        using var directory = new TempDirectory();
        string folder = directory.Combine("backup");
        await using InProcessZooKeeper server = await InProcessZooKeeper.StartNewAsync();
        await using ZooKeeperClient client = await TestEnsemble.ConnectAsync(server.ConnectionString);
        await client.CreateAsync("/e", Array.Empty<byte>(), CreateMode.Ephemeral);
        await client.CreateAsync("/p", Array.Empty<byte>());
        await EnsembleBackup.TakeAsync(BackupSource.FromDataDirectory(server.DataDirectory), folder);

        RestorePoint all = await RestorePoint.RecoverAsync(folder);
        Assert.Equal((1, 1), (all.SessionCount, all.EphemeralCount));
        RestorePoint without = await RestorePoint.RecoverAsync(folder, endSessions: true);
        Assert.Equal((0, 0, all.ZNodeCount - 1, all.Zxid), (without.SessionCount, without.EphemeralCount, without.ZNodeCount, without.Zxid));
    }

    [Theory]
    [InlineData("log.")]
    [InlineData("snapshot.")]
    [InlineData("coordps-backup.json")]
    public async Task A_damaged_backup_is_refused_before_anything_is_touched(string damaged)
    {
        using var directory = new TempDirectory();
        string folder = directory.Combine("backup");
        await using (InProcessZooKeeper server = await InProcessZooKeeper.StartNewAsync())
        {
            await using (Writer writer = await Writer.StartAsync(server.ConnectionString, "/w"))
                await writer.WroteAsync(10);
            await EnsembleBackup.TakeAsync(BackupSource.FromDataDirectory(server.DataDirectory), folder);
        }

        string file = Directory.EnumerateFiles(folder, damaged + "*", SearchOption.AllDirectories).First();
        byte[] bytes = await File.ReadAllBytesAsync(file);
        bytes[bytes.Length / 2] ^= 0x80;
        await File.WriteAllBytesAsync(file, bytes);

        BackupException e = await Assert.ThrowsAsync<BackupException>(() => RestorePoint.RecoverAsync(folder));
        Assert.Equal(BackupFailure.Damaged, e.Failure);
        Assert.Contains(damaged, e.Message, StringComparison.Ordinal);
        // Nor is it brought up to date.
        await Assert.ThrowsAsync<BackupException>(() => EnsembleBackup.TakeAsync(BackupSource.FromDataDirectory(folder), folder));
    }

    [Fact]
    public async Task Nothing_is_changed_when_one_of_several_directories_can_not_be_restored()
    {
        using var directory = new TempDirectory();
        string folder = directory.Combine("backup");
        await using InProcessZooKeeper server = await InProcessZooKeeper.StartNewAsync();
        await EnsembleBackup.TakeAsync(BackupSource.FromDataDirectory(server.DataDirectory), folder);
        RestorePoint point = await RestorePoint.RecoverAsync(folder);

        BackupException e = await Assert.ThrowsAsync<BackupException>(
            () => point.WriteToAsync([new RestoreTarget(directory.Combine("new")), new RestoreTarget(server.DataDirectory)], replace: true));

        Assert.Equal(BackupFailure.TargetInUse, e.Failure);
        Assert.Equal([folder], Directory.EnumerateFileSystemEntries(directory.Path));
    }
}
