using System.Buffers.Binary;
using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Zab;

/// <summary>
/// What followers and observers share: connecting to the leader, promising its epoch, taking over its history. The history
/// may be changed before it is known to be the ensemble's, since only what no quorum has can be dropped; it is delivered
/// once UPTODATE says that a quorum has it.
/// </summary>
internal abstract class Learner
{
    /// <summary>The part of a tick that one step of the clock counts for at most, when silence is measured.</summary>
    private const int LongestStep = 8;

    private Stage _stage = Stage.Dialing;
    private long _deadline;
    private long _silence;
    private long _tickedAt;
    private long _retryAt;
    private int _attempts;
    private int _ackEpoch;
    private long _promiseSequence;
    private long _newLeaderSequence = long.MaxValue;
    private bool _newLeaderAcked;
    private long _commitZxid;
    private long _snapshotZxid = -1;
    private EnsembleConfig? _newLeaderConfig;

    protected Learner(ZabPeer peer, long leader)
    {
        Peer = peer;
        LeaderId = leader;
        _deadline = peer.Now + InitTimeout;
        _tickedAt = peer.Now;
    }

    private enum Stage
    {
        Dialing,
        Retrying,
        Registering,
        Promising,
        AwaitingSync,
        Syncing,
        AwaitingUpToDate,
        Broadcast,
    }

    public long LeaderId { get; }

    public long Connection { get; private set; } = -1;

    public bool IsServing => _stage == Stage.Broadcast;

    protected ZabPeer Peer { get; }

    protected long Epoch { get; private set; } = -1;

    protected abstract ServerState State { get; }

    protected abstract QuorumPacketType Introduction { get; }

    /// <summary>Whether NEWLEADER has been acknowledged, so that proposals may be.</summary>
    protected bool HasAckedNewLeader => _newLeaderAcked;

    private long InitTimeout => (long)Peer.Options.InitLimit * Peer.Options.TickTime;

    private long SyncTimeout => (long)Peer.Options.SyncLimit * Peer.Options.TickTime;

    public void Start() => Dial();

    public void Close()
    {
        if (Connection >= 0)
            Peer.Command(new ZabSend(ZabSendKind.Close, Connection));
        Connection = -1;
    }

    public void Tick(long now)
    {
        // The leader may well have spoken while this member did not run, so that long pause proves nothing.
        _silence += Math.Min(now - _tickedAt, Math.Max(1, Peer.Options.TickTime / LongestStep));
        _tickedAt = now;
        if (now >= _deadline)
        {
            Peer.Leave(_stage switch
            {
                Stage.Broadcast => $"leader {LeaderId} was silent for syncLimit",
                Stage.Dialing or Stage.Retrying => $"leader {LeaderId} could not be reached within initLimit",
                _ => $"leader {LeaderId} did not bring this member up to date within initLimit",
            });
        }
        else if (_stage == Stage.Broadcast && _silence >= Peer.Options.LeaderTimeout)
        {
            Peer.Leave($"leader {LeaderId} was silent for {_silence} ms");
        }
        else if (_stage == Stage.Retrying && now >= _retryAt)
        {
            Dial();
        }
    }

    public void ConnectionOpened(long connection)
    {
        if (connection != Connection || _stage != Stage.Dialing)
            return;
        _stage = Stage.Registering;
        Touch();
        var info = new LearnerInfo(Peer.Id, LearnerInfo.Zab10, Peer.Config.Version);
        Send(new QuorumPacket(Introduction, Zxid.Make(Peer.AcceptedEpoch, 0), info.ToArray()));
    }

    public void ConnectionClosed(long connection)
    {
        if (connection != Connection)
            return;
        Connection = -1;
        if (_stage == Stage.Dialing && _attempts < Peer.Options.DialAttempts)
        {
            _stage = Stage.Retrying;
            _retryAt = Peer.Now + Peer.Options.DialRetryInterval;
        }
        else
        {
            Peer.Leave(_stage == Stage.Dialing ? $"leader {LeaderId} does not accept connections" : $"leader {LeaderId} closed the connection");
        }
    }

    public virtual void WritesCompleted()
    {
        if (_stage == Stage.Promising && Peer.DurableSequence >= _promiseSequence)
        {
            byte[] epoch = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(epoch, _ackEpoch);
            Send(new QuorumPacket(QuorumPacketType.AckEpoch, Peer.History.LastZxid, epoch));
            _stage = Stage.AwaitingSync;
        }

        if (!_newLeaderAcked && Peer.DurableSequence >= _newLeaderSequence)
        {
            _newLeaderAcked = true;
            Send(new QuorumPacket(QuorumPacketType.Ack, Zxid.Make(Epoch, 0)));
        }
    }

    public void Receive(long connection, in QuorumPacket packet)
    {
        if (connection != Connection)
            return;
        Touch();
        switch (_stage)
        {
            case Stage.Registering:
                ReceiveLeaderInfo(packet);
                break;
            case Stage.AwaitingSync:
                ReceiveSyncStart(packet);
                break;
            case Stage.Syncing or Stage.AwaitingUpToDate:
                ReceiveSync(packet);
                break;
            case Stage.Broadcast:
                ReceiveCommon(packet);
                break;
            default:
                Fail($"{packet.Type} came while {_stage}");
                break;
        }
    }

