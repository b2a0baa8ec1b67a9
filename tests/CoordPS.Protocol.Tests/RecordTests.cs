using CoordPS.Protocol;

namespace CoordPS.Protocol.Tests;

public class RecordTests
{
    [Fact]
    public void Create_request_has_the_layout_of_zookeeper_jute()
    {
        using var writer = new JuteWriter();
        int frame = writer.BeginFrame();
        new RequestHeader(1, OpCode.Create).Write(writer);
        new CreateRequest("/a", [1, 2], Acl.OpenUnsafe, CreateMode.EphemeralSequential).Write(writer);
        writer.EndFrame(frame);

        Assert.Equal(
            "00000033" + "00000001" + "00000001" + "000000022F61" + "000000020102"
            + "00000001" + "0000001F" + "00000005776F726C64" + "00000006616E796F6E65" + "00000003",
            Convert.ToHexString(writer.WrittenSpan));
    }

    [Fact]
    public void A_connect_request_without_the_read_only_flag_reads_as_from_an_old_client()
    {
        using var writer = new JuteWriter();
        new ConnectRequest(0, 5, 10000, 7, new byte[16], ReadOnly: null).Write(writer);
        var reader = new JuteReader(writer.WrittenSpan);

        ConnectRequest request = ConnectRequest.Read(ref reader);

        Assert.Null(request.ReadOnly);
        Assert.Equal(5, request.LastZxidSeen);
    }

    [Theory]
    [InlineData("7FFFFFFF")]
    [InlineData("FFFFFFFE")]
    [InlineData("000000054142")]
    public void A_length_out_of_bounds_is_refused_before_anything_is_allocated(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);

        Assert.Throws<JuteException>(() => { var r = new JuteReader(bytes); r.ReadBuffer(); });
        Assert.Throws<JuteException>(() => { var r = new JuteReader(bytes); r.ReadStringVector(); });
        Assert.Throws<JuteException>(() => { var r = new JuteReader(bytes); r.ReadVector<Acl>(Acl.MinimumSize); });
    }

    [Fact]
    public void Bad_utf8_is_refused()
    {
        byte[] bytes = [0, 0, 0, 2, 0xc3, 0x28];

        Assert.Throws<JuteException>(() => { var r = new JuteReader(bytes); r.ReadString(); });
    }

    [Fact]
    public void A_stored_string_that_is_no_utf8_reads_as_java_reads_it()
    {
        // U+1F600 as Apache's server writes it to its log: two surrogates of three bytes.
        byte[] bytes = [0, 0, 0, 6, 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80];
        var reader = new JuteReader(bytes, lenient: true);

        Assert.All(reader.ReadString()!, static c => Assert.Equal('\uFFFD', c));
    }

    [Fact]
    public void A_multi_transaction_round_trips()
    {
        var txn = new MultiTxn([new SubTxn(OpCode.Delete, [0, 0, 0, 2, 47, 97]), new SubTxn(OpCode.Error, [0, 0, 0, 0])]);
        using var writer = new JuteWriter();
        txn.Write(writer);
        var reader = new JuteReader(writer.WrittenSpan);

        MultiTxn read = MultiTxn.Read(ref reader);

        Assert.Equal(0, reader.Remaining);
        Assert.Equal(2, read.Txns!.Count);
        Assert.Equal(OpCode.Delete, read.Txns[0].Type);
        Assert.Equal(txn.Txns![0].Data, read.Txns[0].Data);
    }
}
