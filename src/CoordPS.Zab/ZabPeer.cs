using System.Globalization;
using CoordPS.Protocol;

namespace CoordPS.Zab;

/// <summary>
/// A member of an ensemble, as a state machine: leader election and ZooKeeper's atomic broadcast (Zab 1.0) in Apache
/// ZooKeeper's own terms and packets. It does no I/O, reads no clock and draws no random numbers: the same calls give the
/// same results.
/// </summary>
/// <remarks>
/// <para><b>Phases.</b> A member that is <i>looking</i> votes (<see cref="ZabPhase.Election"/>). Whoever it elects, the
/// candidate then finds the highest epoch that a quorum has accepted and has them promise the next
/// (<see cref="ZabPhase.Discovery"/>: FOLLOWERINFO, LEADERINFO, ACKEPOCH): from then on no earlier leader can get anything
/// committed. It turns each learner's history into its own, which is at least as recent as any of the quorum's
/// (<see cref="ZabPhase.Synchronization"/>: DIFF, TRUNC or SNAP, NEWLEADER, ACK, UPTODATE): once a quorum has it on disk,
/// all of it is committed. Then it broadcasts (<see cref="ZabPhase.Broadcast"/>): it proposes transactions in zxid order
/// without waiting for one another, and each is committed when a quorum has it, and all before it, on disk. Whoever loses
/// sight of the leader, or of a quorum, looks again.</para>
/// <para><b>Driving it.</b> One caller at a time, in a loop:</para>
/// <code>
/// var peer = new ZabPeer(options, recovered);      // what the disk holds
/// peer.Start(now);
/// while (true)
/// {
///     // Something happened: the clock advanced, a packet came, a write is durable, a client asks for a change.
///     peer.Tick(now);  peer.ReceivePacket(connection, packet);  peer.WritesCompleted(sequence);  peer.Propose(transaction);
///     while (peer.HasReady)
///     {
///         Ready ready = peer.TakeReady();
///         log.Enqueue(ready.Writes);               // 1. in order; reports WritesCompleted(sequence) after fsync
///         application.Handle(ready.Events);        // 2. in order: deliver, capture a snapshot, answer pings, ...
///         network.Send(ready.Notifications);       // 3. at once
///         network.Send(ready.Sends);               // 3. in order per connection
///     }
/// }
/// </code>
/// <para><b>Persist, fsync, send.</b> A packet that promises something about the disk (ACKEPOCH, ACK, LEADERINFO) is not
/// in a <see cref="Ready"/> before the writes it depends on have been reported by <see cref="WritesCompleted"/>. So sends
/// need not wait for the writes of the same <see cref="Ready"/>, fsyncs are pipelined, and neighbouring appends can share
/// one. In return writes must become durable in the order of their sequence.</para>
/// <para><b>The application</b> starts from the snapshot, not from the log: what the log holds beyond it is only delivered
/// when it is known to be committed. So nothing delivered is ever taken back, except when a snapshot from the leader
/// replaces everything.</para>
/// <para><b>Time</b> is whatever <see cref="Tick"/> says, by convention milliseconds since some start. Call it at least
/// every few of the shortest interval that <see cref="ZabOptions"/> names, and before handing in packets after a pause.</para>
/// <para><b>Connections</b> of leader and learners are named by numbers that <see cref="AcceptLearner"/> and
/// <see cref="ZabSendKind.Dial"/> give out. Each must be reliable and ordered, as TCP is. Election notifications may be
/// lost.</para>
/// <para><see cref="ZabException"/> from any call means that an invariant is broken: stop the member.
/// <see cref="JuteException"/> and <see cref="FormatException"/> from <see cref="ReceivePacket"/> do not occur: they close
/// the connection.</para>
/// </remarks>
public sealed class ZabPeer
{
    private Ready _filling = new();
    private Ready _taken = new();
    private Leader? _leader;
    private Learner? _learner;
    private string? _leaving;
    private bool _designated;
    private bool _stopping;
    private bool _started;
    private bool _elected;
    private long _electedLeader;
    private long _lastConnection;
    private List<long> _voters = [];
    private EnsembleConfig? _votersOf;
    private EnsembleConfig? _nextVotersOf;

