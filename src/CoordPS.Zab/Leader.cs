using System.Buffers.Binary;
using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Zab;

/// <summary>
/// A member that leads or tries to. Discovery: learn the highest accepted epoch from a quorum, accept the next one, have a
/// quorum promise it. Synchronization: bring learners to this member's history, until a quorum, this member included, has
/// it on disk and the epoch as its current one; that commits the whole history. Broadcast: give each transaction the next
/// zxid, and commit in order what a quorum has on disk. Every quorum is one of the active configuration and, while another
/// is proposed, of that one too.
/// </summary>
internal sealed class Leader
{
    private readonly ZabPeer _peer;
    private readonly List<LearnerHandler> _learners = [];
    private readonly Queue<Outstanding> _outstanding = new();
    private readonly Queue<(long Sequence, long Zxid)> _selfAcks = new();
    private readonly Queue<(long Zxid, long Connection, long Token)> _syncs = new();
    private readonly List<long> _scratch = [];
    private readonly long _initialEpoch;
    private readonly long _initialZxid;
    private readonly long _startedAt;
    private readonly QuorumTracker _introduced;
    private QuorumTracker? _promised;
    private QuorumTracker? _synced;
    private long _highestAccepted;
    private long _epoch = -1;
    private long _acceptedSequence = long.MaxValue;
    private long _currentSequence = long.MaxValue;
    private bool _epochReady;
    private bool _electionFinished;
    private bool _selfSynced;
    private bool _established;
    private bool _allowedToCommit = true;
    private bool _handingOver;
    private bool _rollover;
    private long _lastCommitted;
    private long _lastProposed;
    private long _selfAcked;
    private long _deadline;
    private long _nextPing;

    public Leader(ZabPeer peer)
    {
        _peer = peer;
        _initialEpoch = peer.CurrentEpoch;
        // A member in epoch e has the history e began with, as one has that reports the epoch's very beginning as its zxid.
        _initialZxid = Math.Max(peer.History.LastZxid, Zxid.Make(peer.CurrentEpoch, 0));
        _highestAccepted = peer.AcceptedEpoch;
        _startedAt = peer.Now;
        _deadline = peer.Now + InitTimeout;
        _nextPing = peer.Now + (peer.Options.TickTime / 2);
        _introduced = peer.NewTracker();
    }

    public bool IsEstablished => _established;

    public bool CanPropose => _established && _allowedToCommit && !_handingOver && Zxid.Counter(NextZxid) != Zxid.RolloverCounter;

    public long NextZxid => _lastProposed + 1;

    public long LastCommitted => _lastCommitted;

    public long LastProposed => _lastProposed;

    public int OutstandingCount => _outstanding.Count;

    private long InitTimeout => (long)_peer.Options.InitLimit * _peer.Options.TickTime;

    private long SyncTimeout => (long)_peer.Options.SyncLimit * _peer.Options.TickTime;

    private bool HasLeft => _peer.IsLeaving;

    public void Start()
    {
        _peer.Command(new ZabSend(ZabSendKind.Listen, 0));
        _introduced.Add(_peer.Id);
        CheckIntroduced();
    }

    public void Close()
    {
        _peer.Command(new ZabSend(ZabSendKind.StopListening, 0));
        foreach (LearnerHandler learner in _learners)
        {
            _peer.Command(new ZabSend(ZabSendKind.Close, learner.Connection));
            Gone(learner);
        }

        _learners.Clear();
    }

