using System.Buffers.Binary;
using CoordPS.Testing;

namespace CoordPS.Storage.Tests;

/// <summary>What a crash may leave, and what it can't.</summary>
public class TxnLogTailTests
{
    private const int Sector = 512;

    [Fact]
    public void A_file_cut_at_any_byte_of_its_last_record_ends_at_the_record_before()
    {
        using var directory = new TempDirectory();
        (string file, byte[] whole, List<TxnLogRecord> records) = Write(directory, 3);
        for (long cut = records[2].Offset; cut < whole.Length; cut++)
        {
            File.WriteAllBytes(file, whole[..(int)cut]);
            AssertTornAt(file, records[2].Offset, 2, whole.AsSpan((int)records[2].Offset, (int)(cut - records[2].Offset)));
        }
    }

    [Fact]
    public void A_file_zeroed_from_any_byte_of_its_last_record_ends_at_the_record_before()
    {
        using var directory = new TempDirectory();
        (string file, byte[] whole, List<TxnLogRecord> records) = Write(directory, 3);
        for (int cut = (int)records[2].Offset; cut < whole.Length; cut++)
        {
            File.WriteAllBytes(file, [.. whole[..cut], .. new byte[whole.Length - cut + 4096]]);
            AssertTornAt(file, records[2].Offset, 2, whole.AsSpan((int)records[2].Offset, cut - (int)records[2].Offset));
        }
    }

    [Fact]
    public void A_last_record_of_which_any_sector_was_never_written_is_torn()
    {
        using var directory = new TempDirectory();
        (string file, byte[] whole, List<TxnLogRecord> records) = Write(directory, 3, 5000);
        TxnLogRecord last = records[2];
        for (long sector = (last.Offset / Sector * Sector) + Sector; sector < last.EndOffset; sector += Sector)
        {
            byte[] torn = [.. whole, .. new byte[2000]];
            torn.AsSpan((int)sector, Sector).Clear();
            File.WriteAllBytes(file, torn);

            (List<TxnLogRecord> read, TornTail? tail) = TestLog.ReadFile(file);

            Assert.Equal(2, read.Count);
            Assert.Equal(last.Offset, tail?.Offset);
        }
    }

    [Fact]
    public void A_torn_commit_of_several_records_none_of_them_whole_is_torn()
    {
        using var directory = new TempDirectory();
        (string file, byte[] whole, List<TxnLogRecord> records) = Write(directory, 4, 2000);
        foreach (TxnLogRecord record in records.Skip(1))
            whole.AsSpan((int)((record.Offset / Sector) + 2) * Sector, Sector).Clear();
        File.WriteAllBytes(file, whole);

        (List<TxnLogRecord> read, TornTail? tail) = TestLog.ReadFile(file);

        Assert.Single(read);
        Assert.Equal(records[1].Offset, tail?.Offset);
        Assert.Equal(1, tail?.LastZxid);
    }

    [Fact]
    public void No_crash_loses_a_committed_transaction_whatever_sectors_it_leaves()
    {
        using var directory = new TempDirectory();
        int torn = 0, stopped = 0;
        for (int seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            int committed = random.Next(0, 4), uncommitted = random.Next(1, 6);
            (string file, byte[] whole, List<TxnLogRecord> records) = Write(directory, committed + uncommitted, random.Next(1, 1500));
            long durable = committed == 0 ? 0 : records[committed - 1].EndOffset;

            // Of what the last commit writes, any sectors may have reached the disk; the others are zeros, or beyond the end of the file.
            byte[] disk = [.. whole, .. new byte[random.Next(2) * 5000]];
            double written = random.NextDouble();
            for (long start = durable; start < whole.Length; start = (start / Sector * Sector) + Sector)
            {
                if (random.NextDouble() > written)
                    disk.AsSpan((int)start, (int)(Math.Min(whole.Length, (start / Sector * Sector) + Sector) - start)).Clear();
            }

            if (disk.Length == whole.Length)
                disk = disk[..random.Next((int)durable, disk.Length + 1)];
            File.WriteAllBytes(file, disk);

            try
            {
                (List<TxnLogRecord> read, TornTail? tail) = TestLog.ReadFile(file);
                Assert.InRange(read.Count, committed, committed + uncommitted);
                Assert.Equal(TestLog.Range(1, read.Count), read.Select(record => record.Zxid));
                torn += tail is null ? 0 : 1;
            }
            catch (CorruptLogException e)
            {
                // A later record is whole and an earlier one is not: it can't be known that neither was acknowledged.
                Assert.InRange(e.LastZxid, committed, committed + uncommitted - 2);
                stopped++;
            }
        }

        Assert.True(torn > 250 && stopped > 10, $"{torn} torn, {stopped} stopped");
    }

