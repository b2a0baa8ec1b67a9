using System.Buffers.Binary;
using CoordPS.Protocol;

namespace CoordPS.Zab;

/// <summary>A learner without a vote: it hears of transactions once they are committed, logs and delivers them.</summary>
internal sealed class Observer(ZabPeer peer, long leader) : Learner(peer, leader)
{
    protected override ServerState State => ServerState.Observing;

    protected override QuorumPacketType Introduction => QuorumPacketType.ObserverInfo;

    protected override void Logged(long sequence, long zxid)
    {
    }

    protected override void ReceiveBroadcast(in QuorumPacket packet)
    {
        switch (packet.Type)
        {
            case QuorumPacketType.Inform:
                if (AppendProposal(packet.Zxid, packet.Data))
                    Peer.DeliverUpTo(packet.Zxid);
                break;
            case QuorumPacketType.InformAndActivate when packet.Data is { Length: > 8 }:
                byte[] payload = packet.Data[8..];
                if (AppendProposal(packet.Zxid, payload))
                {
                    Peer.DeliverUpTo(packet.Zxid);
                    Activate(packet.Zxid, payload, BinaryPrimitives.ReadInt64BigEndian(packet.Data));
                }

                break;
            case QuorumPacketType.Proposal or QuorumPacketType.Commit:
                break; // Apache's observers ignore them as well
            default:
                Fail($"{packet.Type} came while observing");
                break;
        }
    }
}