    public void Tick(long now)
    {
        if (!_established && now >= _deadline)
        {
            _peer.Leave(_electionFinished ? "no quorum took over the history within initLimit" : "no quorum joined within initLimit");
            return;
        }

        DecideClaims(now);
        for (int i = _learners.Count - 1; i >= 0; i--)
        {
            LearnerHandler learner = _learners[i];
            if (now > learner.Deadline)
                Drop(learner, "it was silent for too long");
            else if (learner.WatchedZxid != 0 && now - learner.WatchedSince > SyncTimeout)
                Drop(learner, $"it did not acknowledge 0x{learner.WatchedZxid:x} within syncLimit");
        }

        if (!_established || HasLeft)
            return;
        if (!HasLivingQuorum())
        {
            _peer.Leave("no quorum of learners is connected any more");
            return;
        }

        if (now < _nextPing)
            return;
        _nextPing = now + (_peer.Options.TickTime / 2);
        if (_handingOver)
            CheckHandOver();
        foreach (LearnerHandler learner in _learners)
        {
            if (learner.IsForwarding)
                _peer.SendPacket(learner.Connection, new QuorumPacket(QuorumPacketType.Ping, _lastProposed));
        }
    }

    public void Accept(long connection) => _learners.Add(new LearnerHandler(connection, _peer.Now + InitTimeout + SyncTimeout));

    public void ConnectionClosed(long connection)
    {
        LearnerHandler? learner = Find(connection);
        if (learner is null)
            return;
        _learners.Remove(learner);
        Gone(learner);
        DecideClaims(_peer.Now);
        // Having named another leader, this one waits for its learners to have heard of it: they hang up.
        if (!_allowedToCommit && !HasLivingQuorum())
            _peer.Leave("the ensemble has moved to the designated leader");
    }

    public void WritesCompleted()
    {
        if (!_epochReady && _peer.DurableSequence >= _acceptedSequence)
            StartEpoch();
        if (!_selfSynced && _peer.DurableSequence >= _currentSequence)
        {
            _selfSynced = true;
            _synced!.Add(_peer.Id);
            CheckSynced();
        }

        bool any = false;
        while (_selfAcks.TryPeek(out (long Sequence, long Zxid) ack) && (ack.Sequence <= _peer.DurableSequence || _peer.HasFault(ZabFaultInjection.AckBeforeFsync)))
        {
            _selfAcked = ack.Zxid;
            _selfAcks.Dequeue();
            any = true;
        }

        if (any)
            TryCommit();
    }

    public void Receive(long connection, in QuorumPacket packet)
    {
        LearnerHandler? learner = Find(connection);
        if (learner is null)
            return; // closed by this side while the packet was on its way
        learner.HeardAt = _peer.Now;
        if (learner.Stage == LearnerStage.Synced)
            learner.Deadline = _peer.Now + SyncTimeout;
        switch (packet.Type)
        {
            case QuorumPacketType.FollowerInfo or QuorumPacketType.ObserverInfo when learner.Stage == LearnerStage.Connected:
                ReceiveInfo(learner, packet);
                break;
            case QuorumPacketType.AckEpoch when learner.Stage == LearnerStage.Introduced && _epochReady:
                ReceiveAckEpoch(learner, packet);
                break;
            case QuorumPacketType.Ack when learner.Stage >= LearnerStage.Syncing:
                ReceiveAck(learner, packet.Zxid);
                break;
            case QuorumPacketType.Ping when learner.Stage == LearnerStage.Synced:
                if (packet.Data is { Length: > 0 })
                    _peer.Emit(new ZabEvent { Kind = ZabEventKind.SessionsTouched, Connection = connection, Member = learner.Sid, Data = packet.Data });
                break;
            case QuorumPacketType.Ping when learner.Stage == LearnerStage.Syncing:
                break;
            case QuorumPacketType.Revalidate when learner.Stage == LearnerStage.Synced:
                _peer.Emit(new ZabEvent { Kind = ZabEventKind.RevalidateReceived, Connection = connection, Member = learner.Sid, Data = packet.Data });
                break;
            case QuorumPacketType.Request when learner.Stage == LearnerStage.Synced:
                _peer.Emit(new ZabEvent { Kind = ZabEventKind.RequestReceived, Connection = connection, Member = learner.Sid, Data = packet.Data, AuthInfo = packet.AuthInfo });
                break;
            default:
                Drop(learner, $"it sent {packet.Type} while {learner.Stage}");
                break;
        }
    }

