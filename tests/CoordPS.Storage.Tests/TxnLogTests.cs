using CoordPS.Protocol;
using CoordPS.Testing;
using Microsoft.Extensions.Logging;

namespace CoordPS.Storage.Tests;

public class TxnLogTests
{
    [Fact]
    public void A_log_is_laid_out_byte_by_byte_as_Apache_does_it()
    {
        using var directory = new TempDirectory();
        using (var log = new TxnLog(directory.Path, TestLog.NoPadding))
        {
            log.Append(0x100000002, EntryOf(new TxnHeader(TestLog.Session, 7, 0x100000002, TestLog.Time, OpCode.Create),
                new CreateTxn("/a", "x"u8.ToArray(), Acl.OpenUnsafe, false, 1)));
            log.Commit();
        }

        Assert.Equal(
            // ZKLG, version 2, dbid 0
            "5a4b4c47" + "00000002" + "0000000000000000"
            // checksum, length
            + "00000000f3ff08ae" + "0000004b"
            // session, cxid, zxid, time, type
            + "1000000000000001" + "00000007" + "0000000100000002" + "0000018bcfe56800" + "00000001"
            // path, data, ACL, ephemeral, parentCVersion
            + "000000022f61" + "0000000178" + "000000010000001f00000005776f726c6400000006616e796f6e65" + "00" + "00000001"
            + "42",
            Convert.ToHexStringLower(File.ReadAllBytes(directory.Combine("log.100000002"))));
    }

    [Fact]
    public void What_is_committed_is_read_back_in_order()
    {
        using var directory = new TempDirectory();
        string file = TestLog.Write(directory.Path, TestLog.Range(1, 500), new TxnLogOptions());

        (List<TxnLogRecord> records, TornTail? torn) = TestLog.ReadFile(file);

        Assert.Equal("log.1", Path.GetFileName(file));
        Assert.Null(torn);
        Assert.Equal(TestLog.Range(1, 500), records.Select(record => record.Zxid));
        Assert.All(records, record => Assert.Equal(TestLog.Create(record.Zxid), record.Entry.ToArray()));
        Assert.Equal(16, records[0].Offset);
        Assert.All(records.Zip(records.Skip(1)), pair => Assert.Equal(pair.First.EndOffset, pair.Second.Offset));
    }

    [Fact]
    public void Nothing_is_in_the_file_before_the_commit()
    {
        using var directory = new TempDirectory();
        using var log = new TxnLog(directory.Path, new TxnLogOptions { PreAllocSize = 0 });
        log.Append(1, TestLog.Create(1));

        Assert.Equal(0, new FileInfo(log.CurrentFile!).Length);
        Assert.Equal(1, log.LastLoggedZxid);

        log.Commit();
        Assert.Equal(log.CurrentFileSize, new FileInfo(log.CurrentFile!).Length);
        Assert.True(log.LastSyncDuration > TimeSpan.Zero);
    }

    [Fact]
    public void A_file_grows_by_the_preallocation_size_before_its_last_4_KiB_are_reached()
    {
        const int Size = 64 * 1024;
        using var directory = new TempDirectory();
        using var log = new TxnLog(directory.Path, new TxnLogOptions { PreAllocSize = Size });
        long zxid = 0;
        do
        {
            zxid++;
            log.Append(zxid, TestLog.Create(zxid, 1000));
            log.Commit();
            long length = new FileInfo(log.CurrentFile!).Length;
            Assert.Equal(16, length % Size);
            Assert.InRange(length - log.CurrentFileSize, 2000, Size + 4096);
        }
        while (log.CurrentFileSize < 3 * Size);
        Assert.Equal(TestLog.Range(1, zxid), TestLog.ReadFile(log.CurrentFile!).Records.Select(record => record.Zxid));
    }

    [Theory]
    [InlineData(16, 16, 1000, 1016)]
    [InlineData(16, 67108880, 67108864, 67108880)]
    [InlineData(67104783, 67108880, 67108864, 67108880)]
    [InlineData(67104784, 67108880, 67108864, 134217744)]
    [InlineData(5000, 2000, 1000, 6000)]
    [InlineData(5000, 2000, 0, 2000)]
    public void Padding_follows_Apaches_arithmetic(long position, long size, long preAllocSize, long expected) =>
        Assert.Equal(expected, TxnLog.PaddedSize(position, size, preAllocSize));

    [Fact]
    public void A_record_larger_than_the_buffer_and_the_preallocation_is_kept_whole()
    {
        using var directory = new TempDirectory();
        using var log = new TxnLog(directory.Path, new TxnLogOptions { PreAllocSize = 4096 });
        log.Append(1, TestLog.Create(1));
        log.Append(2, TestLog.Create(2, 3_000_000));
        log.Append(3, TestLog.Create(3));
        log.Commit();

        List<TxnLogRecord> records = TestLog.ReadFile(log.CurrentFile!).Records;

        Assert.Equal([1, 2, 3], records.Select(record => record.Zxid));
        Assert.Equal(TestLog.Create(2, 3_000_000), records[1].Entry.ToArray());
    }

