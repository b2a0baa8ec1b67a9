using CoordPS.Testing;

namespace CoordPS.Storage.Tests;

public class TxnLogDirectoryTests
{
    [Fact]
    public void Files_are_read_as_one_from_the_file_that_may_hold_the_zxid()
    {
        using var directory = new TempDirectory();
        TestLog.Write(directory.Path, TestLog.Range(1, 9));
        TestLog.Write(directory.Path, TestLog.Range(0xa, 0x1f));
        TestLog.Write(directory.Path, TestLog.Range(0x20, 0x25));
        File.WriteAllText(directory.Combine("log.zz"), "not a log's name");
        File.WriteAllText(directory.Combine("other"), "");

        Assert.Equal(TestLog.Range(1, 0x25), TestLog.Zxids(directory.Path));
        Assert.Equal(TestLog.Range(0x15, 0x25), TestLog.Zxids(directory.Path, 0x15));
        Assert.Equal(TestLog.Range(0x20, 0x25), TestLog.Zxids(directory.Path, 0x20));
        Assert.Empty(TestLog.Zxids(directory.Path, 0x26));

        // The files before are not needed, and not looked at.
        File.WriteAllText(directory.Combine("log.1"), "damaged");
        Assert.Equal(TestLog.Range(0xa, 0x25), TestLog.Zxids(directory.Path, 0xa));
    }

    [Fact]
    public void An_empty_directory_has_no_transactions_and_a_missing_one_is_an_error()
    {
        using var directory = new TempDirectory();

        Assert.Empty(TestLog.Zxids(directory.Path));
        Assert.Equal(directory.Combine("gone"), Assert.Throws<StorageException>(() => TestLog.Zxids(directory.Combine("gone"))).File);
    }

    [Fact]
    public void The_torn_tail_of_the_last_file_is_reported_and_cut()
    {
        using var directory = new TempDirectory();
        TestLog.Write(directory.Path, TestLog.Range(1, 5));
        string last = TestLog.Write(directory.Path, TestLog.Range(6, 9));
        Shorten(last, 3);

        using TxnLogDirectoryReader reader = TxnLogDirectory.Open(directory.Path);
        Assert.Empty(reader.TornTails);
        while (reader.Read())
        {
        }

        TornTail torn = Assert.Single(reader.TornTails);
        Assert.Equal(last, torn.File);
        Assert.Equal(8, torn.LastZxid);
        torn.Cut();
        TestLog.Write(directory.Path, TestLog.Range(9, 12));
        Assert.Equal(TestLog.Range(1, 12), TestLog.Zxids(directory.Path, 1, continuous: true));
    }

    [Fact]
    public void A_torn_file_is_the_tail_when_the_files_after_it_hold_no_transaction()
    {
        using var directory = new TempDirectory();
        Shorten(TestLog.Write(directory.Path, TestLog.Range(1, 5)), 3);
        File.WriteAllBytes(directory.Combine("log.5"), TestLog.FileHeader()[..7]);

        using TxnLogDirectoryReader reader = TxnLogDirectory.Open(directory.Path, 1, new TxnLogReadOptions { RequireContinuity = true });
        while (reader.Read())
        {
        }

        Assert.Equal(4, reader.LastZxid);
        Assert.Equal(["log.1", "log.5"], reader.TornTails.Select(torn => Path.GetFileName(torn.File)));
    }

    [Fact]
    public void A_torn_end_is_harmless_when_the_next_file_goes_on_where_the_whole_records_end()
    {
        // Apache does not cut a torn tail: it reads up to it and begins a new file.
        using var directory = new TempDirectory();
        Shorten(TestLog.Write(directory.Path, TestLog.Range(1, 5)), 3);
        TestLog.Write(directory.Path, TestLog.Range(5, 8));

        Assert.Equal(TestLog.Range(1, 8), TestLog.Zxids(directory.Path));
        Assert.Equal(TestLog.Range(1, 8), TestLog.Zxids(directory.Path, 1, continuous: true));
        Assert.Equal(TestLog.Range(3, 8), TestLog.Zxids(directory.Path, 3, continuous: true));
    }