    public void Activity(long connection)
    {
        LearnerHandler? learner = Find(connection);
        if (learner is null)
            return;
        learner.Deadline = Math.Max(learner.Deadline, _peer.Now + SyncTimeout);
        learner.HeardAt = _peer.Now;
    }

    /// <summary>
    /// A voter looks for a leader in a later round, so it has given up on this one. While this one has no quorum, that
    /// voter may wait for it to do the same.
    /// </summary>
    public void ReportLooking(long electionEpoch)
    {
        if (_established || electionEpoch <= _peer.Election.Current.ElectionEpoch
            || _peer.Now - _startedAt < _peer.Options.EpochWait || HasLivingQuorum())
            return;
        _peer.Leave("voters look for a leader again before a quorum joined");
    }

    public void Propose(byte[] payload)
    {
        long zxid = NextZxid;
        ZabException.Require(CanPropose, "a transaction was proposed while this member cannot; check CanPropose");
        ZabException.Require(ZabProposal.ZxidOf(payload) == zxid, "the zxid in a proposal's header is not NextZxid");
        EnsembleConfig config = _peer.Config;
        EnsembleConfig? next = ZabProposal.ConfigOf(payload);
        if (next is not null)
        {
            ZabException.Require(next.Version == zxid, "the version of a proposed configuration is not its zxid");
            ZabException.Require(_peer.LastSeen.Version <= config.Version, "a configuration was proposed while another is pending; check CheckReconfig");
            _peer.SetLastSeen(next);
        }

        _lastProposed = zxid;
        long sequence = _peer.Append(new ZabProposal(zxid, payload));
        _selfAcks.Enqueue((sequence, zxid));
        _outstanding.Enqueue(new Outstanding(zxid, payload, config, _peer.LastSeen.Version > config.Version ? _peer.LastSeen : null, next is not null));
        var packet = new QuorumPacket(QuorumPacketType.Proposal, zxid, payload);
        foreach (LearnerHandler learner in _learners)
        {
            if (learner.IsForwarding && !learner.IsObserver)
                SendProposal(learner, packet);
        }

        if (_peer.HasFault(ZabFaultInjection.AckBeforeFsync))
            WritesCompleted();
        // The next counter would be the one that is never used: a new epoch has to begin.
        if (Zxid.Counter(NextZxid) == Zxid.RolloverCounter)
            _rollover = true;
    }

    public void Sync(long connection, long token)
    {
        if (_outstanding.Count == 0)
            AnswerSync(connection, token);
        else
            _syncs.Enqueue((_lastProposed, connection, token));
    }

    public void AnswerRevalidate(long connection, byte[] data)
    {
        if (Find(connection) is { Stage: LearnerStage.Synced })
            _peer.SendPacket(connection, new QuorumPacket(QuorumPacketType.Revalidate, 0, data));
    }

    public void HandOver()
    {
        _handingOver = true;
        CheckHandOver();
    }

    public bool IsQuorumSynced(EnsembleConfig config)
    {
        _scratch.Clear();
        if (config.IsVoter(_peer.Id))
            _scratch.Add(_peer.Id);
        foreach (LearnerHandler learner in _learners)
        {
            if (learner is { IsForwarding: true, IsObserver: false, Stage: LearnerStage.Synced } && config.IsVoter(learner.Sid))
                _scratch.Add(learner.Sid);
        }

        return config.Verifier.ContainsQuorum(_scratch);
    }

    public IEnumerable<LearnerStatus> LearnerStatuses()
    {
        foreach (LearnerHandler learner in _learners)
        {
            if (learner.Sid >= 0)
                yield return new LearnerStatus(learner.Sid, learner.Connection, learner.IsObserver, learner.Stage == LearnerStage.Synced, learner.AckedZxid);
        }
    }

