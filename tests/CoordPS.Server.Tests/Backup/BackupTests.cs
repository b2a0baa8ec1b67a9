using System.Globalization;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Server.Backup;
using CoordPS.Server.Tests.Quorum;
using CoordPS.Storage;
using CoordPS.Testing;

namespace CoordPS.Server.Tests.Backup;

/// <summary>Backups that are taken while servers serve.</summary>
public sealed class BackupTests
{
    [PeerTheory(Peer.Apache)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_ensemble_that_serves_is_backed_up_and_the_other_make_starts_from_it(bool apache)
    {
        using var directory = new TempDirectory();
        string folder = directory.Combine("backup");
        BackupManifest first, last;
        Dictionary<string, string> expected;
        await using (TestMembers members = await TestMembers.StartNewAsync(apache, null, "snapCount=500"))
        {
            await using Writer writer = await Writer.StartAsync(members.ConnectionString, "/w");
            await writer.WroteAsync(600);
            IReadOnlyList<string> before = writer.Acknowledged;
            first = await EnsembleBackup.TakeAsync(BackupSource.FromEnsemble(members.ServerLines), folder);
            Assert.Empty(before.Except(NamesIn(folder, first.LastZxid)));

            await writer.WroteAsync(300);
            before = writer.Acknowledged;
            last = await EnsembleBackup.TakeAsync(BackupSource.FromEnsemble(members.ServerLines), folder);
            Assert.Empty(before.Except(NamesIn(folder, last.LastZxid)));
            await writer.StopAsync();

            await using ZooKeeperClient client = await members.ConnectAsync();
            await client.SyncAsync("/w");
            expected = await WrittenUpToAsync(client, last.LastZxid);
            Assert.Equal(expected.Count, NamesIn(folder, last.LastZxid).Count);
            // To any point between the two.
            long between = first.LastZxid + ((last.LastZxid - first.LastZxid) / 2);
            Assert.Equal((await WrittenUpToAsync(client, between)).Keys.Order(), NamesIn(folder, between).Order());
        }

        Assert.True(last.LastZxid > first.LastZxid);
        Assert.Equal(first.FirstZxid, last.FirstZxid);
        Assert.Contains("server.3=127.0.0.1", last.Configuration, StringComparison.Ordinal);

        RestorePoint point = await RestorePoint.RecoverAsync(folder);
        Assert.Equal(last.LastZxid, point.Zxid);
        string[] targets = [.. Enumerable.Range(1, 3).Select(id => directory.Combine(id.ToString(CultureInfo.InvariantCulture)))];
        await point.WriteToAsync([.. targets.Select(static t => new RestoreTarget(t))]);
        await using TestMembers restored = await TestMembers.StartNewAsync(!apache, targets);
        await using ZooKeeperClient again = await restored.ConnectAsync();
        Assert.Equal(expected, await WrittenUpToAsync(again, long.MaxValue));
        await again.CreateAsync("/after", Array.Empty<byte>());
        Stat after = (await again.ExistsAsync("/after"))!.Value;
        Assert.True(after.Czxid >>> 32 > last.LastZxid >>> 32, "a later epoch");
    }

    [PeerTheory(Peer.Apache)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_single_server_is_backed_up_by_its_files_beside_a_writer(bool apache)
    {
        using var directory = new TempDirectory();
        string folder = directory.Combine("backup");
        var options = new TestServerOptions { ConfigLines = ["snapCount=200"] };
        await using ITestServer server = apache ? await ApacheZooKeeper.StartNewAsync(options) : await InProcessZooKeeper.StartNewAsync(options);
        await using Writer writer = await Writer.StartAsync(server.ConnectionString, "/w");
        long lastZxid = 0;
        for (int round = 0; round < 4; round++)
        {
            await writer.WroteAsync(150);
            IReadOnlyList<string> before = writer.Acknowledged;
            BackupManifest manifest = await EnsembleBackup.TakeAsync(BackupSource.FromDataDirectory(server.DataDirectory), folder);
            Assert.True(manifest.LastZxid > lastZxid);
            lastZxid = manifest.LastZxid;
            Assert.Empty(before.Except(NamesIn(folder, lastZxid)));
        }

        await writer.StopAsync();
        Dictionary<string, string> expected;
        await using (ZooKeeperClient client = await TestEnsemble.ConnectAsync(server.ConnectionString))
            expected = await WrittenUpToAsync(client, lastZxid);

        // The folder itself is a data directory, for either make.
        await EnsembleBackup.VerifyAsync(folder);
        var from = new TestServerOptions { DataDirectory = folder };
        await using ITestServer other = apache ? await InProcessZooKeeper.StartNewAsync(from) : await ApacheZooKeeper.StartNewAsync(from);
        await using ZooKeeperClient again = await TestEnsemble.ConnectAsync(other.ConnectionString);
        Assert.Equal(expected, await WrittenUpToAsync(again, long.MaxValue));
    }

    [Fact]
    public async Task A_backup_of_an_ensemble_without_a_leader_fails_and_leaves_nothing()
    {
        using var directory = new TempDirectory();
        BackupSource source = BackupSource.FromEnsemble($"server.1=127.0.0.1:{FreePort.Next()}:{FreePort.Next()}", TimeSpan.FromMilliseconds(300));
        BackupException e = await Assert.ThrowsAsync<BackupException>(() => EnsembleBackup.TakeAsync(source, directory.Combine("backup")));
        Assert.Equal(BackupFailure.NoLeader, e.Failure);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Path));
    }