    public void ReceiveSnapshot(long connection, long zxid, object snapshot)
    {
        if (connection != Connection)
            return;
        Touch();
        if (_stage != Stage.AwaitingSync)
        {
            Fail($"a snapshot came while {_stage}");
            return;
        }

        if (zxid < Peer.History.DeliveredZxid)
        {
            Fail($"a snapshot as of 0x{zxid:x} came, but 0x{Peer.History.DeliveredZxid:x} has been delivered");
            return;
        }

        Peer.InstallSnapshot(zxid, snapshot);
        _snapshotZxid = zxid;
        BeginSync();
    }

    public void Activity(long connection)
    {
        if (connection == Connection)
            Touch();
    }

    public void ForwardToLeader(in QuorumPacket packet)
    {
        ZabException.Require(_stage == Stage.Broadcast, $"{packet.Type} was to be sent to the leader before it serves; check Role.IsServing");
        Send(packet);
    }

    public void AnswerPing(long zxid, byte[] touches)
    {
        if (Connection >= 0 && _newLeaderAcked)
            Send(new QuorumPacket(QuorumPacketType.Ping, zxid, touches));
    }

    /// <summary>A transaction to log, before UPTODATE or after.</summary>
    protected abstract void Logged(long sequence, long zxid);

    /// <summary>The leader's packets that only one kind of learner understands, once serving.</summary>
    protected abstract void ReceiveBroadcast(in QuorumPacket packet);

    protected void Send(in QuorumPacket packet) => Peer.SendPacket(Connection, packet);

    protected void Fail(string what) => Peer.Leave($"leader {LeaderId} broke the protocol: {what}");

    protected bool AppendProposal(long zxid, byte[]? payload)
    {
        if (payload is null || !Peer.History.CanFollow(zxid) || Zxid.Epoch(zxid) > Epoch)
        {
            Fail($"transaction 0x{zxid:x} cannot follow 0x{Peer.History.LastZxid:x}");
            return false;
        }

        // The configuration comes first on disk: a member that has the transaction knows the quorums it takes.
        EnsembleConfig? next = ZabProposal.ConfigOf(payload);
        if (next is not null)
            Peer.SetLastSeen(next);
        Logged(Peer.Append(new ZabProposal(zxid, payload)), zxid);
        return true;
    }

    /// <summary>Makes a committed configuration the active one, and hangs up if that changes this member's part.</summary>
    protected void Activate(long zxid, byte[] payload, long designated)
    {
        EnsembleConfig? config = ZabProposal.ConfigOf(payload);
        if (config is null)
            Fail($"0x{zxid:x} is committed as a reconfiguration and is none");
        else if (Peer.ActivateConfig(config, designated, zxid))
            Peer.Leave("the new configuration changes this member's role or leader");
    }

    private void Dial()
    {
        _attempts++;
        _stage = Stage.Dialing;
        Connection = Peer.NewConnection();
        Peer.Command(new ZabSend(ZabSendKind.Dial, Connection, default, LeaderId));
    }

    private void Touch()
    {
        _deadline = Peer.Now + (_stage == Stage.Broadcast ? SyncTimeout : InitTimeout);
        _silence = 0;
    }

    private void ReceiveLeaderInfo(in QuorumPacket packet)
    {
        if (packet.Type != QuorumPacketType.LeaderInfo)
        {
            Fail($"{packet.Type} came instead of LEADERINFO");
            return;
        }

        Epoch = Zxid.Epoch(packet.Zxid);
        if (Epoch < Peer.AcceptedEpoch)
        {
            Peer.Leave($"leader {LeaderId} proposes epoch {Epoch}, earlier than the accepted {Peer.AcceptedEpoch}");
            return;
        }

        // A promise counts once: -1 tells the leader that an epoch accepted before is not promised to it.
        _ackEpoch = Epoch > Peer.AcceptedEpoch || Peer.HasFault(ZabFaultInjection.ReuseEpoch) ? (int)Peer.CurrentEpoch : -1;
        _promiseSequence = Epoch > Peer.AcceptedEpoch ? Peer.WriteAcceptedEpoch(Epoch) : Peer.LastSequence;
        _stage = Stage.Promising;
        Peer.SetRole(new ZabRole(State, ZabPhase.Synchronization, LeaderId, Epoch));
        WritesCompleted();
    }

    private void ReceiveSyncStart(in QuorumPacket packet)
    {
        switch (packet.Type)
        {
            case QuorumPacketType.Diff:
                BeginSync();
                break;
            case QuorumPacketType.Trunc:
                if (!Peer.HasFault(ZabFaultInjection.SkipTruncate))
                    Peer.Truncate(packet.Zxid);
                BeginSync();
                break;
            default:
                Fail($"{packet.Type} came instead of DIFF, TRUNC or SNAP");
                break;
        }
    }

