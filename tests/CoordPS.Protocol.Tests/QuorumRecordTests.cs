using System.Text;

namespace CoordPS.Protocol.Tests;

public class QuorumRecordTests
{
    private static byte[] Bytes(Action<JuteWriter> write)
    {
        using var writer = new JuteWriter();
        write(writer);
        return writer.WrittenSpan.ToArray();
    }

    [Fact]
    public void A_quorum_packet_reads_back_and_keeps_null_apart_from_empty()
    {
        foreach (QuorumPacket packet in (QuorumPacket[])[new(QuorumPacketType.Proposal, 0x100000001, [1, 2]), new(QuorumPacketType.Ping, 7, []), new(QuorumPacketType.Commit, 9), new(QuorumPacketType.Request, -1, [3], [new AclId("ip", "::1")])])
        {
            var reader = new JuteReader(Bytes(packet.Write));
            QuorumPacket read = QuorumPacket.Read(ref reader);
            Assert.Equal((packet.Type, packet.Zxid), (read.Type, read.Zxid));
            Assert.Equal(packet.Data, read.Data);
            Assert.Equal(packet.AuthInfo, read.AuthInfo);
        }
    }

    [Fact]
    public void A_commit_is_encoded_as_Apache_encodes_it() =>
        Assert.Equal("00000004" + "0000000100000002" + "FFFFFFFF" + "FFFFFFFF", Convert.ToHexString(Bytes(new QuorumPacket(QuorumPacketType.Commit, 0x100000002).Write)));

    [Theory]
    [InlineData(8, 5, 1, 0)]
    [InlineData(12, 5, 0x10000, 0)]
    [InlineData(20, 5, 0x10000, 77)]
    public void Learner_info_is_read_at_each_of_its_lengths(int length, long id, int protocol, long version)
    {
        var reader = new JuteReader(new LearnerInfo(5, LearnerInfo.Zab10, 77).ToArray().AsSpan(0, length));
        Assert.Equal(new LearnerInfo(id, protocol, version), LearnerInfo.Read(ref reader));
    }

    [Fact]
    public void A_notification_reads_back_with_its_configuration()
    {
        var sent = new ElectionNotification(ServerState.Following, 3, 0x200000005, 9, 2, "server.1=a:1:2:participant\nversion=0");
        byte[] bytes = Bytes(sent.Write);
        Assert.Equal(44 + sent.Config!.Length, bytes.Length);
        Assert.Equal(sent, ElectionNotification.Parse(bytes));
    }

    [Fact]
    public void Notifications_of_older_members_are_read()
    {
        byte[] bytes = Bytes(new ElectionNotification(ServerState.Looking, 3, 0x200000005, 9, 7, "").Write);
        ElectionNotification withoutEpoch = ElectionNotification.Parse(bytes.AsSpan(0, 28));
        Assert.Equal((2, 0), (withoutEpoch.PeerEpoch, withoutEpoch.Version));
        ElectionNotification withoutConfig = ElectionNotification.Parse(bytes.AsSpan(0, 40));
        Assert.Equal((7, 0), (withoutConfig.PeerEpoch, withoutConfig.Version));
        Assert.Null(withoutConfig.Config);
    }

    [Fact]
    public void A_malformed_notification_is_refused()
    {
        byte[] bytes = Bytes(new ElectionNotification(ServerState.Looking, 3, 5, 9, 7, "version=0").Write);
        Assert.Throws<JuteException>(() => ElectionNotification.Parse(bytes.AsSpan(0, 27)));
        Assert.Throws<JuteException>(() => ElectionNotification.Parse(bytes.AsSpan(0, bytes.Length - 1)));
        bytes[3] = 4;
        Assert.Throws<JuteException>(() => ElectionNotification.Parse(bytes));
        bytes[3] = 0;
        bytes[40] = 0xff;
        Assert.Throws<JuteException>(() => ElectionNotification.Parse(bytes));
    }

    [Fact]
    public void An_observers_vote_for_nobody_is_carried()
    {
        var sent = new ElectionNotification(ServerState.Looking, long.MinValue, long.MinValue, 1, long.MinValue, "version=0");
        Assert.Equal(sent, ElectionNotification.Parse(Bytes(sent.Write)));
        Assert.Equal(9, Encoding.UTF8.GetByteCount(sent.Config!));
    }
}