    [Fact]
    public async Task A_cancelled_backup_leaves_nothing()
    {
        using var directory = new TempDirectory();
        BackupSource source = BackupSource.FromEnsemble($"server.1=127.0.0.1:{FreePort.Next()}:{FreePort.Next()}", TimeSpan.FromMinutes(5));
        using var cancel = new CancellationTokenSource();
        Task backup = EnsembleBackup.TakeAsync(source, directory.Combine("backup"), cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => backup);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Path));
    }

    [Fact]
    public async Task A_folder_that_holds_something_else_is_left_alone()
    {
        using var directory = new TempDirectory();
        string file = directory.Combine("precious");
        await File.WriteAllTextAsync(file, "text");
        using var data = new TempDirectory();
        BackupException e = await Assert.ThrowsAsync<BackupException>(() => EnsembleBackup.TakeAsync(BackupSource.FromDataDirectory(data.Path), directory.Path, replace: true));
        Assert.Equal(BackupFailure.TargetExists, e.Failure);
        Assert.Equal([file], Directory.EnumerateFileSystemEntries(directory.Path));
    }

    [Fact]
    public async Task A_directory_without_a_snapshot_is_no_source()
    {
        using var directory = new TempDirectory();
        using var data = new TempDirectory();
        BackupException e = await Assert.ThrowsAsync<BackupException>(() => EnsembleBackup.TakeAsync(BackupSource.FromDataDirectory(data.Path), directory.Combine("backup")));
        Assert.Equal(BackupFailure.SourceUnusable, e.Failure);
        Assert.Contains("no snapshot", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Path));
    }

    [Fact]
    public async Task A_backup_is_not_brought_up_to_date_from_another_history()
    {
        using var directory = new TempDirectory();
        string folder = directory.Combine("backup");
        await using (InProcessZooKeeper one = await InProcessZooKeeper.StartNewAsync())
        {
            await using (Writer writer = await Writer.StartAsync(one.ConnectionString, "/w"))
                await writer.WroteAsync(10);
            await EnsembleBackup.TakeAsync(BackupSource.FromDataDirectory(one.DataDirectory), folder);
        }

        BackupManifest before = BackupManifest.Read(folder);
        await using InProcessZooKeeper two = await InProcessZooKeeper.StartNewAsync();
        await using (Writer writer = await Writer.StartAsync(two.ConnectionString, "/v"))
            await writer.WroteAsync(50);
        BackupException e = await Assert.ThrowsAsync<BackupException>(() => EnsembleBackup.TakeAsync(BackupSource.FromDataDirectory(two.DataDirectory), folder));
        Assert.Equal(BackupFailure.Diverged, e.Failure);
        Assert.Equal(before.Files, (await EnsembleBackup.VerifyAsync(folder)).Files);
    }

    [Fact]
    public async Task A_snapshot_with_a_digest_is_not_backed_up_without_the_log_that_it_needs()
    {
        using var directory = new TempDirectory();
        string data = directory.Combine("data");
        string version = Directory.CreateDirectory(Path.Combine(data, "version-2")).FullName;
        using (var writer = new SnapshotWriter(version, 5))
        {
            writer.Begin([], new Dictionary<long, IReadOnlyList<Acl>>());
            writer.WriteNode("/", [], -1, default);
            writer.Complete(new ZxidDigest(9, 2, 1));
        }

        BackupException e = await Assert.ThrowsAsync<BackupException>(() => EnsembleBackup.TakeAsync(BackupSource.FromDataDirectory(data), directory.Combine("backup")));
        Assert.Contains("up to 0x9", e.Message, StringComparison.Ordinal);
    }

    /// <summary>The names below /w in a backup at a zxid.</summary>
    private static List<string> NamesIn(string folder, long zxid)
    {
        string version = Path.Combine(folder, "version-2");
        RecoveredState state = RecoveredState.Load(version, version, zxid, BackupManifest.Read(folder).Snapshots, null, default);
        List<string> names = [];
        foreach (DataNode child in state.Tree.Find("/w"u8)!.Value)
            names.Add(System.Text.Encoding.UTF8.GetString(child.Name));
        return names;
    }

    private static async Task<Dictionary<string, string>> WrittenUpToAsync(ZooKeeperClient client, long zxid)
    {
        Dictionary<string, string> written = [];
        foreach (string[] names in (await client.GetChildrenAsync("/w")).Children.Chunk(100))
        {
            foreach ((string name, ZNodeData node) in await Task.WhenAll(names.Select(async name => (name, await client.GetDataAsync($"/w/{name}")))))
            {
                if (node.Stat.Czxid <= zxid)
                    written.Add(name, $"{Convert.ToHexString(node.Data!)} {node.Stat}");
            }
        }

        return written;
    }
}