    private void ReceiveInfo(LearnerHandler learner, in QuorumPacket packet)
    {
        var reader = new JuteReader(packet.Data ?? []);
        LearnerInfo info = LearnerInfo.Read(ref reader);
        if (info.ProtocolVersion < LearnerInfo.Zab10)
        {
            Drop(learner, $"server {info.ServerId} speaks a protocol older than ZooKeeper 3.4");
            return;
        }

        if (info.ConfigVersion > _peer.Config.Version)
        {
            Drop(learner, $"server {info.ServerId} has activated configuration 0x{info.ConfigVersion:x}, later than this leader's 0x{_peer.Config.Version:x}");
            return;
        }

        if (Rival(learner, info.ServerId) is { } rival && _peer.Now - rival.HeardAt <= _peer.Options.TickTime)
        {
            // Mostly the member has hung up and the news is under way. Else two members have one id, which may cost transactions: what
            // one of them acknowledged the other does not have. The next pings tell.
            learner.Claim = packet;
            learner.DecideAt = _peer.Now + (2 * _peer.Options.TickTime);
            return;
        }

        Introduce(learner, info, packet);
    }

    /// <summary>Another connection that serves in the name of the same member.</summary>
    private LearnerHandler? Rival(LearnerHandler learner, long sid)
    {
        if (!_established)
            return null;
        foreach (LearnerHandler other in _learners)
        {
            if (other != learner && other.Sid == sid && other.Stage == LearnerStage.Synced)
                return other;
        }

        return null;
    }

    /// <summary>Lets learners in whose older connection is gone or silent, and turns those away whose older one is alive.</summary>
    private void DecideClaims(long now)
    {
        for (int i = _learners.Count - 1; i >= 0; i--)
        {
            if (i >= _learners.Count || _learners[i] is not { Claim: { } packet } learner)
                continue;
            var reader = new JuteReader(packet.Data ?? []);
            LearnerInfo info = LearnerInfo.Read(ref reader);
            LearnerHandler? rival = Rival(learner, info.ServerId);
            if (rival is not null && now < learner.DecideAt)
                continue;
            learner.Claim = null;
            // What was on its way when the new connection came does not count.
            if (rival is not null && rival.HeardAt > learner.DecideAt - _peer.Options.TickTime)
            {
                _peer.Emit(new ZabEvent { Kind = ZabEventKind.DuplicateMember, Connection = learner.Connection, Member = info.ServerId, Zxid = rival.Connection });
                Drop(learner, $"server {info.ServerId} is connected and alive on connection {rival.Connection}; two members have the same id");
                continue;
            }

            Introduce(learner, info, packet);
        }
    }

    private void Introduce(LearnerHandler learner, in LearnerInfo info, in QuorumPacket packet)
    {
        // Acknowledgements on an older connection are void: this one may order the log truncated.
        for (int i = _learners.Count - 1; i >= 0; i--)
        {
            if (_learners[i] != learner && _learners[i].Sid == info.ServerId)
                Drop(_learners[i], "it has connected again");
        }

        learner.Sid = info.ServerId;
        learner.IsObserver = packet.Type == QuorumPacketType.ObserverInfo;
        learner.Stage = LearnerStage.Introduced;
        long accepted = Zxid.Epoch(packet.Zxid);
        if (_epoch < 0)
        {
            _highestAccepted = Math.Max(_highestAccepted, accepted);
            if (!learner.IsObserver)
                _introduced.Add(learner.Sid);
            CheckIntroduced();
        }
        else if (accepted > _epoch && _peer.IsCurrentOrNextVoter(learner.Sid))
        {
            // It has promised a later epoch to a leader that failed, and can only ever follow one with an epoch beyond.
            _peer.Leave($"server {learner.Sid} has accepted epoch {accepted}, later than {_epoch}");
        }
        else if (_epochReady)
        {
            SendLeaderInfo(learner);
        }
    }

