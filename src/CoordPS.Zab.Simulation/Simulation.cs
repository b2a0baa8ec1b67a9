using System.Globalization;
using CoordPS.Protocol;

namespace CoordPS.Zab.Simulation;

/// <summary>One run: what the seed makes of the options, the faults, and the end.</summary>
internal sealed class Simulation
{
    private const long Second = 1_000_000;

    private readonly SimulationOptions _options;
    private readonly SimRandom _random;
    private readonly SimWorld _world;
    private readonly List<SimClient> _clients = [];
    private readonly List<SimOperation> _history = [];
    private readonly EnsembleConfig _config;
    private readonly long _faultInterval;
    private bool _faults = true;
    private int _crashes;
    private int _cuts;

    public Simulation(SimulationOptions options)
    {
        _options = options;
        _random = new SimRandom((ulong)options.Seed * 0x9e3779b97f4a7c15);
        int voters = options.Voters > 0 ? options.Voters : (int)_random.Between(3, 5);
        int observers = options.Observers >= 0 ? options.Observers : _random.Index(2);
        bool reconfig = _random.Chance(0.4);
        bool hierarchical = !reconfig && voters >= 4 && _random.Chance(0.3);
        int spare = reconfig ? (int)_random.Between(0, 1) : 0;
        _config = MakeConfig(voters, observers, hierarchical);
        _faultInterval = _random.Between(300_000, 2_500_000);
        _world = new SimWorld(_random, _config, voters + observers + spare, options.Trace, true, options.Faults, reconfig)
        {
            CommittedLogCount = (int)_random.Between(0, 60),
            Checker = new PropertyChecker { LooksAtDisks = options.LooksAtDisks },
            Other = Handle,
            OnReply = Reply,
        };
    }

    public SimulationResult Run()
    {
        string? failure = null;
        try
        {
            Execute();
        }
        catch (SimulationFailure e)
        {
            failure = e.Message;
        }
        catch (ZabException e)
        {
            failure = "invariant: " + e.Message;
        }

        if (failure is not null)
            _world.Trace?.Line($"FAILED  {failure}");
        return new SimulationResult
        {
            Seed = _options.Seed,
            Failure = failure,
            Steps = _world.Steps,
            Committed = _world.Checker.Order.Count,
            AcknowledgedWrites = _clients.Sum(c => c.AcknowledgedWrites),
            Reads = _clients.Sum(c => c.Reads),
            Leaders = _world.Checker.Leaders,
            Crashes = _crashes,
            Cuts = _cuts,
            Reconfigurations = _world.Reconfigurations,
            Snapshots = _world.Snapshots,
            Truncations = _world.Truncations,
            LostWrites = _world.LostWrites,
            Fingerprint = _world.Fingerprint,
        };
    }

    internal static EnsembleConfig MakeConfig(int voters, int observers, bool hierarchical = false)
    {
        var members = new List<EnsembleMember>();
        for (int i = 1; i <= voters + observers; i++)
            members.Add(MakeMember(i, i <= voters ? LearnerType.Participant : LearnerType.Observer));
        if (!hierarchical)
            return new EnsembleConfig(members);
        // Three groups, of which two must agree; the last may be a single member.
        var groups = new SortedDictionary<long, IReadOnlyList<long>>
        {
            [1] = [1],
            [2] = [2],
            [3] = [.. Enumerable.Range(3, voters - 2).Select(i => (long)i)],
        };
        return new EnsembleConfig(members, 0, groups, new SortedDictionary<long, long> { [1] = 2 });
    }

    internal static EnsembleMember MakeMember(long id, LearnerType type) =>
        new(id, new EnsembleAddress("127.0.0.1", 2000 + (int)id, 3000 + (int)id), type, "127.0.0.1", 4000 + (int)id);

