using CoordPS.Protocol;

namespace CoordPS.Zab.Simulation;

/// <summary>A member: its process, if it runs, its disk, and the application, a handful of registers.</summary>
internal sealed class SimMember
{
    private readonly SimWorld _world;
    private readonly Dictionary<long, SimSnapshot> _captured = [];
    private readonly Dictionary<(int Client, int Number), SimOperation> _pending = [];
    private readonly Queue<SimOperation> _syncs = new();
    private readonly Dictionary<long, SimOperation> _localSyncs = [];
    private ZabPeer? _peer;
    private bool _draining;
    private long[] _values = [];
    private int[] _versions = [];
    private long _syncToken;

    public SimMember(SimWorld world, int index, EnsembleConfig config)
    {
        _world = world;
        Index = index;
        Disk = new SimDisk(config, SimWorld.Registers);
    }

    public int Index { get; }

    public long Id => Index + 1;

    public SimDisk Disk { get; }

    public ZabPeer Peer => _peer!;

    public bool IsUp => _peer is not null;

    public bool IsListening { get; private set; }

    /// <summary>How often the member has started.</summary>
    public int Incarnation { get; private set; }

    /// <summary>How fast the member's clock runs.</summary>
    public double ClockRate { get; private set; } = 1;

    public long ClockOffset { get; private set; }

    public long PausedUntil { get; set; }

    public long SlowDiskUntil { get; set; }

    public ZabRole Role { get; private set; }

    /// <summary>How many transactions of the ensemble's order the application has seen.</summary>
    public int Position { get; private set; }

    public long AppliedZxid { get; private set; }

    /// <summary>Counts up whenever serving begins or ends, which is when clients lose their connection.</summary>
    public int Service { get; private set; }

    public bool IsServing => IsUp && Role.IsServing;

    public Dictionary<long, (SimLink Link, SimEnd Mine)> Links { get; } = [];

    public long Clock => ClockOffset + (long)(_world.Now / 1000.0 * ClockRate);

    public void Start()
    {
        Incarnation++;
        ClockRate = _world.Faulty ? 0.8 + (_world.Random.Fraction() * 0.4) : 1;
        ClockOffset = _world.Faulty ? _world.Random.Between(0, 1_000_000) : 0;
        SimSnapshot snapshot = Disk.Snapshot;
        Restore(snapshot);
        _peer = new ZabPeer(_world.OptionsFor(this), Disk.Recover());
        Role = _peer.Role;
        _world.Trace?.Line($"{Id} starts  accepted {Disk.AcceptedEpoch}, current {Disk.CurrentEpoch}, snapshot {Zxid.Format(Disk.Snapshot.Zxid)}, logged {Zxid.Format(Disk.LastZxid)}");
        _peer.Start(Clock);
        Drain();
        _world.Schedule(SimWorld.TickInterval, SimEventKind.Tick, Index, Incarnation);
    }

    public void Crash()
    {
        int lost = Disk.Crash(_world.Random);
        _world.Lost(lost);
        _world.Trace?.Line($"{Id} crashes  {lost} writes lost");
        Down();
    }

    public void Tick()
    {
        Peer.Tick(Clock);
        Drain();
    }

    public void FlushDone()
    {
        long sequence = Disk.CompleteFlush();
        Peer.WritesCompleted(sequence);
        Drain();
        Flush();
    }

    public void Receive(long from, in ElectionNotification notification)
    {
        Peer.ReceiveNotification(from, notification);
        Drain();
    }

    public long Accept() => Peer.AcceptLearner();

    public void Opened(long connection)
    {
        Peer.ConnectionOpened(connection);
        Drain();
    }

    public void Closed(long connection)
    {
        Links.Remove(connection);
        Peer.ConnectionClosed(connection);
        Drain();
    }

    public void Receive(long connection, in SimItem item)
    {
        if (item.Snapshot is not null)
            Peer.ReceiveSnapshot(connection, item.Packet.Zxid, item.Snapshot);
        else
            Peer.ReceivePacket(connection, item.Packet);
        Drain();
    }

    public void Stop()
    {
        Peer.Stop();
        Drain();
    }

    /// <summary>Saves a snapshot of the application and purges the log.</summary>
    public void Save() => Disk.Save(Capture());

