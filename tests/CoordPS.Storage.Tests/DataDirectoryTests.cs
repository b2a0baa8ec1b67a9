using CoordPS.Testing;

namespace CoordPS.Storage.Tests;

public class DataDirectoryTests
{
    [Fact]
    public void Both_directories_are_created_with_version_2_in_them()
    {
        using var root = new TempDirectory();
        using DataDirectory data = DataDirectory.Open(root.Combine("data"), root.Combine("log"));

        Assert.Equal(root.Combine("data/version-2"), data.SnapshotPath);
        Assert.Equal(root.Combine("log/version-2"), data.LogPath);
        Assert.True(Directory.Exists(data.SnapshotPath));
        Assert.True(Directory.Exists(data.LogPath));
    }

    [Fact]
    public void Without_dataLogDir_logs_and_snapshots_share_one()
    {
        using var root = new TempDirectory();
        using DataDirectory data = DataDirectory.Open(root.Combine("data"), "");

        Assert.Equal(data.SnapshotPath, data.LogPath);
    }

    [Fact]
    public void A_second_server_is_kept_out_until_the_first_is_done()
    {
        using var root = new TempDirectory();
        using (DataDirectory.Open(root.Combine("data"), root.Combine("log")))
        {
            Assert.Contains("another server", Assert.Throws<StorageException>(() => DataDirectory.Open(root.Combine("data"))).Message, StringComparison.Ordinal);
            Assert.Throws<StorageException>(() => DataDirectory.Open(root.Combine("other"), root.Combine("log")));
            Assert.Empty(DataDirectory.OpenReadOnly(root.Combine("data"), root.Combine("log")).Logs);
        }

        DataDirectory.Open(root.Combine("data"), root.Combine("log")).Dispose();
        Assert.Empty(Directory.GetFiles(root.Combine("data/version-2")));
    }