    private void Execute()
    {
        foreach (SimMember member in _world.Members)
            member.Start();
        for (int i = 0; i < 3; i++)
        {
            var client = new SimClient(_world, i, _history);
            _clients.Add(client);
            client.Start();
        }

        _world.Schedule(_random.Between(Second / 2, 2 * Second), SimEventKind.Fault);
        long faulty = _options.Seconds * Second;
        _world.RunUntil(faulty);
        Settle();
        _world.RunUntil(faulty + (15 * Second));
        int before = _clients.Sum(c => c.AcknowledgedWrites);
        _world.RunUntil(faulty + (17 * Second));
        int after = _clients.Sum(c => c.AcknowledgedWrites);
        foreach (SimClient client in _clients)
            client.IsActive = false;
        _world.RunUntil(faulty + (19 * Second));
        CheckAgreement(after > before);
        HistoryChecker.Check(_world.Checker.Order, _history, SimWorld.Registers);
    }

    /// <summary>Ends all faults.</summary>
    private void Settle()
    {
        _faults = false;
        _world.Trace?.Line($"all faults end");
        _world.Faulty = false;
        _world.HealAll();
        foreach (SimMember member in _world.Members)
        {
            member.SlowDiskUntil = 0;
            if (!member.IsUp)
                member.Start();
        }
    }

    /// <summary>Left alone, an ensemble elects a leader, serves writes, and all members get to the same state.</summary>
    private void CheckAgreement(bool progress)
    {
        SimMember[] leaders = [.. _world.Members.Where(m => m.IsServing && m.Role.State == ServerState.Leading)];
        if (leaders.Length != 1)
            throw new SimulationFailure($"liveness: {leaders.Length} members lead 19 seconds after the last fault");
        if (!progress)
            throw new SimulationFailure("liveness: no write was acknowledged 15 to 17 seconds after the last fault");
        foreach (SimMember member in _world.Members)
        {
            if (leaders[0].Peer.Config.Members.ContainsKey(member.Id) && (!member.IsServing || member.Position != _world.Checker.Order.Count))
                throw new SimulationFailure($"liveness: {member.Peer} has {member.Position} of {_world.Checker.Order.Count} transactions 19 seconds after the last fault");
        }
    }

    private void Handle(SimEvent e)
    {
        switch (e.Kind)
        {
            case SimEventKind.ClientStep:
                if (_clients[e.A].IsCurrent(e.B))
                    _clients[e.A].Step();
                break;
            case SimEventKind.Invoke:
                Invoke(e);
                break;
            case SimEventKind.Reply:
                var operation = (SimOperation)e.Subject!;
                _clients[operation.Client].Replied(operation, (SimOutcome)e.A);
                break;
            case SimEventKind.Fault:
                if (_faults)
                {
                    Fault();
                    _world.Schedule(_random.Between(_faultInterval / 4, _faultInterval * 2), SimEventKind.Fault);
                }

                break;
            case SimEventKind.Restart:
                if (!_world.Members[e.A].IsUp)
                    _world.Members[e.A].Start();
                break;
            case SimEventKind.Heal:
                if (_faults)
                {
                    _world.Trace?.Line($"the network heals");
                    _world.HealAll();
                }

                break;
        }
    }

    private void Invoke(in SimEvent e)
    {
        SimMember member = _world.Members[e.A];
        if (member.IsUp && member.PausedUntil > _world.Now)
            _world.Schedule(member.PausedUntil - _world.Now, e.Kind, e.A, e.B, e.Subject);
        else
            member.Invoke((SimOperation)e.Subject!, e.B);
    }

    private void Reply(SimOperation operation, SimOutcome outcome) =>
        _world.Schedule(_random.Between(100, 2_000), SimEventKind.Reply, (int)outcome, 0, operation);