    [Fact]
    public void A_torn_end_before_a_new_epoch_is_harmless()
    {
        using var directory = new TempDirectory();
        Shorten(TestLog.Write(directory.Path, TestLog.Range(0x100000001, 0x100000005)), 3);
        TestLog.Write(directory.Path, TestLog.Range(0x200000001, 0x200000003));

        Assert.Equal(7, TestLog.Zxids(directory.Path, 0x100000001, continuous: true).Count);
    }

    [Fact]
    public void Transactions_logged_again_after_a_torn_end_do_not_hide_a_missing_one()
    {
        using var directory = new TempDirectory();
        Shorten(TestLog.Write(directory.Path, TestLog.Range(1, 5)), 3);
        TestLog.Write(directory.Path, [3, 4, 6]);

        Assert.Throws<CorruptLogException>(() => TestLog.Zxids(directory.Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_torn_end_before_a_later_transaction_is_corruption(bool continuous)
    {
        using var directory = new TempDirectory();
        string torn = TestLog.Write(directory.Path, TestLog.Range(1, 5));
        Shorten(torn, 3);
        TestLog.Write(directory.Path, TestLog.Range(6, 8));

        var e = Assert.Throws<CorruptLogException>(() => TestLog.Zxids(directory.Path, 1, continuous));

        Assert.Equal(torn, e.File);
        Assert.Equal(TestLog.ReadFile(torn).Torn!.Offset, e.Offset);
        Assert.Equal(4, e.LastZxid);
    }

    [Fact]
    public void A_missing_file_is_corruption_when_continuity_is_required()
    {
        using var directory = new TempDirectory();
        TestLog.Write(directory.Path, TestLog.Range(1, 5));
        string later = TestLog.Write(directory.Path, TestLog.Range(8, 9));

        Assert.Equal([1, 2, 3, 4, 5, 8, 9], TestLog.Zxids(directory.Path));
        var e = Assert.Throws<CorruptLogException>(() => TestLog.Zxids(directory.Path, 3, continuous: true));
        Assert.Equal(later, e.File);
        Assert.Equal(5, e.LastZxid);
        Assert.Throws<CorruptLogException>(() => TestLog.Zxids(directory.Path, 6, continuous: true));
        Assert.Throws<CorruptLogException>(() => TestLog.Zxids(directory.Path, 7, continuous: true));
        Assert.Equal([8, 9], TestLog.Zxids(directory.Path, 8, continuous: true));
    }

    [Fact]
    public void Transactions_zeroed_at_the_end_of_a_file_before_the_last_are_corruption_when_continuity_is_required()
    {
        using var directory = new TempDirectory();
        string file = TestLog.Write(directory.Path, TestLog.Range(1, 5));
        long end = TestLog.ReadFile(file).Records[3].Offset;
        byte[] bytes = File.ReadAllBytes(file);
        bytes.AsSpan((int)end).Clear();
        File.WriteAllBytes(file, bytes);
        TestLog.Write(directory.Path, TestLog.Range(6, 7));

        Assert.Throws<CorruptLogException>(() => TestLog.Zxids(directory.Path, 1, continuous: true));
    }

    [Fact]
    public void The_name_of_a_file_without_transactions_counts_when_continuity_is_required()
    {
        using var directory = new TempDirectory();
        TestLog.Write(directory.Path, TestLog.Range(1, 5));
        File.WriteAllBytes(directory.Combine("log.9"), TestLog.FileHeader());

        Assert.Throws<CorruptLogException>(() => TestLog.Zxids(directory.Path, 1, continuous: true));
        File.Move(directory.Combine("log.9"), directory.Combine("log.6"));
        Assert.Equal(TestLog.Range(1, 5), TestLog.Zxids(directory.Path, 1, continuous: true));
    }

    [Fact]
    public void A_new_epoch_begins_with_its_first_transaction()
    {
        Assert.True(TxnLogDirectoryReader.Follows(0, 1));
        Assert.True(TxnLogDirectoryReader.Follows(0, 0x100000001));
        Assert.True(TxnLogDirectoryReader.Follows(0x100000005, 0x300000001));
        Assert.True(TxnLogDirectoryReader.Follows(0xffffffff, 0x100000000));
        Assert.False(TxnLogDirectoryReader.Follows(0x100000005, 0x200000002));
        Assert.False(TxnLogDirectoryReader.Follows(0x100000005, 0x100000007));
        Assert.False(TxnLogDirectoryReader.Follows(5, 5));
    }

    [Fact]
    public void A_transaction_logged_twice_is_read_once()
    {
        using var directory = new TempDirectory();
        TestLog.Write(directory.Path, TestLog.Range(1, 5));
        TestLog.Write(directory.Path, TestLog.Range(4, 8));

        Assert.Equal(TestLog.Range(1, 8), TestLog.Zxids(directory.Path, 1, continuous: true));
    }

    [Fact]
    public void Records_of_the_enumeration_keep_their_bytes()
    {
        using var directory = new TempDirectory();
        TestLog.Write(directory.Path, TestLog.Range(1, 50));

        List<TxnLogRecord> records = [.. TxnLogDirectory.Read(directory.Path)];

        Assert.All(records, record => Assert.Equal(TestLog.Create(record.Zxid), record.Entry.ToArray()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(14)]
    [InlineData(20)]
    public void Truncating_leaves_what_comes_up_to_the_zxid(long zxid)
    {
        using var directory = new TempDirectory();
        TestLog.Write(directory.Path, TestLog.Range(1, 5), new TxnLogOptions { PreAllocSize = 10_000 });
        TestLog.Write(directory.Path, TestLog.Range(6, 9));
        TestLog.Write(directory.Path, TestLog.Range(10, 14));

        long last = TxnLog.Truncate(directory.Path, zxid);

        Assert.Equal(Math.Min(zxid, 14), last);
        Assert.Equal(TestLog.Range(1, last), TestLog.Zxids(directory.Path));
        TestLog.Write(directory.Path, TestLog.Range(last + 1, last + 3));
        Assert.Equal(TestLog.Range(1, last + 3), TestLog.Zxids(directory.Path, 1, continuous: true));
    }

    [Fact]
    public void Truncating_before_the_first_transaction_removes_all()
    {
        using var directory = new TempDirectory();
        TestLog.Write(directory.Path, TestLog.Range(5, 9));

        Assert.Equal(0, TxnLog.Truncate(directory.Path, 4));
        Assert.Empty(TxnLogDirectory.Files(directory.Path));
    }

    [Fact]
    public void Truncating_takes_away_damage_after_the_zxid_and_refuses_damage_before_it()
    {
        using var directory = new TempDirectory();
        string file = TestLog.Write(directory.Path, TestLog.Range(1, 9));
        TxnLogRecord damaged = TestLog.ReadFile(file).Records[5];
        byte[] bytes = File.ReadAllBytes(file);
        bytes[damaged.Offset + 50] ^= 1;
        File.WriteAllBytes(file, bytes);

        Assert.Throws<CorruptLogException>(() => TxnLog.Truncate(directory.Path, 7));
        Assert.Equal(bytes, File.ReadAllBytes(file));
        Assert.Equal(5, TxnLog.Truncate(directory.Path, 5));
        Assert.Equal(TestLog.Range(1, 5), TestLog.Zxids(directory.Path));
    }

    [Fact]
    public void Truncating_without_logs_is_an_error()
    {
        using var directory = new TempDirectory();

        Assert.Throws<StorageException>(() => TxnLog.Truncate(directory.Path, 7));
    }

    private static void Shorten(string file, int bytes)
    {
        using FileStream stream = File.OpenWrite(file);
        stream.SetLength(stream.Length - bytes);
    }
}