    private void BeginSync()
    {
        _stage = Stage.Syncing;
        // What is left of the log is part of the leader's history, and committed when that is.
        _commitZxid = Peer.History.LastZxid;
        if (Peer.HasFault(ZabFaultInjection.ForgetHistoryOnNewLeader))
            AcknowledgeEpoch();
    }

    private void ReceiveSync(in QuorumPacket packet)
    {
        switch (packet.Type)
        {
            case QuorumPacketType.Proposal:
                // Apache reads its snapshot's zxid later than it starts to queue proposals.
                if (packet.Zxid > _snapshotZxid)
                    AppendProposal(packet.Zxid, packet.Data);
                break;
            case QuorumPacketType.Commit or QuorumPacketType.CommitAndActivate:
                ReceiveSyncCommit(packet);
                break;
            case QuorumPacketType.Inform when packet.Zxid > _snapshotZxid:
                if (AppendProposal(packet.Zxid, packet.Data))
                    _commitZxid = packet.Zxid;
                break;
            case QuorumPacketType.InformAndActivate when packet.Zxid > _snapshotZxid && packet.Data is { Length: > 8 }:
                byte[] payload = packet.Data[8..];
                if (AppendProposal(packet.Zxid, payload))
                {
                    _commitZxid = packet.Zxid;
                    Activate(packet.Zxid, payload, BinaryPrimitives.ReadInt64BigEndian(packet.Data));
                }

                break;
            case QuorumPacketType.Inform or QuorumPacketType.InformAndActivate or QuorumPacketType.Sync or QuorumPacketType.Revalidate:
                break;
            case QuorumPacketType.Ping:
                if (_newLeaderAcked)
                    Peer.Emit(new ZabEvent { Kind = ZabEventKind.PingReceived, Zxid = packet.Zxid });
                break;
            case QuorumPacketType.NewLeader when _stage == Stage.Syncing:
                ReceiveNewLeader(packet);
                break;
            case QuorumPacketType.UpToDate when _newLeaderAcked:
                ReceiveUpToDate();
                break;
            default:
                Fail($"{packet.Type} came while {_stage}");
                break;
        }
    }

    private void ReceiveSyncCommit(in QuorumPacket packet)
    {
        if (packet.Zxid <= _commitZxid)
            return;
        if (packet.Zxid > Peer.History.LastZxid)
        {
            Fail($"0x{packet.Zxid:x} is committed but was not proposed");
            return;
        }

        _commitZxid = packet.Zxid;
        if (packet.Type != QuorumPacketType.CommitAndActivate || packet.Data is not { Length: >= 8 })
            return;
        (int start, _) = Peer.History.After(packet.Zxid - 1);
        Activate(packet.Zxid, Peer.History[start].Payload, BinaryPrimitives.ReadInt64BigEndian(packet.Data));
    }

    private void ReceiveNewLeader(in QuorumPacket packet)
    {
        if (Zxid.Epoch(packet.Zxid) != Epoch)
        {
            Fail($"NEWLEADER names epoch {Zxid.Epoch(packet.Zxid)} after LEADERINFO named {Epoch}");
            return;
        }

        if (packet.Data is { Length: > 1 } && Peer.Options.ReconfigEnabled)
        {
            _newLeaderConfig = EnsembleConfig.Parse(Encoding.UTF8.GetString(packet.Data));
            Peer.SetLastSeen(_newLeaderConfig);
        }

        _stage = Stage.AwaitingUpToDate;
        AcknowledgeEpoch();
    }

    /// <summary>
    /// The epoch becomes current only when the history it began with is on disk: a member that claims the epoch without
    /// having the history could win an election and lose what the epoch's leader committed.
    /// </summary>
    private void AcknowledgeEpoch()
    {
        if (_newLeaderSequence != long.MaxValue)
            return;
        _newLeaderSequence = Peer.WriteCurrentEpoch(Epoch);
        WritesCompleted();
    }

    private void ReceiveUpToDate()
    {
        if (_newLeaderConfig is not null && Peer.ActivateConfig(_newLeaderConfig, null, 0))
        {
            Peer.Leave("the leader's configuration changes this member's role or leader");
            return;
        }

        _stage = Stage.Broadcast;
        Touch();
        Send(new QuorumPacket(QuorumPacketType.Ack, Zxid.Make(Epoch, 0)));
        Peer.Election.Current = Peer.Election.Current with { PeerEpoch = Epoch };
        Peer.DeliverUpTo(_commitZxid);
        Peer.SetRole(new ZabRole(State, ZabPhase.Broadcast, LeaderId, Epoch));
    }

    private void ReceiveCommon(in QuorumPacket packet)
    {
        switch (packet.Type)
        {
            case QuorumPacketType.Ping:
                Peer.Emit(new ZabEvent { Kind = ZabEventKind.PingReceived, Zxid = packet.Zxid });
                break;
            case QuorumPacketType.Sync:
                Peer.Emit(new ZabEvent { Kind = ZabEventKind.SyncReplied });
                break;
            case QuorumPacketType.Revalidate:
                Peer.Emit(new ZabEvent { Kind = ZabEventKind.SessionRevalidated, Data = packet.Data });
                break;
            default:
                ReceiveBroadcast(packet);
                break;
        }
    }
}