    [Fact]
    public void Random_damage_is_found_or_harmless()
    {
        using var directory = new TempDirectory();
        (string file, byte[] whole, _) = Write(directory, 6, 100);
        for (int seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            byte[] damaged = [.. whole, .. new byte[random.Next(2) * 1000]];
            for (int i = random.Next(1, 4); i > 0; i--)
                random.NextBytes(damaged.AsSpan(random.Next(whole.Length - 1))[..1]);
            File.WriteAllBytes(file, damaged);
            Exception? e = Record.Exception(() =>
            {
                (List<TxnLogRecord> read, TornTail? tail) = TestLog.ReadFile(file);
                Assert.True(read.Count == 6 || tail is not null, $"seed {seed}: {read.Count} read");
            });
            Assert.True(e is null or CorruptLogException, $"seed {seed}: {e}");
        }
    }

    [Fact]
    public void Padding_alone_is_a_clean_end()
    {
        using var directory = new TempDirectory();
        (string file, byte[] whole, _) = Write(directory, 3);
        foreach (int padding in new[] { 0, 1, 11, 12, 13, 4096, 3_000_000 })
        {
            File.WriteAllBytes(file, [.. whole, .. new byte[padding]]);
            (List<TxnLogRecord> read, TornTail? tail) = TestLog.ReadFile(file);
            Assert.Equal(3, read.Count);
            Assert.Null(tail);
        }
    }

    [Fact]
    public void A_flipped_bit_anywhere_before_the_last_record_is_corruption_at_that_record()
    {
        using var directory = new TempDirectory();
        (string file, byte[] whole, List<TxnLogRecord> records) = Write(directory, 4);
        foreach (TxnLogRecord record in records.Take(3))
        {
            for (long at = record.Offset; at < record.EndOffset; at++)
            {
                File.WriteAllBytes(file, Flip(whole, at, (int)(at % 8)));
                AssertCorruptAt(file, record.Offset, record.Zxid - 1);
            }
        }
    }

