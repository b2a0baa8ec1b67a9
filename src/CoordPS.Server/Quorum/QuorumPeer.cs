using System.Net.Sockets;
using System.Text;
using CoordPS.Protocol;
using CoordPS.Server.Admin;
using CoordPS.Server.Hosting;
using CoordPS.Zab;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Quorum;

/// <summary>
/// A member of an ensemble: one loop that drives the consensus core with what clients, other members, the disk and the clock say, and
/// carries out what it answers. Preparing and applying transactions is part of the loop, so that both see the tree and the role
/// as they are; reads go past it.
/// </summary>
internal sealed class QuorumPeer : IRequestPipeline, IDisposable
{
    private const int MaxTickMilliseconds = 50;

    /// <summary>How often the clock is looked at while no leader is followed: what is waited for then is short.</summary>
    private const int LookingTickMilliseconds = 5;

    /// <summary>
    /// How long a quorum's agreement waits for a better vote, in milliseconds. A vote takes less on any network that members share;
    /// one that comes later costs another election and no data.
    /// </summary>
    private const int FinalizeWait = 50;

    /// <summary>A member that was elected opens its port a moment after those that elected it may dial it.</summary>
    private const int DialRetryMilliseconds = 20;

    private const int DialSeconds = 2;

    /// <summary>How long a leader may be silent, in ticks: two of its pings are missing, and the second has had time to be late.</summary>
    private const double SilentTicks = 1.25;

    /// <summary>However short the tick: in less, a busy machine looks like a stopped one.</summary>
    private const int ShortestSilence = 500;

    /// <summary>Inputs after which the clock is looked at, however many more there are.</summary>
    private const int InputsPerTick = 256;

    private readonly ZooKeeperServer _server;
    private readonly ServerConfig _config;
    private readonly ILogger _logger;
    private readonly BatchQueue<PeerInput> _inputs = new();
    private readonly ZabPeer _peer;
    private readonly ElectionConnections _election;
    private readonly LearnerConnections _learners;
    private readonly MemberLog _log;
    private readonly MemberPipeline _pipeline;
    private readonly Action<Exception> _failed;
    private readonly Thread _thread;
    private readonly int _tickInterval;
    private readonly Dictionary<long, SnapshotSource> _captured = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConfigComparison _comparison;
    private volatile EnsembleConfig _ensemble;
    private volatile EnsembleConfig? _proposedEnsemble;
    private EnsembleMember _self;
    private ReceivedSnapshot? _received;
    private volatile bool _abandoned;
    private MemberState _state;
    private long _lookingSince;
    private long _lastTick;

    public QuorumPeer(
        ZooKeeperServer server, ServerConfig config, DynamicConfigFiles files, Database database, Snapshots snapshots, Action<Exception> failed,
        ILogger logger)
    {
        _server = server;
        _config = config;
        _logger = logger;
        _failed = failed;
        Database = database;
        _ensemble = files.Active;
        _proposedEnsemble = files.Next;
        _self = _ensemble.Members[config.ServerId];
        long last = database.LastLoggedZxid;
        _peer = new ZabPeer(
            new ZabOptions
            {
                Id = config.ServerId,
                TickTime = config.TickTime,
                InitLimit = config.InitLimit,
                SyncLimit = config.SyncLimit,
                LeaderSilence = Math.Max((int)(config.TickTime * SilentTicks), ShortestSilence),
                ElectionFinalizeWait = FinalizeWait,
                DialRetryInterval = DialRetryMilliseconds,
                DialAttempts = DialSeconds * 1000 / DialRetryMilliseconds,
                ReconfigEnabled = config.ReconfigEnabled,
                CommittedLogCount = config.CommitLogCount,
            },
            new ZabRecovery
            {
                // A directory of a standalone server has no epochs yet.
                AcceptedEpoch = database.Directory.ReadAcceptedEpoch() ?? Zxid.Epoch(last),
                CurrentEpoch = database.Directory.ReadCurrentEpoch() ?? Zxid.Epoch(last),
                SnapshotZxid = database.Tree.LastProcessedZxid,
                Log = database.Logged,
                Config = _ensemble,
                NextConfig = files.Next,
            });
        database.ForgetLogged();
        ShowConfig(database.Tree);
        _tickInterval = Math.Clamp(config.TickTime / 20, 1, MaxTickMilliseconds);
        _comparison = new ConfigComparison(config, logger);
        _election = new ElectionConnections(config.ServerId, _self.Addresses, config, server.Host, AddressesOf, Notified, logger);
        _learners = new LearnerConnections(this, config, server.Host, AddressesOf, logger) { Own = _self.Addresses };
        _log = new MemberLog(
            database, files, snapshots, server.Metrics, server.Host.Gate, TimeSpan.FromMilliseconds(config.FsyncWarningThreshold),
            sequence => Post(new PeerInput(PeerInputKind.Written, sequence)), Fail, logger);
        _pipeline = new MemberPipeline(_peer, server, config, database, logger);
        _state = MemberState.Of(_peer);
        _thread = new Thread(Run) { Name = "CoordPS quorum", IsBackground = true };
    }

