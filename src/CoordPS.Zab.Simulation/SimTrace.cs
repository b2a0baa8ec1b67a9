using System.Globalization;
using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Zab.Simulation;

/// <summary>Writes what happens as lines that a person can follow: who says what to whom, and what becomes durable.</summary>
internal sealed class SimTrace(TextWriter writer)
{
    public long Now { get; set; }

    /// <summary>Whether ticks of the protocol's heart, pings, are shown.</summary>
    public bool ShowPings { get; init; }

    /// <summary>Whether lines begin with the time.</summary>
    public bool ShowTime { get; init; } = true;

    public void Line(FormattableString text)
    {
        if (ShowTime)
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{Now / 1000,7}.{Now / 100 % 10}  "));
        writer.WriteLine(text.ToString(CultureInfo.InvariantCulture));
    }

    public void Vote(long from, long to, in ElectionNotification n)
    {
        string vote = n.Leader == long.MinValue ? "nobody" : string.Create(CultureInfo.InvariantCulture, $"{n.Leader} (epoch {n.PeerEpoch}, zxid {Zxid.Format(n.Zxid)})");
        Line($"{from} -> {to}  {n.State.ToString().ToUpperInvariant()} round {n.ElectionEpoch}: {vote}");
    }

    public void Packet(long from, long to, in QuorumPacket packet)
    {
        if (packet.Type == QuorumPacketType.Ping && !ShowPings)
            return;
        Line($"{from} -> {to}  {Describe(packet)}");
    }

    public void Write(long member, in ZabWrite write)
    {
        string what = write.Kind switch
        {
            ZabWriteKind.Append => $"append {Zxid.Format(write.Value)}",
            ZabWriteKind.Truncate => $"truncate after {Zxid.Format(write.Value)}",
            ZabWriteKind.InstallSnapshot => $"install snapshot {Zxid.Format(write.Value)}",
            ZabWriteKind.AcceptedEpoch => $"accepted epoch {write.Value}",
            ZabWriteKind.CurrentEpoch => $"current epoch {write.Value}",
            ZabWriteKind.Config => $"configuration {Describe(write.Config!)}",
            _ => $"next configuration {Describe(write.Config!)}",
        };
        Line($"{member} writes  {what}");
    }

    public static string Describe(EnsembleConfig config) =>
        $"{Zxid.Format(config.Version)} [{string.Join(' ', config.Members.Values.Select(m => m.Type == LearnerType.Observer ? $"{m.Id}o" : m.Id.ToString(CultureInfo.InvariantCulture)))}]";

    private static string Describe(in QuorumPacket packet)
    {
        string name = packet.Type.ToString().ToUpperInvariant();
        switch (packet.Type)
        {
            case QuorumPacketType.FollowerInfo or QuorumPacketType.ObserverInfo or QuorumPacketType.LeaderInfo:
                return $"{name} epoch {Zxid.Epoch(packet.Zxid)}";
            case QuorumPacketType.AckEpoch:
                int epoch = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(packet.Data);
                return $"{name} {(epoch == -1 ? "(promised before)" : $"current {epoch}")}, logged {Zxid.Format(packet.Zxid)}";
            case QuorumPacketType.NewLeader:
                return $"{name} {Zxid.Format(packet.Zxid)}, configuration {Describe(EnsembleConfig.Parse(Encoding.UTF8.GetString(packet.Data!)))}";
            case QuorumPacketType.UpToDate or QuorumPacketType.Sync or QuorumPacketType.Revalidate:
                return name;
            case QuorumPacketType.Request:
                return $"{name} {SimTxn.ReadRequest(packet.Data!).Type}";
            case QuorumPacketType.CommitAndActivate or QuorumPacketType.InformAndActivate:
                return $"{name} {Zxid.Format(packet.Zxid)}, leader {System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(packet.Data)}";
            default:
                return $"{name} {Zxid.Format(packet.Zxid)}";
        }
    }
}