    [Fact]
    public void A_flipped_bit_anywhere_in_the_last_record_is_corruption_for_it_may_be_acknowledged()
    {
        using var directory = new TempDirectory();
        (string file, byte[] whole, List<TxnLogRecord> records) = Write(directory, 3);
        for (long at = records[2].Offset; at < records[2].EndOffset; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                File.WriteAllBytes(file, [.. Flip(whole, at, bit), .. new byte[4096]]);
                AssertCorruptAt(file, records[2].Offset, 2);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(31)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(100_000)]
    public void A_wrong_length_before_the_last_record_is_corruption(int length)
    {
        using var directory = new TempDirectory();
        (string file, byte[] whole, List<TxnLogRecord> records) = Write(directory, 3);
        BinaryPrimitives.WriteInt32BigEndian(whole.AsSpan((int)records[1].Offset + 8), length);
        File.WriteAllBytes(file, whole);

        AssertCorruptAt(file, records[1].Offset, 1);
    }

    [Fact]
    public void A_record_replaced_by_zeros_before_others_is_corruption_and_not_the_end()
    {
        using var directory = new TempDirectory();
        (string file, byte[] whole, List<TxnLogRecord> records) = Write(directory, 5);
        whole.AsSpan((int)records[1].Offset, records[1].Entry.Length + TxnLog.RecordOverhead).Clear();
        File.WriteAllBytes(file, whole);

        CorruptLogException e = AssertCorruptAt(file, records[1].Offset, 1);

        Assert.Contains("0x3", e.Reason, StringComparison.Ordinal);
        Assert.Contains($"byte {records[2].Offset}", e.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Whole_records_megabytes_after_a_damaged_one_are_found()
    {
        using var directory = new TempDirectory();
        string file = TestLog.Write(directory.Path, TestLog.Range(1, 6), dataLength: 900_000);
        List<TxnLogRecord> records = TestLog.ReadFile(file).Records;
        byte[] whole = File.ReadAllBytes(file);
        whole.AsSpan((int)records[1].Offset, (int)(records[5].Offset - records[1].Offset)).Clear();
        File.WriteAllBytes(file, whole);

        AssertCorruptAt(file, records[1].Offset, 1);
    }

    [Fact]
    public void Data_that_hold_a_piece_of_an_older_log_do_not_turn_a_torn_tail_into_corruption()
    {
        using var directory = new TempDirectory();
        byte[] older = File.ReadAllBytes(Write(directory, 3).File);
        using var log = new TxnLog(directory.Path, TestLog.NoPadding, lastZxid: 99);
        log.Append(100, TestLog.Create(100));
        log.Append(101, TestLog.Entry(101, Protocol.OpCode.SetData, new Protocol.SetDataTxn("/a", older, 1)));
        log.Commit();
        byte[] whole = File.ReadAllBytes(log.CurrentFile!);
        File.WriteAllBytes(log.CurrentFile!, whole[..^2]);

        (List<TxnLogRecord> read, TornTail? tail) = TestLog.ReadFile(log.CurrentFile!);

        Assert.Equal([100], read.Select(record => record.Zxid));
        Assert.NotNull(tail);
    }

    [Fact]
    public void A_file_with_a_part_of_its_header_is_torn_from_the_start()
    {
        using var directory = new TempDirectory();
        string file = directory.Combine("log.5");
        byte[] header = TestLog.FileHeader();
        for (int length = 0; length < header.Length; length++)
        {
            foreach (int padding in new[] { 0, 10_000 })
            {
                // With version and dbid preallocated as zeros, 8 bytes and padding are a whole header.
                if (length >= 8 && padding > 0)
                    continue;
                File.WriteAllBytes(file, [.. header[..length], .. new byte[padding]]);
                (List<TxnLogRecord> read, TornTail? tail) = TestLog.ReadFile(file);
                Assert.Empty(read);
                Assert.Equal(0, tail?.Offset);
                tail!.Cut();
                Assert.False(File.Exists(file));
            }
        }
    }

    [Fact]
    public void A_first_sector_that_was_never_written_is_torn_unless_a_whole_record_follows()
    {
        using var directory = new TempDirectory();
        (string file, byte[] whole, List<TxnLogRecord> records) = Write(directory, 2, 2000);
        byte[] torn = [.. whole[..(int)records[0].EndOffset]];
        torn.AsSpan(0, Sector).Clear();
        File.WriteAllBytes(file, torn);
        Assert.Equal(0, TestLog.ReadFile(file).Torn?.Offset);

        whole.AsSpan(0, Sector).Clear();
        File.WriteAllBytes(file, whole);
        AssertCorruptAt(file, 0, 0);
    }

    [Theory]
    [InlineData("This is no log, it is a text file.")]
    [InlineData("PK")]
    public void A_file_that_is_no_log_is_refused(string text)
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory.Combine("log.1"), text);

        AssertCorruptAt(directory.Combine("log.1"), 0, 0);
    }

    [Fact]
    public void A_flipped_bit_in_the_header_is_corruption()
    {
        using var directory = new TempDirectory();
        (string file, byte[] whole, _) = Write(directory, 2);
        for (int at = 0; at < 8; at++)
        {
            File.WriteAllBytes(file, Flip(whole, at, 3));
            AssertCorruptAt(file, 0, 0);
            File.WriteAllBytes(file, Flip(TestLog.FileHeader(), at, 3));
            AssertCorruptAt(file, 0, 0);
        }
    }

    [Fact]
    public void The_error_says_what_to_do()
    {
        using var directory = new TempDirectory();
        (string file, byte[] whole, List<TxnLogRecord> records) = Write(directory, 3);
        File.WriteAllBytes(file, Flip(whole, records[1].Offset + 40, 0));

        CorruptLogException e = AssertCorruptAt(file, records[1].Offset, 1);

        Assert.Contains(file, e.Message, StringComparison.Ordinal);
        Assert.Contains($"byte {records[1].Offset}", e.Message, StringComparison.Ordinal);
        Assert.Contains("backup", e.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("0x1", e.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_of_a_log_in_use_sees_what_is_committed_meanwhile()
    {
        using var directory = new TempDirectory();
        using var log = new TxnLog(directory.Path);
        log.Append(1, TestLog.Create(1));
        log.Commit();
        using var reader = new TxnLogReader(log.CurrentFile!);
        Assert.True(reader.Read());

        log.Append(2, TestLog.Create(2));
        log.Append(3, TestLog.Create(3));
        log.Commit();

        Assert.True(reader.Read());
        Assert.True(reader.Read());
        Assert.Equal(3, reader.Current.Zxid);
        Assert.False(reader.Read());
        Assert.Null(reader.Torn);
    }

    private static (string File, byte[] Bytes, List<TxnLogRecord> Records) Write(TempDirectory directory, int count, int dataLength = 20)
    {
        File.Delete(directory.Combine("log.1"));
        string file = TestLog.Write(directory.Path, TestLog.Range(1, count), dataLength: dataLength);
        return (file, File.ReadAllBytes(file), TestLog.ReadFile(file).Records);
    }

    private static byte[] Flip(byte[] bytes, long at, int bit)
    {
        byte[] flipped = [.. bytes];
        flipped[at] ^= (byte)(1 << bit);
        return flipped;
    }

    private static void AssertTornAt(string file, long offset, int wholeRecords, ReadOnlySpan<byte> rest)
    {
        (List<TxnLogRecord> read, TornTail? tail) = TestLog.ReadFile(file);
        Assert.Equal(wholeRecords, read.Count);
        // Of a record's first bytes, which are zeros, nothing is left to see.
        Assert.Equal(rest.ContainsAnyExcept((byte)0), tail is not null);
        if (tail is null)
            return;
        Assert.Equal(offset, tail.Offset);
        Assert.Equal(wholeRecords, tail.LastZxid);

        tail.Cut();
        Assert.Equal(offset, new FileInfo(file).Length);
        (read, tail) = TestLog.ReadFile(file);
        Assert.Equal(wholeRecords, read.Count);
        Assert.Null(tail);
    }

    private static CorruptLogException AssertCorruptAt(string file, long offset, long lastZxid)
    {
        var e = Assert.Throws<CorruptLogException>(() => TestLog.ReadFile(file));
        Assert.Equal(file, e.File);
        Assert.Equal(offset, e.Offset);
        Assert.Equal(lastZxid, e.LastZxid);
        Assert.NotEmpty(e.Reason);
        return e;
    }
}