    private void CheckIntroduced()
    {
        if (_epoch >= 0 || !_introduced.HasAllQuorums)
            return;
        _epoch = _peer.HasFault(ZabFaultInjection.ReuseEpoch) ? Math.Max(_highestAccepted, 1) : _highestAccepted + 1;
        ZabException.Require(_epoch <= int.MaxValue, "epochs are used up");
        _acceptedSequence = _peer.WriteAcceptedEpoch(_epoch);
    }

    private void StartEpoch()
    {
        _epochReady = true;
        _lastProposed = Zxid.Make(_epoch, _peer.Options.InitialCounter);
        EnsembleConfig config = _peer.Config;
        // A configuration given at the start has version 0. Having been agreed upon, it is to win over others of that kind.
        if (_peer.Options.ReconfigEnabled && config.Version == 0 && _peer.LastSeen.Version == 0)
            _peer.SetLastSeen(config.WithVersion(Zxid.Make(_epoch, 0)));
        _promised = _peer.NewTracker();
        _synced = _peer.NewTracker();
        foreach (LearnerHandler learner in _learners)
        {
            if (learner.Stage == LearnerStage.Introduced)
                SendLeaderInfo(learner);
        }

        _promised.Add(_peer.Id);
        CheckPromised();
    }

    private void SendLeaderInfo(LearnerHandler learner)
    {
        byte[] version = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(version, LearnerInfo.Zab10);
        _peer.SendPacket(learner.Connection, new QuorumPacket(QuorumPacketType.LeaderInfo, Zxid.Make(_epoch, 0), version));
    }

    private void ReceiveAckEpoch(LearnerHandler learner, in QuorumPacket packet)
    {
        if (packet.Data is not { Length: >= 4 })
        {
            Drop(learner, "its ACKEPOCH names no epoch");
            return;
        }

        int currentEpoch = BinaryPrimitives.ReadInt32BigEndian(packet.Data);
        if (!_electionFinished && currentEpoch != -1)
        {
            if (currentEpoch > _initialEpoch || (currentEpoch == _initialEpoch && packet.Zxid > _initialZxid))
            {
                Drop(learner, $"its history ({currentEpoch}, 0x{packet.Zxid:x}) is ahead of this leader's ({_initialEpoch}, 0x{_initialZxid:x})");
                return;
            }

            if (!learner.IsObserver)
                _promised!.Add(learner.Sid);
        }

        learner.PeerLastZxid = packet.Zxid;
        learner.Stage = LearnerStage.Promised;
        if (_electionFinished)
            Synchronize(learner);
        else
            CheckPromised();
    }

    private void CheckPromised()
    {
        if (_electionFinished || !_promised!.HasAllQuorums)
            return;
        _electionFinished = true;
        _deadline = _peer.Now + InitTimeout;
        // Sequenced behind the log, so that being durable it says that the history is, too.
        _currentSequence = _peer.WriteCurrentEpoch(_epoch);
        _peer.SetRole(new ZabRole(ServerState.Leading, ZabPhase.Synchronization, _peer.Id, _epoch));
        foreach (LearnerHandler learner in _learners)
        {
            if (learner.Stage == LearnerStage.Promised)
                Synchronize(learner);
        }
    }