    /// <summary>Creates a member from what its disk holds.</summary>
    /// <exception cref="ZabException">That contradicts itself; the message says what to do.</exception>
    public ZabPeer(ZabOptions options, ZabRecovery recovered)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(recovered);
        options.Validate();
        recovered.Validate();
        Options = options;
        Id = options.Id;
        Config = recovered.Config;
        LastSeen = recovered.NextConfig is { } next && next.Version > Config.Version ? next : Config;
        ConfigText = Config.ToString();
        AcceptedEpoch = recovered.AcceptedEpoch;
        CurrentEpoch = recovered.CurrentEpoch;
        History = new History(recovered.SnapshotZxid, recovered.Log, options.CommittedLogCount);
        Election = new FastLeaderElection(this);
        Type = TypeIn(Config);
        Role = new ZabRole(ServerState.Looking, ZabPhase.Election, -1, CurrentEpoch);
    }

    /// <summary>The member's id.</summary>
    public long Id { get; }

    /// <summary>How it takes part.</summary>
    public ZabOptions Options { get; }

    /// <summary>What it does now.</summary>
    public ZabRole Role { get; private set; }

    /// <summary>Whether it has a vote, or would get one, in the active configuration.</summary>
    public LearnerType Type { get; private set; }

    /// <summary>The active configuration.</summary>
    public EnsembleConfig Config { get; private set; }

    /// <summary>The last proposed configuration; the active one unless a reconfiguration is pending.</summary>
    public EnsembleConfig LastSeen { get; private set; }

    /// <summary>The highest epoch promised to a leader.</summary>
    public long AcceptedEpoch { get; private set; }

    /// <summary>The epoch of the last leader whose history was taken over.</summary>
    public long CurrentEpoch { get; private set; }

    /// <summary>The last transaction in the log, committed or not.</summary>
    public long LastLoggedZxid => History.LastZxid;

    /// <summary>The last transaction delivered.</summary>
    public long DeliveredZxid => History.DeliveredZxid;

    /// <summary>The clock as of the last <see cref="Tick"/>.</summary>
    public long Now { get; private set; }

    /// <summary>Whether it has stopped; all calls are ignored from then on.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Whether <see cref="Propose"/> may be called: this member leads and a quorum follows.</summary>
    public bool CanPropose => _leader is { CanPropose: true };

    /// <summary>The zxid of the next proposal, while <see cref="CanPropose"/>.</summary>
    public long NextZxid => _leader?.NextZxid ?? -1;

    /// <summary>Transactions proposed by this leader and not committed.</summary>
    public int OutstandingCount => _leader?.OutstandingCount ?? 0;

    /// <summary>Whether there is something to do for the host.</summary>
    public bool HasReady => !_filling.IsEmpty;

    internal History History { get; }

    internal FastLeaderElection Election { get; }

    internal string ConfigText { get; private set; }

    internal long LastSequence { get; private set; }

    internal long DurableSequence { get; private set; }

    internal bool IsLeaving => _leaving is not null;

    internal IReadOnlyList<long> CurrentAndNextVoters
    {
        get
        {
            if (_votersOf != Config || _nextVotersOf != LastSeen)
            {
                (_votersOf, _nextVotersOf) = (Config, LastSeen);
                _voters = [.. Config.Voters.Union(LastSeen.Voters)];
            }

            return _voters;
        }
    }

    /// <summary>Begins to look for a leader. Call it once.</summary>
    public void Start(long now)
    {
        ZabException.Require(!_started, "a member was started twice");
        _started = true;
        Now = now;
        Election.Start();
        Settle();
    }

    /// <summary>Advances the clock.</summary>
    /// <param name="now">Not before the last one.</param>
    public void Tick(long now)
    {
        if (IsStopped)
            return;
        ZabException.Require(now >= Now, "the clock went back");
        Now = now;
        if (_leader is not null)
            _leader.Tick(now);
        else if (_learner is not null)
            _learner.Tick(now);
        else
            Election.Tick(now);
        Settle();
    }

    /// <summary>Takes a notification from another member's election port.</summary>
    /// <param name="from">The member, as the connection's handshake named it.</param>
    /// <param name="notification">What it says.</param>
    public void ReceiveNotification(long from, in ElectionNotification notification)
    {
        if (IsStopped || from == Id)
            return;
        if (Role.State == ServerState.Looking && AdoptConfig(from, notification.Config))
        {
            Election.Start();
        }
        else if (!IsCurrentOrNextVoter(from))
        {
            // It has no vote to count, and wants to know whom to follow.
            Notify(from, Election.Answer());
        }
        else if (Role.State == ServerState.Looking)
        {
            Election.Receive(from, notification);
        }
        else if (notification.State == ServerState.Looking)
        {
            Notify(from, Election.Answer());
            _leader?.ReportLooking(notification.ElectionEpoch);
        }

        Settle();
    }

    /// <summary>A learner has connected to the quorum port.</summary>
    /// <returns>The connection's number; it may be closed at once if this member does not lead.</returns>
    public long AcceptLearner()
    {
        long connection = NewConnection();
        if (_leader is null || IsStopped)
            Command(new ZabSend(ZabSendKind.Close, connection));
        else
            _leader.Accept(connection);
        return connection;
    }

    /// <summary>A connection asked for by <see cref="ZabSendKind.Dial"/> is open.</summary>
    public void ConnectionOpened(long connection)
    {
        if (_learner is null || _learner.Connection != connection)
            Command(new ZabSend(ZabSendKind.Close, connection));
        else
            _learner.ConnectionOpened(connection);
        Settle();
    }

    /// <summary>A connection was closed by the other side or failed, or could not be opened.</summary>
    public void ConnectionClosed(long connection)
    {
        _leader?.ConnectionClosed(connection);
        _learner?.ConnectionClosed(connection);
        Settle();
    }

    /// <summary>Bytes of something long, such as a snapshot, move on a connection: the other side is alive.</summary>
    public void NoteActivity(long connection)
    {
        _leader?.Activity(connection);
        _learner?.Activity(connection);
    }

    /// <summary>Takes a packet from a connection; not SNAP, which is <see cref="ReceiveSnapshot"/>'s.</summary>
    public void ReceivePacket(long connection, in QuorumPacket packet)
    {
        if (IsStopped)
            return;
        try
        {
            _leader?.Receive(connection, packet);
            _learner?.Receive(connection, packet);
        }
        catch (Exception e) when (e is JuteException or FormatException)
        {
            Warn($"{packet.Type} on connection {connection} is malformed: {e.Message}");
            Command(new ZabSend(ZabSendKind.Close, connection));
            _leader?.ConnectionClosed(connection);
            _learner?.ConnectionClosed(connection);
        }

        Settle();
    }

    /// <summary>A SNAP packet and the snapshot behind it have been read, its signature included.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="zxid">The SNAP packet's zxid.</param>
    /// <param name="snapshot">The snapshot, in whatever form the host keeps it; it comes back to be installed and restored.</param>
    public void ReceiveSnapshot(long connection, long zxid, object snapshot)
    {
        if (IsStopped)
            return;
        _learner?.ReceiveSnapshot(connection, zxid, snapshot);
        Settle();
    }

    /// <summary>All writes up to a sequence are durable.</summary>
    public void WritesCompleted(long sequence)
    {
        ZabException.Require(sequence <= LastSequence, "a write was reported that was never asked for");
        if (sequence <= DurableSequence)
            return;
        DurableSequence = sequence;
        _leader?.WritesCompleted();
        _learner?.WritesCompleted();
        Settle();
    }

    /// <summary>
    /// Proposes a transaction. A reconfiguration is one whose header says so; it sets the text of the new configuration.
    /// </summary>
    /// <param name="payload">Header, with <see cref="NextZxid"/> as its zxid, record and digest. It must not change afterwards.</param>
    /// <exception cref="ZabException">Not <see cref="CanPropose"/>, or another zxid.</exception>
    public void Propose(byte[] payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        ZabException.Require(_leader is not null, "a transaction was proposed on a member that does not lead; check CanPropose");
        _leader.Propose(payload);
        Settle();
    }

    /// <summary>Whether a reconfiguration may be proposed.</summary>
    /// <param name="next">The new configuration.</param>
    /// <param name="expectedVersion">The version it is to replace, or -1 for any.</param>
    public ReconfigCheck CheckReconfig(EnsembleConfig next, long expectedVersion = -1)
    {
        ArgumentNullException.ThrowIfNull(next);
        if (!CanPropose)
            return ReconfigCheck.NotLeading;
        if (!Options.ReconfigEnabled)
            return ReconfigCheck.Disabled;
        if (LastSeen.Version != Config.Version)
            return ReconfigCheck.InProgress;
        if (expectedVersion != -1 && expectedVersion != Config.Version)
            return ReconfigCheck.BadVersion;
        if (next.Voters.Count == 0)
            return ReconfigCheck.NoVoters;
        return _leader!.IsQuorumSynced(next) ? ReconfigCheck.Allowed : ReconfigCheck.NoQuorum;
    }

    /// <summary>
    /// On the leader: answers a sync once all that is proposed so far is committed, by a SYNC packet to the learner or, for
    /// connection 0, by <see cref="ZabEventKind.SyncCompleted"/> with the token.
    /// </summary>
    public void Sync(long connection, long token = 0)
    {
        ZabException.Require(_leader is { IsEstablished: true }, "sync was asked of a member that does not lead");
        _leader.Sync(connection, token);
    }

    /// <summary>On the leader: tells a learner whether a session lives.</summary>
    /// <param name="connection">The connection that asked.</param>
    /// <param name="data">Session (8) and whether it is alive (1).</param>
    public void AnswerRevalidate(long connection, byte[] data) => _leader?.AnswerRevalidate(connection, data);

    /// <summary>On a learner that serves: forwards a client's request, sync included, to the leader.</summary>
    /// <param name="data">Session (8), xid (4), op code (4), the request's record.</param>
    /// <param name="authInfo">The client's identities.</param>
    public void ForwardRequest(byte[] data, IReadOnlyList<AclId>? authInfo = null) =>
        ToLeader(new QuorumPacket(QuorumPacketType.Request, -1, data, authInfo));

    /// <summary>On a learner that serves: asks the leader whether a session lives.</summary>
    /// <param name="data">Session (8) and timeout (4).</param>
    public void Revalidate(byte[] data) => ToLeader(new QuorumPacket(QuorumPacketType.Revalidate, -1, data));

    /// <summary>On a learner: answers a ping.</summary>
    /// <param name="zxid">The ping's zxid.</param>
    /// <param name="touches">Session (8) and timeout (4) of every session that was active since the last ping; may be empty.</param>
    public void AnswerPing(long zxid, byte[] touches)
    {
        ArgumentNullException.ThrowIfNull(touches);
        _learner?.AnswerPing(zxid, touches);
    }

    /// <summary>On the leader: what is known of the learners that are connected.</summary>
    public IReadOnlyList<LearnerStatus> GetLearners() => _leader is null ? [] : [.. _leader.LearnerStatuses()];

    /// <summary>
    /// Stops gracefully. A leader takes no more proposals and goes when those outstanding are committed, so that another
    /// can take over at once and knows the outcome of all of them. <see cref="ZabEventKind.Stopped"/> tells when; a host
    /// that cannot wait just drops the member, as in a crash.
    /// </summary>
    public void Stop()
    {
        if (IsStopped)
            return;
        _stopping = true;
        if (_leader is { IsEstablished: true })
            _leader.HandOver();
        else
            Leave("this member stops");
        Settle();
    }

    /// <summary>Takes what there is to do. What was taken before last is reused.</summary>
    public Ready TakeReady()
    {
        (_filling, _taken) = (_taken, _filling);
        _filling.Clear();
        return _taken;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"server {Id}: {Role.State} {Role.Phase}, leader {Role.Leader}, accepted {AcceptedEpoch}, current {CurrentEpoch}, logged {Zxid.Format(LastLoggedZxid)}, delivered {Zxid.Format(DeliveredZxid)}");

    internal bool HasFault(ZabFaultInjection fault) => (Options.Faults & fault) != 0;

    internal bool IsCurrentOrNextVoter(long id) => Config.IsVoter(id) || LastSeen.IsVoter(id);

    internal QuorumTracker NewTracker() => new(Config, LastSeen);

    internal long NewConnection() => ++_lastConnection;

    internal void Notify(long to, in ElectionNotification notification) => _filling.NotificationList.Add(new ZabNotification(to, notification));

    internal void SendPacket(long connection, in QuorumPacket packet) => _filling.SendList.Add(new ZabSend(ZabSendKind.Packet, connection, packet));

    internal void Command(in ZabSend command) => _filling.SendList.Add(command);

    internal void Emit(in ZabEvent e) => _filling.EventList.Add(e);

    internal void Warn(string text) => Emit(new ZabEvent { Kind = ZabEventKind.Warning, Text = text });

    internal long Append(in ZabProposal proposal)
    {
        History.Append(proposal);
        return Write(ZabWriteKind.Append, proposal.Zxid, proposal.Payload);
    }

    internal void Truncate(long zxid)
    {
        History.Truncate(zxid);
        Write(ZabWriteKind.Truncate, zxid);
    }

    internal void InstallSnapshot(long zxid, object snapshot)
    {
        History.Reset(zxid);
        Write(ZabWriteKind.InstallSnapshot, zxid, null, snapshot);
        Emit(new ZabEvent { Kind = ZabEventKind.RestoreSnapshot, Zxid = zxid, Snapshot = snapshot });
    }

    internal long WriteAcceptedEpoch(long epoch)
    {
        ZabException.Require(epoch > AcceptedEpoch || HasFault(ZabFaultInjection.ReuseEpoch), "an epoch was accepted that is not later than the last");
        AcceptedEpoch = epoch;
        return Write(ZabWriteKind.AcceptedEpoch, epoch);
    }

    internal long WriteCurrentEpoch(long epoch)
    {
        ZabException.Require(epoch >= CurrentEpoch && epoch <= AcceptedEpoch, "the current epoch would go back, or beyond the accepted one");
        CurrentEpoch = epoch;
        return Write(ZabWriteKind.CurrentEpoch, epoch);
    }

    internal void DeliverUpTo(long zxid)
    {
        while (History.TryNextUndelivered(out ZabProposal next) && next.Zxid <= zxid)
        {
            History.Deliver();
            Emit(new ZabEvent { Kind = ZabEventKind.Deliver, Zxid = next.Zxid, Data = next.Payload });
        }
    }

    internal void SetLastSeen(EnsembleConfig config)
    {
        if (!Options.ReconfigEnabled || LastSeen.Version == config.Version)
            return;
        LastSeen = config;
        Write(ZabWriteKind.NextConfig, config.Version, null, null, config);
    }

    /// <summary>
    /// Makes a configuration the active one, unless it is not newer. Tells whether this member's role or leader changes
    /// with it; with a designated leader, leaving the role then goes to that leader without an election.
    /// </summary>
    internal bool ActivateConfig(EnsembleConfig next, long? designated, long zxid)
    {
        if (!Options.ReconfigEnabled || next.Version <= Config.Version)
            return false;
        EnsembleConfig previous = Config;
        Config = next;
        ConfigText = next.ToString();
        if (next.Version > LastSeen.Version)
            LastSeen = next;
        Write(ZabWriteKind.Config, next.Version, null, null, next);
        Emit(new ZabEvent { Kind = ZabEventKind.ConfigChanged, Config = next });
        if (previous.HasSameMembership(next))
            return false;

        LearnerType type = TypeIn(next);
        bool roleChanges = type != Type;
        Type = type;
        long leader = Election.Current.Leader;
        bool leaderChanges;
        if (designated is { } id)
        {
            leaderChanges = id != leader;
            if (leaderChanges)
                Election.Current = new Vote(id, zxid, -1, -1);
            _designated = roleChanges || leaderChanges;
        }
        else
        {
            leaderChanges = !previous.IsVoter(leader) || !next.IsVoter(leader)
                || !previous.Members[leader].Addresses.SequenceEqual(next.Members[leader].Addresses);
        }

        return roleChanges || leaderChanges;
    }

    internal void SetRole(in ZabRole role)
    {
        if (role == Role)
            return;
        Role = role;
        Emit(new ZabEvent { Kind = ZabEventKind.RoleChanged, Role = role });
    }

    /// <summary>Gives up the role when the current call is done.</summary>
    internal void Leave(string why) => _leaving ??= why;

    internal void OnElected(long leader)
    {
        _elected = true;
        _electedLeader = leader;
    }

    private long Write(ZabWriteKind kind, long value, byte[]? payload = null, object? snapshot = null, EnsembleConfig? config = null)
    {
        _filling.WriteList.Add(new ZabWrite(++LastSequence, kind, value, payload, snapshot, config));
        return LastSequence;
    }

    private void ToLeader(in QuorumPacket packet)
    {
        ZabException.Require(_learner is not null, $"{packet.Type} is sent by learners, and this member is none");
        _learner.ForwardToLeader(packet);
    }

    private LearnerType TypeIn(EnsembleConfig config) =>
        config.Members.TryGetValue(Id, out EnsembleMember? me) ? me.Type : Options.UnlistedType;

    /// <summary>Takes over a newer active configuration that came with a notification; tells whether its members differ.</summary>
    private bool AdoptConfig(long from, string? text)
    {
        if (text is null || !Options.ReconfigEnabled || text == ConfigText)
            return false;
        try
        {
            EnsembleConfig config = EnsembleConfig.Parse(text);
            if (config.Version <= Config.Version)
                return false;
            bool differs = !config.HasSameMembership(Config);
            ActivateConfig(config, null, 0);
            _designated = false;
            return differs;
        }
        catch (FormatException e)
        {
            Warn($"The configuration in a notification from server {from} is malformed: {e.Message}");
            return false;
        }
    }

    /// <summary>Carries out changes of role, which may follow from one another, until there are no more.</summary>
    private void Settle()
    {
        while (!IsStopped)
        {
            if (_leaving is { } why)
            {
                _leaving = null;
                LeaveRole(why);
            }
            else if (_elected)
            {
                _elected = false;
                TakeRole(_electedLeader);
            }
            else
            {
                return;
            }
        }
    }

    private void LeaveRole(string why)
    {
        _leader?.Close();
        _learner?.Close();
        (_leader, _learner) = (null, null);
        Warn($"Leaving {Role.State}: {why}.");
        _elected = false;
        SetRole(new ZabRole(ServerState.Looking, ZabPhase.Election, -1, CurrentEpoch));
        if (_stopping)
        {
            IsStopped = true;
            Emit(new ZabEvent { Kind = ZabEventKind.Stopped });
        }
        else if (_designated)
        {
            _designated = false;
            OnElected(Election.Current.Leader);
        }
        else
        {
            Election.Start();
        }
    }

    private void TakeRole(long leader)
    {
        _designated = false;
        if (leader == Id)
        {
            SetRole(new ZabRole(ServerState.Leading, ZabPhase.Discovery, Id, CurrentEpoch));
            _leader = new Leader(this);
            _leader.Start();
        }
        else
        {
            bool observes = Type == LearnerType.Observer;
            SetRole(new ZabRole(observes ? ServerState.Observing : ServerState.Following, ZabPhase.Discovery, leader, CurrentEpoch));
            _learner = observes ? new Observer(this, leader) : new Follower(this, leader);
            _learner.Start();
        }
    }
}