    [Fact]
    public void After_a_roll_the_next_transaction_begins_a_file_of_its_own()
    {
        using var directory = new TempDirectory();
        using var log = new TxnLog(directory.Path);
        log.Roll();
        log.Append(0x10, TestLog.Create(0x10));
        log.Append(0x11, TestLog.Create(0x11));
        log.Roll();
        Assert.Null(log.CurrentFile);
        Assert.Equal(0, log.CurrentFileSize);
        log.Append(0x12, TestLog.Create(0x12));
        log.Commit();

        Assert.Equal(["log.10", "log.12"], TxnLogDirectory.Files(directory.Path).Select(file => file.Name));
        Assert.Equal([0x10, 0x11, 0x12], TestLog.Zxids(directory.Path, continuous: false));
    }

    [Fact]
    public void A_zxid_that_is_not_above_the_last_is_refused_with_a_warning()
    {
        using var directory = new TempDirectory();
        var logger = new ListLogger();
        using var log = new TxnLog(directory.Path, TestLog.NoPadding, logger, lastZxid: 5);

        Assert.False(log.Append(5, TestLog.Create(5)));
        Assert.True(log.Append(6, TestLog.Create(6)));
        Assert.False(log.Append(6, TestLog.Create(6)));
        log.Commit();

        Assert.Equal([6], TestLog.Zxids(directory.Path));
        Assert.Equal(2, logger.Entries.Count(entry => entry.Level == LogLevel.Warning));
    }

    [Fact]
    public void A_slow_sync_is_logged_with_the_file_and_the_time()
    {
        using var directory = new TempDirectory();
        var logger = new ListLogger();
        using var log = new TxnLog(directory.Path, new TxnLogOptions { FsyncWarningThreshold = TimeSpan.Zero }, logger);
        log.Append(1, TestLog.Create(1));
        log.Commit();

        Assert.Contains(logger.Entries, entry => entry.Level == LogLevel.Warning && entry.Message.Contains("log.1", StringComparison.Ordinal)
            && entry.Message.Contains("ms", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_that_holds_transactions_is_never_overwritten()
    {
        using var directory = new TempDirectory();
        string file = TestLog.Write(directory.Path, [1, 2]);
        byte[] before = File.ReadAllBytes(file);
        using var log = new TxnLog(directory.Path);

        var e = Assert.Throws<StorageException>(() => log.Append(1, TestLog.Create(1)));

        Assert.Equal(file, e.File);
        Assert.Equal(before, File.ReadAllBytes(file));
    }

    [Fact]
    public void A_file_that_a_crash_left_without_a_transaction_is_replaced()
    {
        using var directory = new TempDirectory();
        File.WriteAllBytes(directory.Combine("log.1"), [.. TestLog.FileHeader(), .. new byte[100]]);

        TestLog.Write(directory.Path, [1, 2]);

        Assert.Equal([1, 2], TestLog.Zxids(directory.Path));
    }

    [Fact]
    public void Without_its_directory_the_log_fails_naming_the_file()
    {
        using var directory = new TempDirectory();
        using var log = new TxnLog(directory.Combine("gone"));

        var e = Assert.Throws<StorageException>(() => log.Append(1, TestLog.Create(1)));

        Assert.Equal(directory.Combine("gone/log.1"), e.File);
    }

    [DeviceFact("/dev/full")]
    public void A_full_disk_breaks_the_log_for_good()
    {
        using var directory = new TempDirectory();
        File.CreateSymbolicLink(directory.Combine("log.1"), "/dev/full");
        using var log = new TxnLog(directory.Path, TestLog.NoPadding);
        log.Append(1, TestLog.Create(1));

        var e = Assert.Throws<StorageException>(log.Commit);
        Assert.Equal(directory.Combine("log.1"), e.File);
        Assert.Contains("space", e.Message, StringComparison.Ordinal);

        Assert.Throws<StorageException>(log.Commit);
        Assert.Throws<StorageException>(() => log.Append(2, TestLog.Create(2)));
        Assert.Throws<StorageException>(log.Roll);
    }

    [Fact]
    public void Appending_allocates_nothing()
    {
        using var directory = new TempDirectory();
        using var log = new TxnLog(directory.Path, new TxnLogOptions { ForceSync = false });
        byte[][] entries = [.. TestLog.Range(1, 2000).Select(zxid => TestLog.Create(zxid))];
        log.Append(1, entries[0]);
        log.Commit();

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i < entries.Length; i++)
        {
            log.Append(i + 1, entries[i]);
            if (i % 100 == 0)
                log.Commit();
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10 * entries.Length);
    }

    private static byte[] EntryOf<T>(TxnHeader header, T record) where T : IJuteRecord<T>
    {
        using var writer = new JuteWriter();
        header.Write(writer);
        record.Write(writer);
        return writer.WrittenSpan.ToArray();
    }
}
