using System.Buffers.Binary;
using CoordPS.Protocol;

namespace CoordPS.Zab;

/// <summary>A learner that votes, or will: it logs proposals, acknowledges each when it is on disk, and delivers on commit.</summary>
internal sealed class Follower(ZabPeer peer, long leader) : Learner(peer, leader)
{
    private readonly Queue<(long Sequence, long Zxid)> _acks = new();

    protected override ServerState State => ServerState.Following;

    protected override QuorumPacketType Introduction => QuorumPacketType.FollowerInfo;

    public override void WritesCompleted()
    {
        base.WritesCompleted();
        while (HasAckedNewLeader && _acks.TryPeek(out (long Sequence, long Zxid) ack)
            && (ack.Sequence <= Peer.DurableSequence || Peer.HasFault(ZabFaultInjection.AckBeforeFsync)))
        {
            _acks.Dequeue();
            Send(new QuorumPacket(QuorumPacketType.Ack, ack.Zxid));
        }
    }

    protected override void Logged(long sequence, long zxid)
    {
        _acks.Enqueue((sequence, zxid));
        if (Peer.HasFault(ZabFaultInjection.AckBeforeFsync))
            WritesCompleted();
    }

    protected override void ReceiveBroadcast(in QuorumPacket packet)
    {
        switch (packet.Type)
        {
            case QuorumPacketType.Proposal:
                AppendProposal(packet.Zxid, packet.Data);
                break;
            case QuorumPacketType.Commit:
                Deliver(packet.Zxid, out _);
                break;
            case QuorumPacketType.CommitAndActivate when packet.Data is { Length: >= 8 }:
                if (Deliver(packet.Zxid, out ZabProposal proposal))
                    Activate(packet.Zxid, proposal.Payload, BinaryPrimitives.ReadInt64BigEndian(packet.Data));
                break;
            default:
                Fail($"{packet.Type} came while following");
                break;
        }
    }

    private bool Deliver(long zxid, out ZabProposal proposal)
    {
        if (!Peer.History.TryNextUndelivered(out proposal) || proposal.Zxid != zxid)
        {
            Fail($"0x{zxid:x} is committed, but 0x{proposal.Zxid:x} is next");
            return false;
        }

        Peer.DeliverUpTo(zxid);
        return true;
    }
}