    private void Fault()
    {
        int count = _world.Members.Count;
        SimMember member = _world.Members[_random.Index(count)];
        if (_random.Chance(0.35))
            member = _world.Members.FirstOrDefault(m => m.IsUp && m.Role.State == ServerState.Leading) ?? member;
        switch (_random.Index(_world.ReconfigEnabled ? 13 : 10))
        {
            case 0 or 1 or 2:
                CrashSome(member);
                break;
            case 3:
                Partition();
                break;
            case 4:
                // One direction between two members.
                int to = _random.Index(count);
                if (to != member.Index)
                {
                    _world.Trace?.Line($"cut {member.Id} -> {to + 1}");
                    _world.Cut(member.Index, to);
                    HealLater();
                }

                break;
            case 5:
                Isolate(member, outgoing: _random.Chance(0.66), incoming: _random.Chance(0.66));
                break;
            case 6:
                _world.Trace?.Line($"the network heals");
                _world.HealAll();
                break;
            case 7:
                member.SlowDiskUntil = _world.Now + _random.Between(Second / 2, 4 * Second);
                _world.Trace?.Line($"{member.Id} has a slow disk");
                break;
            case 8:
                if (member.IsUp)
                {
                    member.PausedUntil = _world.Now + _random.Between(Second / 10, 3 * Second);
                    _world.Trace?.Line($"{member.Id} is suspended");
                }

                break;
            case 9:
                if (member.IsUp && member.PausedUntil <= _world.Now)
                {
                    _world.Trace?.Line($"{member.Id} is asked to stop");
                    _world.Schedule(_random.Between(Second / 10, 3 * Second), SimEventKind.Restart, member.Index);
                    member.Stop();
                }

                break;
            default:
                Reconfigure();
                break;
        }
    }

    private void CrashSome(SimMember first)
    {
        // At times everything goes down at once, as when the power fails.
        bool all = _random.Chance(0.06);
        foreach (SimMember member in _world.Members)
        {
            if (!member.IsUp || (member != first && !all))
                continue;
            member.Crash();
            _crashes++;
            _world.Schedule(_random.Between(Second / 100, 3 * Second), SimEventKind.Restart, member.Index);
        }
    }

    private void Partition()
    {
        int count = _world.Members.Count;
        ulong sides = _random.Next();
        _world.Trace?.Line($"partition [{Side(sides, 1)}] [{Side(sides, 0)}]");
        for (int a = 0; a < count; a++)
        {
            for (int b = 0; b < count; b++)
            {
                if (((sides >> a) & 1) != ((sides >> b) & 1))
                    _world.Cut(a, b);
            }
        }

        HealLater();
    }

    private string Side(ulong sides, ulong side) =>
        string.Join(' ', _world.Members.Where(m => ((sides >> m.Index) & 1) == side).Select(m => m.Id.ToString(CultureInfo.InvariantCulture)));

    private void Isolate(SimMember member, bool outgoing, bool incoming)
    {
        _world.Trace?.Line($"cut {(outgoing ? $"{member.Id} -> all " : "")}{(incoming ? $"all -> {member.Id}" : "")}");
        foreach (SimMember other in _world.Members)
        {
            if (other == member)
                continue;
            if (outgoing)
                _world.Cut(member.Index, other.Index);
            if (incoming)
                _world.Cut(other.Index, member.Index);
        }

        HealLater();
    }

    private void HealLater()
    {
        _cuts++;
        _world.Schedule(_random.Between(Second / 4, 5 * Second), SimEventKind.Heal);
    }

    private void Reconfigure()
    {
        SimMember? leader = _world.Members.FirstOrDefault(m => m.IsServing && m.Peer.CanPropose);
        if (leader is null)
            return;
        EnsembleConfig config = leader.Peer.Config;
        SimMember subject = _world.Members[_random.Index(_world.Members.Count)];
        var next = config.Members.Values.Where(m => m.Id != subject.Id).ToList();
        bool listed = config.Members.TryGetValue(subject.Id, out EnsembleMember? now);
        switch (_random.Index(3))
        {
            case 0 when listed:
                break; // it leaves
            case 1 when listed:
                next.Add(MakeMember(subject.Id, now!.Type == LearnerType.Participant ? LearnerType.Observer : LearnerType.Participant));
                break;
            default:
                next.Add(MakeMember(subject.Id, LearnerType.Participant));
                break;
        }

        if (next.Count(m => m.Type == LearnerType.Participant) < 2)
            return;
        leader.TryReconfigure(new EnsembleConfig(next));
    }
}