    /// <summary>
    /// Sends what turns the learner's history into this leader's, then what is outstanding, then NEWLEADER. Up to here all
    /// members of an epoch share one history, so whatever the learner has beyond the last transaction in common was never
    /// committed and is to be dropped.
    /// </summary>
    private void Synchronize(LearnerHandler learner)
    {
        History history = _peer.History;
        long bound = _established ? _lastCommitted : long.MaxValue;
        long committed = history.Floor(bound);
        long peer = learner.PeerLastZxid;
        long common = Math.Min(history.Floor(peer), committed);
        long from;
        if (common >= 0 && (common == peer || Zxid.IsEpochStart(peer)))
        {
            // An epoch's beginning stands for the history it began with: nothing of the learner's own is behind it.
            from = common;
            _peer.SendPacket(learner.Connection, new QuorumPacket(QuorumPacketType.Diff, committed));
        }
        else if (common >= 0 && !Zxid.IsEpochStart(common))
        {
            from = common;
            _peer.SendPacket(learner.Connection, new QuorumPacket(QuorumPacketType.Trunc, common));
        }
        else
        {
            // The learner lacks transactions that are not kept here, or its log has none to be cut behind.
            from = history.DeliveredZxid;
            _peer.Emit(new ZabEvent { Kind = ZabEventKind.CaptureSnapshot, Connection = learner.Connection, Member = learner.Sid, Zxid = from });
            _peer.Command(new ZabSend(ZabSendKind.Snapshot, learner.Connection, default, learner.Sid, from));
        }

        (int start, int end) = history.After(from);
        for (int i = start; i < end; i++)
        {
            ZabProposal proposal = history[i];
            bool isCommitted = proposal.Zxid <= committed;
            if (!isCommitted && learner.IsObserver)
                break;
            var packet = new QuorumPacket(QuorumPacketType.Proposal, proposal.Zxid, proposal.Payload);
            if (isCommitted)
            {
                _peer.SendPacket(learner.Connection, packet);
                _peer.SendPacket(learner.Connection, new QuorumPacket(QuorumPacketType.Commit, proposal.Zxid));
            }
            else
            {
                SendProposal(learner, packet);
            }
        }

        learner.SyncedZxid = committed;
        learner.Stage = LearnerStage.Syncing;
        learner.IsForwarding = true;
        learner.Deadline = _peer.Now + InitTimeout + SyncTimeout;
        _peer.SendPacket(learner.Connection, new QuorumPacket(QuorumPacketType.NewLeader, Zxid.Make(_epoch, 0), Encoding.UTF8.GetBytes(_peer.LastSeen.ToString())));
    }

    private void ReceiveAck(LearnerHandler learner, long zxid)
    {
        if (Zxid.IsEpochStart(zxid))
        {
            // A learner acknowledges NEWLEADER, and UPTODATE in the same words; the second says nothing new.
            if (learner.Stage != LearnerStage.Syncing || zxid != Zxid.Make(_epoch, 0))
                return;
            learner.Stage = LearnerStage.Synced;
            learner.Deadline = _peer.Now + SyncTimeout;
            learner.HeardAt = _peer.Now;
            learner.AckedZxid = Math.Max(learner.AckedZxid, learner.SyncedZxid);
            if (_established)
            {
                SendUpToDate(learner);
                TryCommit();
            }
            else if (!learner.IsObserver)
            {
                _synced!.Add(learner.Sid);
                CheckSynced();
            }

            return;
        }

        if (learner.IsObserver || zxid <= learner.AckedZxid)
            return;
        if (zxid > _lastProposed)
        {
            Drop(learner, $"it acknowledged 0x{zxid:x}, which was not proposed");
            return;
        }

        learner.AckedZxid = zxid;
        if (zxid >= learner.WatchedZxid)
        {
            learner.WatchedZxid = learner.SentZxid > zxid ? learner.SentZxid : 0;
            learner.WatchedSince = _peer.Now;
        }

        TryCommit();
    }

    private void CheckSynced()
    {
        if (_established || !_synced!.HasAllQuorums)
            return;
        _established = true;
        _lastCommitted = _lastProposed;
        _selfAcked = _peer.History.LastZxid;
        _peer.DeliverUpTo(long.MaxValue);
        _peer.Election.Current = _peer.Election.Current with { PeerEpoch = _epoch };
        if (_peer.LastSeen.Version > _peer.Config.Version)
        {
            EnsembleConfig next = _peer.LastSeen;
            long designated = DesignatedLeader(next, _synced.Acks, 0);
            _allowedToCommit = designated == _peer.Id;
            _peer.ActivateConfig(next, designated, _lastCommitted);
        }

        _peer.SetRole(new ZabRole(ServerState.Leading, _allowedToCommit ? ZabPhase.Broadcast : ZabPhase.Synchronization, _peer.Id, _epoch));
        _nextPing = _peer.Now + (_peer.Options.TickTime / 2);
        foreach (LearnerHandler learner in _learners)
        {
            if (learner.Stage == LearnerStage.Synced)
                SendUpToDate(learner);
            else if (learner.IsForwarding)
                learner.Deadline = Math.Max(learner.Deadline, _peer.Now + SyncTimeout);
        }
    }