    public bool TryReconfigure(EnsembleConfig next)
    {
        if (!IsServing || !Peer.CanPropose)
            return false;
        next = next.WithVersion(Peer.NextZxid);
        if (Peer.CheckReconfig(next) != ReconfigCheck.Allowed)
            return false;
        _world.Trace?.Line($"{Id} proposes configuration {SimTrace.Describe(next)}");
        Propose(SimTxn.Reconfig(Peer.NextZxid, next));
        Drain();
        return true;
    }

    /// <summary>A client's call arrives.</summary>
    public void Invoke(SimOperation operation, int service)
    {
        if (service != Service || !IsServing)
        {
            _world.Reply(operation, SimOutcome.Failed);
            return;
        }

        switch (operation.Kind)
        {
            case SimOperationKind.Read:
                operation.Value = _values[operation.Register];
                operation.Version = _versions[operation.Register];
                operation.Zxid = AppliedZxid;
                _world.Reply(operation, SimOutcome.Done);
                break;
            case SimOperationKind.Write when Role.State == ServerState.Leading:
                if (!Peer.CanPropose)
                {
                    _world.Reply(operation, SimOutcome.Failed);
                    break;
                }

                _pending[(operation.Client, operation.Number)] = operation;
                Propose(SimTxn.Write(operation.Client, operation.Number, Peer.NextZxid, operation.Register, operation.Value));
                break;
            case SimOperationKind.Write:
                _pending[(operation.Client, operation.Number)] = operation;
                Peer.ForwardRequest(SimTxn.Request(operation.Client, operation.Number, OpCode.SetData, operation.Register, operation.Value));
                break;
            case SimOperationKind.Sync when Role.State == ServerState.Leading:
                _localSyncs[++_syncToken] = operation;
                Peer.Sync(0, _syncToken);
                break;
            default:
                _syncs.Enqueue(operation);
                Peer.ForwardRequest(SimTxn.Request(operation.Client, operation.Number, OpCode.Sync, 0, 0));
                break;
        }

        Drain();
    }

    private void Propose(byte[] payload)
    {
        _world.Checker.Broadcast(Id, Peer.NextZxid, payload);
        Peer.Propose(payload);
    }

    private void Drain()
    {
        if (_draining)
            return;
        _draining = true;
        while (_peer is { HasReady: true } peer)
        {
            Ready ready = peer.TakeReady();
            foreach (ZabWrite write in ready.WriteList)
            {
                _world.Trace?.Write(Id, write);
                Disk.Add(write);
                if (write.Kind == ZabWriteKind.Truncate)
                    _world.Truncations++;
                else if (write.Kind == ZabWriteKind.InstallSnapshot)
                    _world.Snapshots++;
            }

            Flush();
            foreach (ZabEvent e in ready.EventList)
                Handle(e);
            foreach (ZabNotification notification in ready.NotificationList)
                _world.Notify(this, (int)notification.To - 1, notification.Notification);
            foreach (ZabSend send in ready.SendList)
                Carry(send);
            if (peer.IsStopped)
            {
                _world.Trace?.Line($"{Id} has stopped");
                Disk.BeginFlush();
                if (Disk.IsFlushing)
                    Disk.CompleteFlush();
                Down();
            }
        }

        _draining = false;
    }

    private void Handle(in ZabEvent e)
    {
        switch (e.Kind)
        {
            case ZabEventKind.Deliver:
                Deliver(new ZabProposal(e.Zxid, e.Data!));
                break;
            case ZabEventKind.RestoreSnapshot:
                Restore((SimSnapshot)e.Snapshot!);
                break;
            case ZabEventKind.CaptureSnapshot:
                _captured[e.Connection] = Capture();
                break;
            case ZabEventKind.RoleChanged:
                ChangeRole(e.Role);
                break;
            case ZabEventKind.ConfigChanged:
                _world.Trace?.Line($"{Id} activates  configuration {SimTrace.Describe(e.Config!)}");
                break;
            case ZabEventKind.RequestReceived:
                (int client, int number, OpCode type, int register, long value) = SimTxn.ReadRequest(e.Data!);
                if (type == OpCode.Sync)
                {
                    if (Peer.Role.State == ServerState.Leading)
                        Peer.Sync(e.Connection);
                }
                else if (Peer.CanPropose)
                {
                    Propose(SimTxn.Write(client, number, Peer.NextZxid, register, value));
                }

                break;
            case ZabEventKind.SyncCompleted:
                if (_localSyncs.Remove(e.Zxid, out SimOperation? local))
                    ReplySync(local);
                break;
            case ZabEventKind.SyncReplied:
                if (_syncs.TryDequeue(out SimOperation? sync))
                    ReplySync(sync);
                break;
            case ZabEventKind.PingReceived:
                Peer.AnswerPing(e.Zxid, []);
                break;
            case ZabEventKind.Warning:
                _world.Trace?.Line($"{Id} notes  {e.Text}");
                break;
        }
    }

