using System.Buffers.Binary;
using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Zab.Tests;

/// <summary>One member whose peers are the test: it is fed packets by hand, and what it does is collected.</summary>
internal sealed class PeerHarness
{
    public PeerHarness(long id, string config = Three, long accepted = 0, long current = 0, long snapshot = 0, IEnumerable<long>? log = null, bool reconfig = false, uint initialCounter = 0, string? next = null, int leaderSilence = 0)
    {
        Peer = new ZabPeer(
            new ZabOptions { Id = id, TickTime = 100, InitLimit = 10, SyncLimit = 5, ReconfigEnabled = reconfig, EpochWait = 300, InitialCounter = initialCounter, LeaderSilence = leaderSilence },
            new ZabRecovery
            {
                AcceptedEpoch = accepted, CurrentEpoch = current, SnapshotZxid = snapshot,
                Log = [.. (log ?? []).Select(z => new ZabProposal(z, Txn(z)))],
                Config = EnsembleConfig.Parse(config),
                NextConfig = next is null ? null : EnsembleConfig.Parse(next),
            });
        Peer.Start(0);
        Take();
    }

    public const string Three = "server.1=a:1:2;5\nserver.2=b:1:2;5\nserver.3=c:1:2;5\nversion=0";

    public ZabPeer Peer { get; }

    public List<ZabWrite> Writes { get; } = [];

    public List<ZabEvent> Events { get; } = [];

    public List<ZabSend> Sends { get; } = [];

    public List<ZabNotification> Notifications { get; } = [];

    public IEnumerable<long> Delivered => Events.Where(e => e.Kind == ZabEventKind.Deliver).Select(e => e.Zxid);

    public string Warnings => string.Join('\n', Events.Where(e => e.Kind == ZabEventKind.Warning).Select(e => e.Text));

    /// <summary>Whether the disk is as fast as thought.</summary>
    public bool SyncsAtOnce { get; set; } = true;

    public static long Z(long epoch, uint counter) => Zxid.Make(epoch, counter);

    public static byte[] Txn(long zxid)
    {
        using var writer = new JuteWriter();
        new TxnHeader(1, 1, zxid, 0, OpCode.SetData).Write(writer);
        return writer.WrittenSpan.ToArray();
    }

    public static byte[] Reconfig(long zxid, EnsembleConfig config)
    {
        using var writer = new JuteWriter();
        new TxnHeader(1, 1, zxid, 0, OpCode.Reconfig).Write(writer);
        new SetDataTxn("/zookeeper/config", Encoding.UTF8.GetBytes(config.ToString()), -1).Write(writer);
        return writer.WrittenSpan.ToArray();
    }

    public static byte[] Int(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Long(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }

    public PeerHarness Do(Action<ZabPeer> action)
    {
        action(Peer);
        Take();
        return this;
    }

    public void Clear()
    {
        Writes.Clear();
        Events.Clear();
        Sends.Clear();
        Notifications.Clear();
    }

    public void Sync() => Do(p => p.WritesCompleted(p.LastSequence));

    public void Vote(long from, ServerState state, long leader, long zxid, long round, long epoch, string? config = null) =>
        Do(p => p.ReceiveNotification(from, new ElectionNotification(state, leader, zxid, round, epoch, config)));

    public void Packet(long connection, QuorumPacketType type, long zxid, byte[]? data = null) =>
        Do(p => p.ReceivePacket(connection, new QuorumPacket(type, zxid, data)));

    public void Proposal(long connection, long zxid) => Packet(connection, QuorumPacketType.Proposal, zxid, Txn(zxid));

    /// <summary>What was sent on a connection since the last call, as <c>TYPE epoch.counter</c>.</summary>
    public string Sent(long connection)
    {
        var text = new List<string>();
        foreach (ZabSend send in Sends.Where(s => s.Connection == connection && s.Kind is ZabSendKind.Packet or ZabSendKind.Snapshot or ZabSendKind.Close))
        {
            text.Add(send.Kind switch
            {
                ZabSendKind.Snapshot => $"SNAP {Zxid.Format(send.Zxid)}",
                ZabSendKind.Close => "(close)",
                _ when send.Packet.Type == QuorumPacketType.UpToDate => "UPTODATE",
                _ when send.Packet.Type == QuorumPacketType.Ping => "PING",
                _ => $"{send.Packet.Type.ToString().ToUpperInvariant()} {Zxid.Format(send.Packet.Zxid)}",
            });
        }

        Sends.RemoveAll(s => s.Connection == connection);
        return string.Join(", ", text);
    }

    /// <summary>Elects a leader by the votes of all three members.</summary>
    public void Elect(long leader, long zxid = 0, long epoch = 0)
    {
        foreach (long voter in (long[])[1, 2, 3])
        {
            if (voter != Peer.Id)
                Vote(voter, ServerState.Looking, leader, zxid, 1, epoch);
        }
    }

    /// <summary>Follows the leader up to FOLLOWERINFO.</summary>
    /// <returns>The connection.</returns>
    public long Follow(long leader, long zxid = 0, long epoch = 0)
    {
        Elect(leader, zxid, epoch);
        ZabSend dial = Assert.Single(Sends, s => s.Kind == ZabSendKind.Dial);
        Assert.Equal(leader, dial.Member);
        Do(p => p.ConnectionOpened(dial.Connection));
        return dial.Connection;
    }

    private readonly Dictionary<long, long> _connections = [];

    /// <summary>A learner connects and says who it is. The connection that it had is closed, unless it is a second one of its id.</summary>
    public long Learner(long sid, long accepted = 0, bool observer = false, long configVersion = 0, bool second = false)
    {
        long connection = 0;
        if (!second && _connections.TryGetValue(sid, out long before))
            Do(p => p.ConnectionClosed(before));
        Do(p => connection = p.AcceptLearner());
        _connections[sid] = connection;
        Packet(connection, observer ? QuorumPacketType.ObserverInfo : QuorumPacketType.FollowerInfo, Z(accepted, 0), new LearnerInfo(sid, LearnerInfo.Zab10, configVersion).ToArray());
        return connection;
    }

    private void Take()
    {
        while (Peer.HasReady)
        {
            Ready ready = Peer.TakeReady();
            Writes.AddRange(ready.Writes);
            Events.AddRange(ready.Events);
            Sends.AddRange(ready.Sends);
            Notifications.AddRange(ready.Notifications);
            if (SyncsAtOnce && ready.Writes.Count > 0)
                Peer.WritesCompleted(ready.Writes[^1].Sequence);
        }
    }
}