    private void SendUpToDate(LearnerHandler learner)
    {
        // It had no reason to say anything while the others were waited for.
        learner.HeardAt = _peer.Now;
        _peer.SendPacket(learner.Connection, new QuorumPacket(QuorumPacketType.UpToDate, -1));
        foreach (QuorumPacket commit in learner.HeldCommits)
            _peer.SendPacket(learner.Connection, commit);
        learner.HeldCommits.Clear();
    }

    private void SendProposal(LearnerHandler learner, in QuorumPacket packet)
    {
        _peer.SendPacket(learner.Connection, packet);
        learner.SentZxid = packet.Zxid;
        if (learner.WatchedZxid == 0)
        {
            learner.WatchedZxid = packet.Zxid;
            learner.WatchedSince = _peer.Now;
        }
    }

    private void TryCommit()
    {
        while (_allowedToCommit && !HasLeft && _outstanding.TryPeek(out Outstanding head) && HasQuorum(head))
        {
            _outstanding.Dequeue();
            Commit(head);
        }

        if (_handingOver)
            CheckHandOver();
        if (_rollover && _outstanding.Count == 0 && !HasLeft)
            _peer.Leave("the counter of zxids is used up; a new epoch has to begin");
    }

    private bool HasQuorum(in Outstanding proposal)
    {
        _scratch.Clear();
        if (_selfAcked >= proposal.Zxid)
            _scratch.Add(_peer.Id);
        foreach (LearnerHandler learner in _learners)
        {
            if (!learner.IsObserver && learner.AckedZxid >= proposal.Zxid && learner.Stage >= LearnerStage.Syncing)
                _scratch.Add(learner.Sid);
        }

        if (_peer.HasFault(ZabFaultInjection.CommitWithoutQuorum) && _scratch.Count > 0)
            return true;
        return proposal.Config.Verifier.ContainsQuorum(_scratch)
            && (proposal.Next is null || _peer.HasFault(ZabFaultInjection.IgnoreNewQuorum) || proposal.Next.Verifier.ContainsQuorum(_scratch));
    }

    private void Commit(in Outstanding proposal)
    {
        long zxid = proposal.Zxid;
        ZabException.Require(zxid == _lastCommitted + 1, "a proposal would be committed out of order");
        _lastCommitted = zxid;
        byte[]? designatedData = null;
        long designated = _peer.Id;
        if (proposal.IsReconfig)
        {
            designated = DesignatedLeader(proposal.Next!, _scratch, zxid);
            designatedData = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(designatedData, designated);
        }

        QuorumPacket commit = new(proposal.IsReconfig ? QuorumPacketType.CommitAndActivate : QuorumPacketType.Commit, zxid, designatedData);
        QuorumPacket inform = default;
        foreach (LearnerHandler learner in _learners)
        {
            if (!learner.IsForwarding)
                continue;
            if (!learner.IsObserver)
            {
                // Followers of Apache 3.8.0 fail on a commit between NEWLEADER and UPTODATE (ZOOKEEPER-4394).
                if (learner.Stage == LearnerStage.Syncing)
                    learner.HeldCommits.Add(commit);
                else
                    _peer.SendPacket(learner.Connection, commit);
                continue;
            }

            if (inform.Type == 0)
            {
                inform = proposal.IsReconfig
                    ? new QuorumPacket(QuorumPacketType.InformAndActivate, zxid, [.. designatedData!, .. proposal.Payload])
                    : new QuorumPacket(QuorumPacketType.Inform, zxid, proposal.Payload);
            }

            _peer.SendPacket(learner.Connection, inform);
        }

        _peer.DeliverUpTo(zxid);
        if (proposal.IsReconfig)
        {
            _allowedToCommit = designated == _peer.Id;
            _peer.ActivateConfig(proposal.Next!, designated, zxid);
            if (!_allowedToCommit)
            {
                _peer.SetRole(new ZabRole(ServerState.Leading, ZabPhase.Synchronization, _peer.Id, _epoch));
                if (!HasLivingQuorum())
                    _peer.Leave("the ensemble has moved to the designated leader");
            }
        }

        while (_syncs.TryPeek(out (long Zxid, long Connection, long Token) sync) && sync.Zxid <= zxid)
        {
            _syncs.Dequeue();
            AnswerSync(sync.Connection, sync.Token);
        }
    }

