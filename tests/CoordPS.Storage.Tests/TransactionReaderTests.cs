using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Storage.Tests;

public sealed class TransactionReaderTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Every_kind_of_transaction_is_told_as_what_it_does()
    {
        Append(
            (1, TestLog.Entry(1, OpCode.CreateSession, new CreateSessionTxn(30000))),
            (2, TestLog.Entry(2, OpCode.Create, new CreateTxn("/e", "text"u8.ToArray(), Acl.ReadUnsafe, true, 1))),
            (3, TestLog.Entry(3, OpCode.SetData, new SetDataTxn("/e", null, 7))),
            (4, TestLog.Entry(4, OpCode.CreateTtl, new CreateTtlTxn("/t", [], Acl.OpenUnsafe, 2, 5000))),
            (5, TestLog.Entry(5, OpCode.CreateContainer, new CreateContainerTxn("/c", [], Acl.OpenUnsafe, 2))),
            (6, TestLog.Entry(6, OpCode.SetAcl, new SetAclTxn("/e", Acl.ReadUnsafe, 1))),
            (7, TestLog.Entry(7, OpCode.DeleteContainer, new DeleteTxn("/c"))),
            (8, TestLog.Entry(8, OpCode.Error, new ErrorTxn(ErrorCode.NoNode))),
            (9, TestLog.Entry(9, OpCode.Multi, new MultiTxn([Part(OpCode.Check, new CheckVersionTxn("/e", 7)), Part(OpCode.Delete, new DeleteTxn("/t"))]))),
            (10, TestLog.Entry(10, OpCode.CloseSession, new CloseSessionTxn(["/e"]))));

        LoggedTransaction[] all = [.. TransactionReader.Read(_directory.Path)];

        Assert.Equal(
            [
                TransactionOperation.CreateSession, TransactionOperation.Create, TransactionOperation.SetData, TransactionOperation.Create, TransactionOperation.Create,
                TransactionOperation.SetAcl, TransactionOperation.DeleteContainer, TransactionOperation.Error, TransactionOperation.Multi, TransactionOperation.CloseSession,
            ],
            all.Select(static t => t.Operation));
        Assert.Equal(TimeSpan.FromSeconds(30), all[0].SessionTimeout);
        Assert.Equal((CreateMode.Ephemeral, "/e", 4, TestLog.Session), (all[1].Mode, all[1].Path, all[1].DataLength, all[1].EphemeralOwner));
        Assert.Equal("text"u8.ToArray(), all[1].Data);
        Assert.Equal(Acl.ReadUnsafe, all[1].Acl);
        Assert.Equal((7, null, 0), (all[2].Version, all[2].Data, all[2].DataLength));
        Assert.Equal((CreateMode.PersistentWithTtl, TimeSpan.FromSeconds(5)), (all[3].Mode, all[3].TimeToLive));
        Assert.Equal(CreateMode.Container, all[4].Mode);
        Assert.Equal(ErrorCode.NoNode, all[7].Error);
        Assert.Equal(["/e", "/t"], all[8].Paths);
        Assert.Null(all[8].Path);
        Assert.Equal(["Check /e", "Delete /t"], all[8].Operations.Select(static o => o.ToString()));
        Assert.Equal(["/e"], all[9].Paths);
        Assert.All(all, t => Assert.Equal((TestLog.Session, TestLog.Time, t.Zxid), (t.SessionId, t.Time.ToUnixTimeMilliseconds(), t.Counter)));
        Assert.Equal(16, all[0].Offset);
        Assert.Equal(all[0].Offset + all[0].Length, all[1].Offset);
    }

    [Fact]
    public void Filters_choose_by_zxid_time_session_operation_and_path()
    {
        Append(
            (1, TestLog.Create(1)), (2, TestLog.Create(2)), (3, TestLog.Entry(3, OpCode.Delete, new DeleteTxn("/n1"))),
            (4, TestLog.Entry(4, OpCode.Multi, new MultiTxn([Part(OpCode.Delete, new DeleteTxn("/n2"))]))));
        DateTimeOffset time = DateTimeOffset.FromUnixTimeMilliseconds(TestLog.Time);

        Assert.Equal([2, 3], Zxids(new TransactionFilter { FromZxid = 2, ToZxid = 3 }));
        Assert.Equal([1, 2, 3, 4], Zxids(new TransactionFilter { After = time, Before = time }));
        Assert.Empty(Zxids(new TransactionFilter { After = time.AddMilliseconds(1) }));
        Assert.Empty(Zxids(new TransactionFilter { Before = time.AddMilliseconds(-1) }));
        Assert.Empty(Zxids(new TransactionFilter { Sessions = [5] }));
        Assert.Equal([3, 4], Zxids(new TransactionFilter { Operations = [TransactionOperation.Delete] }));
        Assert.Equal([2, 4], Zxids(new TransactionFilter { Path = static p => p == "/n2" }));
    }

    [Fact]
    public void A_torn_tail_is_told_of_and_damage_before_it_is_an_error_with_file_and_offset()
    {
        string file = Append((1, TestLog.Create(1)), (2, TestLog.Create(2)), (3, TestLog.Create(3)));
        byte[] whole = File.ReadAllBytes(file);
        File.WriteAllBytes(file, whole[..^10]);
        List<TornTail> torn = [];
        Assert.Equal([1, 2], TransactionReader.Read(file, null, torn.Add).Select(static t => t.Zxid));
        Assert.Equal(file, Assert.Single(torn).File);

        long second = TransactionReader.Read(file).ElementAt(1).Offset;
        whole[second + 50] ^= 1;
        File.WriteAllBytes(file, whole);
        List<long> read = [];
        var e = Assert.Throws<CorruptLogException>(() => read.AddRange(TransactionReader.Read(_directory.Path).Select(static t => t.Zxid)));
        Assert.Equal((file, second), (e.File, e.Offset));
    }

    [Fact]
    public async Task What_is_appended_is_followed_through_new_files_until_cancelled()
    {
        using var log = new TxnLog(_directory.Path, new TxnLogOptions { PreAllocSize = 65536, ForceSync = false });
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using IAsyncEnumerator<LoggedTransaction> following = TransactionReader.FollowAsync(_directory.Path, cancellationToken: cancel.Token).GetAsyncEnumerator();
        for (long zxid = 1; zxid <= 6; zxid++)
        {
            ValueTask<bool> next = following.MoveNextAsync();
            Assert.False(next.IsCompleted);
            log.Append(zxid, TestLog.Create(zxid));
            log.Commit();
            if (zxid % 2 == 0)
                log.Roll();
            Assert.True(await next);
            Assert.Equal(zxid, following.Current.Zxid);
        }

        ValueTask<bool> waiting = following.MoveNextAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
    }

    [Fact]
    public void A_snapshot_is_described_and_a_damaged_one_is_described_as_such()
    {
        string file = SnapshotTests.Write(_directory.Path, 0x1f, [("/", [], -1), ("/a", "text"u8.ToArray(), 1), ("/a/b", null, -1)], new ZxidDigest(0x20, 2, 7));
        SnapshotInfo info = SnapshotInfo.Read(file);
        Assert.Equal((true, 3L, 4L, 0x1fL, 0x20L, SnapshotCompression.None), (info.IsValid, info.ZNodeCount, info.DataLength, info.Zxid, info.LastZxid, info.Compression));

        byte[] bytes = File.ReadAllBytes(file);
        bytes[^30] ^= 1;
        File.WriteAllBytes(file, bytes);
        Assert.Contains("not valid", SnapshotInfo.Read(file).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_folder_of_a_local_ensemble_stands_for_its_members()
    {
        foreach (string member in new[] { "2", "10", "1" })
        {
            Directory.CreateDirectory(_directory.Combine(member));
            File.WriteAllText(_directory.Combine(member, "myid"), member);
        }

        Directory.CreateDirectory(_directory.Combine("logs"));
        Assert.Equal(["1", "2", "10"], StoragePath.DataDirectories(_directory.Path).Select(Path.GetFileName));
        Assert.Equal([_directory.Combine("1")], StoragePath.DataDirectories(_directory.Combine("1")));
    }

    private long[] Zxids(TransactionFilter filter) => [.. TransactionReader.Read(_directory.Path, filter).Select(static t => t.Zxid)];

    private static SubTxn Part<T>(OpCode type, T record) where T : IJuteRecord<T>
    {
        using var writer = new JuteWriter();
        record.Write(writer);
        return new SubTxn(type, writer.WrittenSpan.ToArray());
    }

    private string Append(params (long Zxid, byte[] Entry)[] entries)
    {
        using var log = new TxnLog(_directory.Path, TestLog.NoPadding);
        foreach ((long zxid, byte[] entry) in entries)
            log.Append(zxid, entry);
        log.Commit();
        return log.CurrentFile!;
    }
}
