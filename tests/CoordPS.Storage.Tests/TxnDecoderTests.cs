using CoordPS.Protocol;

namespace CoordPS.Storage.Tests;

public class TxnDecoderTests
{
    private static readonly TxnDigest Digest = new(2, 0x123456789abcdef0);

    public static TheoryData<OpCode, object> Records => new()
    {
        { OpCode.Create, new CreateTxn("/a", [1], Acl.OpenUnsafe, true, 3) },
        { OpCode.Create2, new CreateTxn("/a", null, Acl.ReadUnsafe, false, 3) },
        { OpCode.CreateTtl, new CreateTtlTxn("/a", [], Acl.OpenUnsafe, 3, 5000) },
        { OpCode.CreateContainer, new CreateContainerTxn("/a", [1, 2], Acl.OpenUnsafe, 3) },
        { OpCode.Delete, new DeleteTxn("/a") },
        { OpCode.DeleteContainer, new DeleteTxn("/a") },
        { OpCode.SetData, new SetDataTxn("/a", [1], 7) },
        { OpCode.Reconfig, new SetDataTxn("/zookeeper/config", "server.1="u8.ToArray(), 7) },
        { OpCode.SetAcl, new SetAclTxn("/a", Acl.ReadUnsafe, 2) },
        { OpCode.CreateSession, new CreateSessionTxn(30000) },
        { OpCode.CloseSession, new CloseSessionTxn(["/a", "/b"]) },
        { OpCode.Error, new ErrorTxn(ErrorCode.NoNode) },
        { OpCode.Multi, new MultiTxn([new SubTxn(OpCode.Delete, [0, 0, 0, 2, 47, 97])]) },
    };

    [Theory]
    [MemberData(nameof(Records))]
    public void Every_type_is_read_with_and_without_a_digest(OpCode type, object record)
    {
        foreach (bool withDigest in new[] { false, true })
        {
            byte[] entry = Entry(type, writer => Write(record, writer), withDigest);

            DecodedTxn txn = TxnDecoder.Decode(entry);

            Assert.Equal(type, txn.Header.Type);
            Assert.Equal(9, txn.Header.Zxid);
            Assert.Equivalent(record, txn.Record, strict: true);
            Assert.Equal(withDigest ? Digest : null, txn.Digest);
        }
    }

    [Fact]
    public void A_create_from_before_3_4_has_no_parent_version()
    {
        byte[] entry = Entry(OpCode.Create, writer =>
        {
            writer.WriteString("/old");
            writer.WriteBuffer([1, 2]);
            writer.WriteVector(Acl.OpenUnsafe);
            writer.WriteBoolean(true);
        });

        var create = Assert.IsType<CreateTxn>(TxnDecoder.Decode(entry).Record);

        Assert.Equal("/old", create.Path);
        Assert.Equal([1, 2], create.Data);
        Assert.True(create.Ephemeral);
        Assert.Equal(-1, create.ParentCVersion);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_closeSession_from_before_3_6_names_no_paths(bool withDigest)
    {
        DecodedTxn txn = TxnDecoder.Decode(Entry(OpCode.CloseSession, _ => { }, withDigest));

        Assert.Null(txn.Record);
        Assert.Equal(withDigest ? Digest : null, txn.Digest);
    }

    [Fact]
    public void A_multi_gives_its_parts()
    {
        (OpCode Type, object Record)[] expected =
        [
            (OpCode.Create, new CreateTxn("/a", [1], Acl.OpenUnsafe, false, 1)),
            (OpCode.CreateTtl, new CreateTtlTxn("/t", [1], Acl.OpenUnsafe, 1, 10)),
            (OpCode.CreateContainer, new CreateContainerTxn("/c", [1], Acl.OpenUnsafe, 1)),
            (OpCode.SetData, new SetDataTxn("/a", null, 1)),
            (OpCode.Check, new CheckVersionTxn("/a", 4)),
            (OpCode.Delete, new DeleteTxn("/a")),
            (OpCode.Error, new ErrorTxn(ErrorCode.RuntimeInconsistency)),
        ];
        var parts = expected.Select(part =>
        {
            using var writer = new JuteWriter();
            Write(part.Record, writer);
            return new SubTxn(part.Type, writer.WrittenSpan.ToArray());
        });
        byte[] entry = Entry(OpCode.Multi, new MultiTxn([.. parts]).Write);

        var multi = Assert.IsType<MultiTxn>(TxnDecoder.Decode(entry).Record);

        Assert.Equal(expected.Length, multi.Txns!.Count);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equivalent(expected[i].Record, TxnDecoder.DecodePart(multi.Txns[i]), strict: true);
    }

    [Theory]
    [InlineData(OpCode.GetData)]
    [InlineData(OpCode.Check)]
    [InlineData((OpCode)4711)]
    public void A_type_that_no_transaction_has_is_an_error_naming_the_zxid(OpCode type)
    {
        var e = Assert.Throws<JuteException>(() => TxnDecoder.Decode(Entry(type, writer => writer.WriteString("/a"))));

        Assert.Contains("0x9", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_multi_in_a_multi_is_an_error() =>
        Assert.Throws<JuteException>(() => TxnDecoder.DecodePart(new SubTxn(OpCode.Multi, [0, 0, 0, 0])));

    [Theory]
    [MemberData(nameof(Records))]
    public void A_record_cut_short_is_an_error_and_nothing_else(OpCode type, object record)
    {
        byte[] entry = Entry(type, writer => Write(record, writer));
        for (int length = 0; length < entry.Length; length++)
        {
            byte[] cut = entry[..length];
            Exception? e = Xunit.Record.Exception(() => TxnDecoder.Decode(cut));
            Assert.True(e is null or JuteException, e?.ToString());
        }
    }

    private static byte[] Entry(OpCode type, Action<JuteWriter> record, bool withDigest = false)
    {
        using var writer = new JuteWriter();
        new TxnHeader(TestLog.Session, 1, 9, TestLog.Time, type).Write(writer);
        record(writer);
        if (withDigest)
            Digest.Write(writer);
        return writer.WrittenSpan.ToArray();
    }

    private static void Write(object record, JuteWriter writer) => record.GetType().GetMethod("Write", [typeof(JuteWriter)])!.Invoke(record, [writer]);
}