    /// <summary>
    /// This member if it votes in the next configuration under the same address. Otherwise the next configuration's voter
    /// that has the most of what is proposed, among those that have the reconfiguration.
    /// </summary>
    private long DesignatedLeader(EnsembleConfig next, IReadOnlyList<long> acks, long zxid)
    {
        if (next.IsVoter(_peer.Id)
            && (!_peer.Config.Members.TryGetValue(_peer.Id, out EnsembleMember? now) || now.Addresses.SequenceEqual(next.Members[_peer.Id].Addresses)))
            return _peer.Id;
        long best = _peer.Id;
        long bestZxid = -1;
        foreach (long candidate in acks)
        {
            if (candidate == _peer.Id || !next.IsVoter(candidate))
                continue;
            long acked = zxid;
            foreach (LearnerHandler learner in _learners)
            {
                if (learner.Sid == candidate)
                    acked = learner.AckedZxid;
            }

            if ((acked, candidate).CompareTo((bestZxid, best)) > 0)
                (bestZxid, best) = (acked, candidate);
        }

        return best;
    }

    private void AnswerSync(long connection, long token)
    {
        if (connection == 0)
            _peer.Emit(new ZabEvent { Kind = ZabEventKind.SyncCompleted, Zxid = token });
        else if (Find(connection) is not null)
            _peer.SendPacket(connection, new QuorumPacket(QuorumPacketType.Sync, 0));
    }

    private void CheckHandOver()
    {
        if (_handingOver && _outstanding.Count == 0 && !HasLeft)
            _peer.Leave("this member stops, with all it proposed committed");
    }

    private bool HasLivingQuorum()
    {
        QuorumTracker tracker = _peer.NewTracker();
        tracker.Add(_peer.Id);
        foreach (LearnerHandler learner in _learners)
        {
            if (!learner.IsObserver && learner.Sid >= 0 && _peer.Now <= learner.Deadline
                && (learner.Stage != LearnerStage.Synced || _peer.Now - learner.HeardAt <= _peer.Options.QuorumTimeout))
                tracker.Add(learner.Sid);
        }

        return tracker.HasAllQuorums;
    }

    private LearnerHandler? Find(long connection)
    {
        foreach (LearnerHandler learner in _learners)
        {
            if (learner.Connection == connection)
                return learner;
        }

        return null;
    }

    private void Drop(LearnerHandler learner, string why)
    {
        _learners.Remove(learner);
        _peer.Warn(learner.Sid >= 0 ? $"Closed the connection of server {learner.Sid}: {why}." : $"Closed connection {learner.Connection}: {why}.");
        _peer.Command(new ZabSend(ZabSendKind.Close, learner.Connection));
        Gone(learner);
    }

    private void Gone(LearnerHandler learner)
    {
        if (learner.Sid >= 0)
            _peer.Emit(new ZabEvent { Kind = ZabEventKind.LearnerGone, Connection = learner.Connection, Member = learner.Sid });
    }

    private readonly record struct Outstanding(long Zxid, byte[] Payload, EnsembleConfig Config, EnsembleConfig? Next, bool IsReconfig);
}