    [Fact]
    public void A_file_in_the_directories_place_is_an_error_naming_the_setting()
    {
        using var root = new TempDirectory();
        File.WriteAllText(root.Combine("data"), "");

        var e = Assert.Throws<StorageException>(() => DataDirectory.Open(root.Combine("data")));

        Assert.Contains("dataDir", e.Message, StringComparison.Ordinal);
        Assert.Contains("is a file", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_directory_is_an_error_when_creating_is_turned_off()
    {
        using var root = new TempDirectory();

        Assert.Contains("autocreate", Assert.Throws<StorageException>(() => DataDirectory.Open(root.Combine("data"), create: false)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(root.Combine("data")));
    }

    [Fact]
    public void Swapped_directories_are_an_error()
    {
        using var root = new TempDirectory();
        using (DataDirectory data = DataDirectory.Open(root.Combine("data"), root.Combine("log")))
        {
            SnapshotTests.Write(data.SnapshotPath, 0);
            TestLog.Write(data.LogPath, [1]);
        }

        Assert.Throws<StorageException>(() => DataDirectory.Open(root.Combine("log"), root.Combine("data")));
        DataDirectory.Open(root.Combine("data"), root.Combine("log")).Dispose();
    }

    [Fact]
    public void Snapshots_that_a_crash_left_unfinished_are_removed()
    {
        using var root = new TempDirectory();
        DataDirectory.Open(root.Path).Dispose();
        File.WriteAllText(root.Combine("version-2/tmp-snapshot.5"), "half");

        using DataDirectory data = DataDirectory.Open(root.Path);

        Assert.False(File.Exists(root.Combine("version-2/tmp-snapshot.5")));
    }

    [Fact]
    public void Files_are_listed_by_zxid_and_not_by_name()
    {
        using var root = new TempDirectory();
        using DataDirectory data = DataDirectory.Open(root.Path);
        foreach (long zxid in new long[] { 0x100, 0x9, 0x20 })
        {
            TestLog.Write(data.LogPath, [zxid]);
            SnapshotTests.Write(data.SnapshotPath, zxid);
        }

        Assert.Equal(["log.9", "log.20", "log.100"], data.Logs.Select(file => file.Name));
        Assert.Equal(["snapshot.9", "snapshot.20", "snapshot.100"], data.Snapshots.Select(file => file.Name));
    }

    [Fact]
    public void Purge_keeps_the_newest_snapshots_and_every_log_they_may_need()
    {
        using var root = new TempDirectory();
        using DataDirectory data = DataDirectory.Open(root.Path);
        foreach (long zxid in new long[] { 0, 10, 20, 30, 40 })
            SnapshotTests.Write(data.SnapshotPath, zxid);
        foreach (long zxid in new long[] { 1, 12, 18, 22, 35 })
            TestLog.Write(data.LogPath, [zxid]);

        IReadOnlyList<StorageFile> deleted = data.Purge(3);

        Assert.Equal(["log.1", "log.c", "snapshot.0", "snapshot.a"], deleted.Select(file => file.Name));
        Assert.Equal([20, 30, 40], data.Snapshots.Select(file => file.Zxid));
        Assert.Equal([18, 22, 35], data.Logs.Select(file => file.Zxid));
        Assert.Empty(data.Purge(3));
    }

    [Fact]
    public void Purge_does_not_count_snapshots_that_are_incomplete()
    {
        using var root = new TempDirectory();
        using DataDirectory data = DataDirectory.Open(root.Path);
        foreach (long zxid in new long[] { 10, 20, 30, 40 })
            SnapshotTests.Write(data.SnapshotPath, zxid);
        File.WriteAllText(Path.Combine(data.SnapshotPath, "snapshot.32"), "half a snapshot");

        data.Purge(3);

        Assert.Equal([20, 30, 40, 0x32], data.Snapshots.Select(file => file.Zxid));
    }

    [Fact]
    public void Purge_without_a_complete_snapshot_deletes_nothing()
    {
        using var root = new TempDirectory();
        using DataDirectory data = DataDirectory.Open(root.Path);
        TestLog.Write(data.LogPath, [1]);
        TestLog.Write(data.LogPath, [2]);
        File.WriteAllText(Path.Combine(data.SnapshotPath, "snapshot.2"), "half a snapshot");

        Assert.Empty(data.Purge(3));
        Assert.Equal(2, data.Logs.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Purge(2));
    }

    [Fact]
    public void Transactions_without_a_snapshot_stop_the_start_unless_trusted()
    {
        using var root = new TempDirectory();
        var logger = new ListLogger();
        using DataDirectory data = DataDirectory.Open(root.Path, logger: logger);
        data.CheckStartWithoutSnapshot(trustEmptySnapshot: false);
        File.WriteAllBytes(Path.Combine(data.LogPath, "log.1"), TestLog.FileHeader());
        data.CheckStartWithoutSnapshot(trustEmptySnapshot: false);

        TestLog.Write(data.LogPath, [1]);

        Assert.Contains("snapshot.trust.empty", Assert.Throws<StorageException>(() => data.CheckStartWithoutSnapshot(false)).Message, StringComparison.Ordinal);
        data.CheckStartWithoutSnapshot(trustEmptySnapshot: true);
        Assert.Single(logger.Entries);
    }

    [Fact]
    public void The_initialize_file_is_taken_once()
    {
        using var root = new TempDirectory();
        using DataDirectory data = DataDirectory.Open(root.Combine("data"), root.Combine("log"));
        File.WriteAllText(root.Combine("log/initialize"), "");

        Assert.True(data.TakeInitializeFile());
        Assert.False(data.TakeInitializeFile());
    }

    [Fact]
    public void Epochs_are_kept_as_Apache_keeps_them()
    {
        using var root = new TempDirectory();
        using DataDirectory data = DataDirectory.Open(root.Path);
        Assert.Null(data.ReadAcceptedEpoch());
        Assert.Null(data.ReadCurrentEpoch());

        data.WriteAcceptedEpoch(12);
        data.WriteAcceptedEpoch(3);
        data.WriteCurrentEpoch(2);

        Assert.Equal(3, data.ReadAcceptedEpoch());
        Assert.Equal(2, data.ReadCurrentEpoch());
        Assert.Equal("3"u8, File.ReadAllBytes(root.Combine("version-2/acceptedEpoch")));
        Assert.Equal("2"u8, File.ReadAllBytes(root.Combine("version-2/currentEpoch")));
        File.WriteAllText(root.Combine("version-2/currentEpoch"), "two");
        Assert.Contains("two", Assert.Throws<StorageException>(() => data.ReadCurrentEpoch()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_member_id_is_the_first_line_of_myid()
    {
        using var root = new TempDirectory();
        using DataDirectory data = DataDirectory.Open(root.Path);
        Assert.Null(data.ReadMyId());
        File.WriteAllText(root.Combine("myid"), "7\n# comment\n");

        Assert.Equal(7, data.ReadMyId());
    }
}