    private void ReplySync(SimOperation operation)
    {
        operation.Zxid = AppliedZxid;
        _world.Reply(operation, SimOutcome.Done);
    }

    private void ChangeRole(ZabRole role)
    {
        bool served = Role.IsServing;
        Role = role;
        _world.Trace?.Line($"{Id} is {role.State.ToString().ToUpperInvariant()}  {role.Phase}{(role.Leader >= 0 ? $", leader {role.Leader}" : "")}{(role.Phase == ZabPhase.Broadcast ? $", epoch {role.Epoch}" : "")}");
        if (role.IsServing != served)
        {
            Service++;
            _pending.Clear();
            _syncs.Clear();
            _localSyncs.Clear();
        }

        if (role is { State: ServerState.Leading, Phase: ZabPhase.Broadcast })
            _world.Checker.Established(this, role.Epoch);
    }

    private void Deliver(in ZabProposal proposal)
    {
        _world.Checker.Delivered(this, proposal, _world.Members);
        _world.Hash(((ulong)Id << 56) ^ (ulong)proposal.Zxid);
        _world.Trace?.Line($"{Id} delivers  {Zxid.Format(proposal.Zxid)}");
        Position++;
        AppliedZxid = proposal.Zxid;
        if (SimTxn.TryReadWrite(proposal.Payload, out int client, out int number, out int register, out long value))
        {
            _values[register] = value;
            _versions[register]++;
            if (_pending.Remove((client, number), out SimOperation? operation))
            {
                operation.Zxid = proposal.Zxid;
                operation.Version = _versions[register];
                _world.Reply(operation, SimOutcome.Done);
            }
        }
        else
        {
            _world.Reconfigured(proposal.Zxid);
        }

        if (_world.Faulty && _world.Random.Chance(0.02))
            Disk.Save(Capture());
    }

    private SimSnapshot Capture() => new(AppliedZxid, Position, [.. _values], [.. _versions]);

    private void Restore(SimSnapshot snapshot)
    {
        _values = [.. snapshot.Values];
        _versions = [.. snapshot.Versions];
        Position = snapshot.Position;
        AppliedZxid = snapshot.Zxid;
    }

    private void Flush()
    {
        if (Disk.IsFlushing || !Disk.HasWaiting)
            return;
        Disk.BeginFlush();
        _world.Schedule(_world.FsyncTime(this), SimEventKind.Flush, Index, Incarnation);
    }

    private void Carry(in ZabSend send)
    {
        switch (send.Kind)
        {
            case ZabSendKind.Listen:
                IsListening = true;
                break;
            case ZabSendKind.StopListening:
                IsListening = false;
                break;
            case ZabSendKind.Dial:
                _world.Dial(this, (int)send.Member - 1, send.Connection);
                break;
            case ZabSendKind.Close:
                if (Links.Remove(send.Connection, out (SimLink Link, SimEnd Mine) closed))
                    _world.Close(closed.Link, closed.Mine);
                break;
            case ZabSendKind.Packet:
                if (Links.TryGetValue(send.Connection, out (SimLink Link, SimEnd Mine) link))
                    _world.Send(link.Link, link.Mine, new SimItem(send.Packet, null, false));
                break;
            case ZabSendKind.Snapshot:
                if (_captured.Remove(send.Connection, out SimSnapshot? snapshot) && Links.TryGetValue(send.Connection, out link))
                    _world.Send(link.Link, link.Mine, new SimItem(new QuorumPacket(QuorumPacketType.Snap, send.Zxid), snapshot, false));
                break;
        }
    }

    private void Down()
    {
        _peer = null;
        IsListening = false;
        Role = default;
        Service++;
        PausedUntil = 0;
        _pending.Clear();
        _syncs.Clear();
        _localSyncs.Clear();
        _captured.Clear();
        _world.ProcessGone(this);
        Links.Clear();
    }
}