    public Database Database { get; }

    /// <summary>What the member does, as of a moment ago.</summary>
    public MemberState State => Volatile.Read(ref _state);

    /// <summary>The active configuration.</summary>
    public EnsembleConfig Ensemble => _ensemble;

    public int InProcess => _pipeline.InProcess;

    public bool IsDistributed => true;

    /// <summary>Opens the ports and begins to look for a leader.</summary>
    /// <exception cref="SocketException">A port is in use or an address is not this machine's.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _learners.CheckPort();
        await _election.BindAsync(cancellationToken).ConfigureAwait(false);
        _log.Start();
        _election.Start();
        _thread.Start();
    }

    /// <summary>Reports something that happened; false when the member has stopped.</summary>
    public bool Post(in PeerInput input) => _inputs.Add(input);

    public bool Submit(List<Request> requests)
    {
        var inputs = new PeerInput[requests.Count];
        for (int i = 0; i < inputs.Length; i++)
            inputs[i] = new PeerInput(PeerInputKind.Request, 0, requests[i]);
        if (!_pipeline.TryCount(requests))
            return false;
        if (_inputs.AddRange(inputs))
            return true;
        _pipeline.Uncount(requests.Count);
        return false;
    }

    public bool Submit(Request request) => Submit([request]);

    public void FlushLater(ServerConnection connection) => _pipeline.FlushLater(connection);

    /// <summary>
    /// Leaves the ensemble. A leader first has what it proposed committed and hands over, for no longer than its learners would wait.
    /// </summary>
    public async Task StopAsync()
    {
        if (_thread.IsAlive && Post(new PeerInput(PeerInputKind.Stop)))
        {
            TimeSpan patience = TimeSpan.FromMilliseconds((double)_config.TickTime * Math.Max(1, _config.SyncLimit));
            await _stopped.Task.WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await EndAsync(abandon: false).ConfigureAwait(false);
    }

    /// <summary>The loop does nothing any more, even what it is just about to.</summary>
    public void Abandon()
    {
        _abandoned = true;
        _inputs.Close();
    }

    /// <summary>Ends as a crash would: nobody is told, and what is not on disk is lost.</summary>
    public async Task AbandonAsync() => await EndAsync(abandon: true).ConfigureAwait(false);

    public void Dispose()
    {
        _pipeline.Dispose();
        _received?.Dispose();
    }

    private async Task EndAsync(bool abandon)
    {
        Abandon();
        if (_thread.IsAlive)
            await _ended.Task.ConfigureAwait(false);
        await _election.DisposeAsync().ConfigureAwait(false);
        _learners.Dispose();
        await Task.Run(() => _log.Stop(abandon)).ConfigureAwait(false);
    }

    /// <summary>How long a member looks for a leader before it lets clients read, in milliseconds.</summary>
    private long ReadOnlyAfter => Math.Max(2000, _config.TickTime);

    /// <summary>Where a member is reached: by the active configuration and by one that is proposed.</summary>
    private IReadOnlyList<EnsembleAddress>? AddressesOf(long member)
    {
        IReadOnlyList<EnsembleAddress>? now = _ensemble.Members.GetValueOrDefault(member)?.Addresses;
        IReadOnlyList<EnsembleAddress>? next = _proposedEnsemble?.Members.GetValueOrDefault(member)?.Addresses;
        return now is null || next is null ? now ?? next : [.. now.Union(next)];
    }

    private void ShowConfig(DataTree tree) => tree.SetConfig(Encoding.UTF8.GetBytes(_ensemble.ToString()), _ensemble.Version);

    /// <summary>Another configuration is active: connections and ports follow it.</summary>
    private void ChangeConfig(EnsembleConfig next)
    {
        EnsembleConfig before = _ensemble;
        _ensemble = next;
        if (_proposedEnsemble is { } proposed && proposed.Version <= next.Version)
            _proposedEnsemble = null;
        ShowConfig(Database.Tree);
        if (before.HasSameMembership(next))
        {
            _logger.LogInformation("The ensemble's configuration has version {Version:x} now.", next.Version);
            return;
        }

        _logger.LogInformation("The ensemble's configuration has changed from version {Before:x} to\n{Next}", before.Version, next);
        if (next.Members.TryGetValue(_config.ServerId, out EnsembleMember? self))
        {
            EnsembleMember was = _self;
            _self = self;
            _learners.Own = self.Addresses;
            if (self.ClientPort != 0)
                _server.ListenForClients(self.ClientHost!, self.ClientPort);
            if (!was.Addresses.SequenceEqual(self.Addresses))
                _election.Rebind(self.Addresses);
        }
        else
        {
            _logger.LogWarning(
                "This member, {Id}, is not in the configuration any more. It goes on following without a vote, for its clients to leave; stop it when they have.",
                _config.ServerId);
        }

        _election.Forget([.. before.Members.Values.Where(m =>
            !next.Members.TryGetValue(m.Id, out EnsembleMember? now) || !now.Addresses.SequenceEqual(m.Addresses)).Select(static m => m.Id)]);
    }

    private void Notified(long from, ElectionNotification notification) =>
        Post(new PeerInput(PeerInputKind.Notification, from, notification));

    private void Run()
    {
        try
        {
            _pipeline.UseThisThread();
            _lastTick = Environment.TickCount64;
            _lookingSince = _lastTick;
            _peer.Start(_lastTick);
            Drain();
            _learners.Flush();
            List<PeerInput> batch = [];
            while (!_abandoned)
            {
                int interval = _peer.Role.IsServing ? _tickInterval : Math.Min(_tickInterval, LookingTickMilliseconds);
                if (_inputs.Take(batch, interval) is not { } taken)
                    break;
                batch = taken;
                if (!PassGate())
                    break;
                if (batch.Count == 0)
                    TickIfDue(interval);
                for (int i = 0; i < batch.Count; i++)
                {
                    // Pings must not wait for the end of a long batch.
                    if (i % InputsPerTick == 0)
                        TickIfDue(interval);
                    Handle(batch[i]);
                }

                Drain();
                // What the whole batch had to say to a member goes in one piece.
                _learners.Flush();
                _pipeline.EndBatch();
            }
        }
#pragma warning disable CA1031 // Whatever ends the loop ends the member, which says why.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _logger.LogCritical(e, "The member fails, and stops: {Member}", _peer);
            Fail(e);
        }
        finally
        {
            _inputs.Close();
            _pipeline.EndService();
            _learners.Dispose();
            _stopped.TrySetResult();
            _ended.TrySetResult();
        }
    }

    /// <summary>Waits while the member is frozen; false when it is to end.</summary>
    private bool PassGate()
    {
        _server.Host.Gate?.Pass();
        return !_abandoned;
    }

    private void TickIfDue(int interval)
    {
        long now = Environment.TickCount64;
        if (now - _lastTick < interval)
            return;
        _lastTick = now;
        // What has come and was not read yet is no silence of the one who sent it.
        foreach (long connection in _learners.WithUnread())
            _peer.NoteActivity(connection);
        _peer.Tick(now);
        Drain();
        _learners.Flush();
        Volatile.Write(ref _state, MemberState.Of(_peer));
        if (_config.ReadOnlyModeEnabled && !_server.IsServing && !_server.IsReadOnly && now - _lookingSince > ReadOnlyAfter
            && _peer.Role.State == ServerState.Looking)
            _server.BeginReadOnly();
    }

    private void Fail(Exception e)
    {
        _inputs.Close();
        _failed(e);
    }

    private void Handle(in PeerInput input)
    {
        // Requests may share what follows from them; what else comes may change the role, which the next input must meet.
        if (input.Kind == PeerInputKind.Request)
        {
            _pipeline.Process((Request)input.Value!);
            return;
        }

        Drain();
        switch (input.Kind)
        {
            case PeerInputKind.Notification:
                var notification = (ElectionNotification)input.Value!;
                _comparison.Compare(_ensemble, input.Id, notification.Config);
                _peer.ReceiveNotification(input.Id, notification);
                break;
            case PeerInputKind.Packets:
                foreach (QuorumPacket packet in (List<QuorumPacket>)input.Value!)
                {
                    _peer.ReceivePacket(input.Id, packet);
                    Drain();
                }

                break;
            case PeerInputKind.Snapshot:
                _received = (ReceivedSnapshot)input.Value!;
                _peer.ReceiveSnapshot(input.Id, input.Zxid, _received);
                Drain();
                // Nobody took it: the member does not follow that leader any more.
                _received?.Dispose();
                _received = null;
                break;
            case PeerInputKind.Activity:
                _peer.NoteActivity(input.Id);
                break;
            case PeerInputKind.Accepted:
                _learners.Add(_peer.AcceptLearner(), (LinkSocket)input.Value!);
                break;
            case PeerInputKind.Dialed:
                if (_learners.TryAddDialed(input.Id, (LinkSocket)input.Value!))
                    _peer.ConnectionOpened(input.Id);
                break;
            case PeerInputKind.Closed:
                _learners.Forget(input.Id);
                _peer.ConnectionClosed(input.Id);
                break;
            case PeerInputKind.Written:
                _peer.WritesCompleted(input.Id);
                break;
            case PeerInputKind.Stop:
                _peer.Stop();
                break;
        }

        Drain();
    }

    /// <summary>Does what the core wants done, until there is no more.</summary>
    private void Drain()
    {
        while (_peer.HasReady)
        {
            Ready ready = _peer.TakeReady();
            if (ready.Writes.Count > 0)
            {
                foreach (ZabWrite write in ready.Writes)
                {
                    if (write.Kind == ZabWriteKind.InstallSnapshot)
                        _received = null;
                    else if (write.Kind == ZabWriteKind.NextConfig)
                        _proposedEnsemble = write.Config;
                }

                _log.Enqueue(ready.Writes, logs: _config.SyncEnabled || _peer.Role.State != ServerState.Observing);
            }

            // Handling an event may call the core; what it has to say then is in the next turn.
            for (int i = 0; i < ready.Events.Count; i++)
                Handle(ready.Events[i]);
            foreach (ZabNotification notification in ready.Notifications)
                _election.Send(notification.To, notification.Notification);
            foreach (ZabSend send in ready.Sends)
                Carry(send);
        }
    }

    private void Handle(in ZabEvent e)
    {
        switch (e.Kind)
        {
            case ZabEventKind.CaptureSnapshot:
                _captured[e.Connection] = new SnapshotSource(Database.Tree, Database.Sessions);
                break;
            case ZabEventKind.RestoreSnapshot:
                var snapshot = (ReceivedSnapshot)e.Snapshot!;
                ShowConfig(snapshot.Tree);
                Database.Replace(snapshot.Tree, snapshot.Sessions);
                _pipeline.Restore();
                break;
            case ZabEventKind.RoleChanged:
                _logger.LogInformation(
                    "Member {Id} is {State}, {Phase}; leader {Leader}, epoch {Epoch}.", _peer.Id, e.Role.State, e.Role.Phase, e.Role.Leader, e.Role.Epoch);
                _captured.Clear();
                if (e.Role.State == ServerState.Looking)
                    _lookingSince = Environment.TickCount64;
                Volatile.Write(ref _state, MemberState.Of(_peer));
                // What was delivered may have had an earlier configuration in it, or one that is not this member's business.
                if (e.Role.IsServing)
                    ShowConfig(Database.Tree);
                _pipeline.ChangeRole(e.Role);
                break;
            case ZabEventKind.ConfigChanged:
                ChangeConfig(e.Config!);
                break;
            case ZabEventKind.DuplicateMember:
                _logger.LogError(
                    "{Second} wants to follow as member {Member}, which {First} is: two servers run with the same myid. The second is turned away. Stop the one "
                    + "that is wrong and write its own number, that of its server line, into the file myid of its dataDir.",
                    _learners.RemoteOf(e.Connection), e.Member, _learners.RemoteOf(e.Zxid));
                break;
            case ZabEventKind.Warning:
                _logger.LogWarning("{Warning}", e.Text);
                break;
            case ZabEventKind.Stopped:
                _stopped.TrySetResult();
                break;
            default:
                _pipeline.Handle(e);
                break;
        }
    }

    private void Carry(in ZabSend send)
    {
        switch (send.Kind)
        {
            case ZabSendKind.Packet:
                _learners.Send(send);
                break;
            case ZabSendKind.Snapshot:
                if (_captured.Remove(send.Connection, out SnapshotSource? snapshot))
                    _learners.SendSnapshot(send, snapshot);
                break;
            case ZabSendKind.Dial:
                _learners.Dial(send.Connection, send.Member);
                break;
            case ZabSendKind.Close:
                _captured.Remove(send.Connection);
                _learners.Close(send.Connection);
                break;
            case ZabSendKind.Listen:
                _learners.Listen();
                break;
            case ZabSendKind.StopListening:
                _learners.StopListening();
                break;
        }
    }
}
