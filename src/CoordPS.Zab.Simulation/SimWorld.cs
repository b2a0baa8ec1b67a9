using CoordPS.Protocol;

namespace CoordPS.Zab.Simulation;

/// <summary>
/// Members, the network between them, and the clock. Time is in microseconds. The network delays, keeps the order on each
/// connection and none between connections, and is cut per direction; what a cut holds up arrives when it heals, as TCP
/// would have it, or never, when an end is gone by then.
/// </summary>
internal sealed class SimWorld
{
    public const int Registers = 4;
    public const long TickInterval = 20_000;
    public const int TickTime = 200;

    private readonly EventQueue _events = new();
    private readonly bool[,] _cut;
    private readonly Queue<ElectionNotification>[,] _elections;
    private readonly int[,] _stalledElections;
    private readonly long[,] _lastElection;
    private readonly List<SimLink> _links = [];
    private readonly HashSet<long> _reconfigured = [];
    private int _linkIds;

    public SimWorld(SimRandom random, EnsembleConfig config, int processes, TextWriter? trace, bool faulty, ZabFaultInjection faults, bool reconfig)
    {
        Random = random;
        Trace = trace is null ? null : new SimTrace(trace) { ShowTime = true };
        Faulty = faulty;
        Faults = faults;
        ReconfigEnabled = reconfig;
        _cut = new bool[processes, processes];
        _elections = new Queue<ElectionNotification>[processes, processes];
        _stalledElections = new int[processes, processes];
        _lastElection = new long[processes, processes];
        for (int a = 0; a < processes; a++)
        {
            for (int b = 0; b < processes; b++)
                _elections[a, b] = new Queue<ElectionNotification>();
        }

        Members = [.. Enumerable.Range(0, processes).Select(i => new SimMember(this, i, config))];
    }

    public SimRandom Random { get; }

    public SimTrace? Trace { get; set; }

    /// <summary>Whether clocks drift, disks and links are slow at times, and snapshots are taken.</summary>
    public bool Faulty { get; set; }

    public ZabFaultInjection Faults { get; }

    public bool ReconfigEnabled { get; }

    public IReadOnlyList<SimMember> Members { get; }

    public PropertyChecker Checker { get; init; } = new();

    public long Now { get; private set; }

    public long Steps { get; private set; }

    public int LostWrites { get; private set; }

    public int Truncations { get; set; }

    public int Snapshots { get; set; }

    public int Reconfigurations => _reconfigured.Count;

    public ulong Fingerprint { get; private set; } = 14695981039346656037;

    public int CommittedLogCount { get; set; } = 500;

    /// <summary>Handles what is not the network's.</summary>
    public Action<SimEvent>? Other { get; set; }

    public Action<SimOperation, SimOutcome>? OnReply { get; set; }

    public ZabOptions OptionsFor(SimMember member) => new()
    {
        Id = member.Id,
        TickTime = TickTime,
        InitLimit = 10,
        SyncLimit = 4,
        LeaderSilence = TickTime * 5 / 4,
        ReconfigEnabled = ReconfigEnabled,
        ElectionFinalizeWait = 50,
        MinNotificationInterval = 100,
        MaxNotificationInterval = 800,
        DialRetryInterval = 40,
        DialAttempts = 10,
        EpochWait = 400,
        CommittedLogCount = CommittedLogCount,
        Faults = Faults,
    };

    public void Schedule(long delay, SimEventKind kind, int a = 0, int b = 0, object? subject = null) =>
        _events.Add(Now + delay, new SimEvent(kind, a, b, subject));

    /// <summary>Lets time pass up to a moment.</summary>
    public void RunUntil(long time)
    {
        while (_events.Count > 0 && _events.NextTime <= time)
        {
            Now = _events.NextTime;
            if (Trace is not null)
                Trace.Now = Now;
            Step(_events.Take());
        }

        Now = time;
        if (Trace is not null)
            Trace.Now = Now;
    }

    public void Hash(ulong value) => Fingerprint = (Fingerprint ^ value ^ ((ulong)Now << 20)) * 1099511628211;

    public void Lost(int writes) => LostWrites += writes;

    public void Reconfigured(long zxid) => _reconfigured.Add(zxid);

    public void Reply(SimOperation operation, SimOutcome outcome) => OnReply?.Invoke(operation, outcome);

    public long FsyncTime(SimMember member) => !Faulty
        ? member.SlowDiskUntil > Now ? 200_000 : 1_000
        : member.SlowDiskUntil > Now ? Random.Between(20_000, 300_000) : Random.Between(200, 4_000);

    public bool IsCut(int from, int to) => _cut[from, to];

    public void Cut(int from, int to) => _cut[from, to] = true;

    /// <summary>Joins two members again: what was held up on the way comes through.</summary>
    public void Heal(int from, int to)
    {
        if (!_cut[from, to])
            return;
        _cut[from, to] = false;
        for (; _stalledElections[from, to] > 0; _stalledElections[from, to]--)
            ArriveElection(from, to);
        foreach (SimLink link in _links)
        {
            SimEnd end = link.Learner.Member == to ? link.Learner : link.Leader;
            if (end.Member == to && link.Other(end).Member == from)
            {
                for (; end.Stalled > 0; end.Stalled--)
                    Arrive(link, end, 0);
            }
        }
    }

    public void HealAll()
    {
        for (int a = 0; a < Members.Count; a++)
        {
            for (int b = 0; b < Members.Count; b++)
                Heal(a, b);
        }
    }

    public void Notify(SimMember from, int to, in ElectionNotification notification)
    {
        if ((uint)to >= (uint)Members.Count)
            return;
        Queue<ElectionNotification> queue = _elections[from.Index, to];
        // While a member cannot be reached, only the last notification for it is kept.
        if (_stalledElections[from.Index, to] > 0)
        {
            queue.Clear();
            queue.Enqueue(notification);
            _stalledElections[from.Index, to] = 1;
            return;
        }

        queue.Enqueue(notification);
        ArriveElection(from.Index, to);
    }

    public void Dial(SimMember from, int to, long connection)
    {
        var end = new SimEnd(from.Index, from.Incarnation, connection);
        if (to < 0 || to >= Members.Count)
            Schedule(1_000, SimEventKind.DialRefused, 0, 0, end);
        else if (IsCut(from.Index, to) || IsCut(to, from.Index))
            Schedule(Faulty ? Random.Between(100_000, 400_000) : 200_000, SimEventKind.DialRefused, 0, 0, end);
        else
            Schedule(Latency(), SimEventKind.Dial, to, 0, end);
    }

    public void Send(SimLink link, SimEnd from, in SimItem item)
    {
        SimEnd to = link.Other(from);
        to.Incoming.Enqueue(item);
        Arrive(link, to, item.Snapshot is null ? 0 : 5_000);
    }

    public void Close(SimLink link, SimEnd from)
    {
        from.IsClosed = true;
        Send(link, from, new SimItem(default, null, true));
    }

    /// <summary>A process is gone. Its system closes the connections, unless the machine went as well.</summary>
    public void ProcessGone(SimMember member)
    {
        bool machine = Faulty && Random.Chance(0.5);
        foreach ((SimLink link, SimEnd mine) in member.Links.Values)
        {
            mine.IsClosed = true;
            if (!machine)
                Send(link, mine, new SimItem(default, null, true));
        }
    }

    private void Step(in SimEvent e)
    {
        Steps++;
        switch (e.Kind)
        {
            case SimEventKind.Tick:
                if (Alive(e, e.A, e.B) is { } ticking)
                {
                    Schedule(TickInterval, SimEventKind.Tick, e.A, e.B);
                    ticking.Tick();
                }

                break;
            case SimEventKind.Flush:
                Alive(e, e.A, e.B)?.FlushDone();
                break;
            case SimEventKind.Notification:
                DeliverElection(e);
                break;
            case SimEventKind.Arrival:
                DeliverItem(e, (SimLink)e.Subject!, e.B);
                break;
            case SimEventKind.Dial:
                AnswerDial(e, (SimEnd)e.Subject!);
                break;
            case SimEventKind.DialRefused:
                var refused = (SimEnd)e.Subject!;
                Alive(e, refused.Member, refused.Incarnation)?.Closed(refused.Connection);
                break;
            case SimEventKind.DialOpened:
                var link = (SimLink)e.Subject!;
                if (Alive(e, link.Learner.Member, link.Learner.Incarnation) is { } learner && !link.Learner.IsClosed)
                    learner.Opened(link.Learner.Connection);
                break;
            default:
                Other?.Invoke(e);
                break;
        }
    }

    /// <summary>The member if that process of it still runs. While it is paused, what happens to it waits.</summary>
    private SimMember? Alive(in SimEvent e, int index, int incarnation)
    {
        SimMember member = Members[index];
        if (!member.IsUp || member.Incarnation != incarnation)
            return null;
        if (member.PausedUntil <= Now)
            return member;
        _events.Add(member.PausedUntil, e);
        return null;
    }

    private long Latency()
    {
        if (!Faulty)
            return 500;
        return Random.Chance(0.01) ? Random.Between(5_000, 150_000) : Random.Between(100, 3_000);
    }

    private void ArriveElection(int from, int to)
    {
        long at = Math.Max(_lastElection[from, to], Now + Latency());
        _lastElection[from, to] = at;
        Schedule(at - Now, SimEventKind.Notification, from, to);
    }

    private void DeliverElection(in SimEvent e)
    {
        (int from, int to) = (e.A, e.B);
        SimMember member = Members[to];
        if (member.IsUp && member.PausedUntil > Now)
        {
            _events.Add(member.PausedUntil, e);
            return;
        }

        Queue<ElectionNotification> queue = _elections[from, to];
        if (queue.Count == 0)
            return; // replaced by a later one
        if (IsCut(from, to))
        {
            _stalledElections[from, to]++;
            return;
        }

        ElectionNotification notification = queue.Dequeue();
        if (!member.IsUp || (Faulty && Random.Chance(0.01)))
            return;
        Trace?.Vote(from + 1, to + 1, notification);
        member.Receive(from + 1, notification);
    }

    private void Arrive(SimLink link, SimEnd to, long extra)
    {
        long at = Math.Max(to.LastArrival, Now + Latency() + extra);
        to.LastArrival = at;
        Schedule(at - Now, SimEventKind.Arrival, to.Member, to == link.Learner ? 0 : 1, link);
    }

    private void DeliverItem(in SimEvent e, SimLink link, int side)
    {
        SimEnd end = side == 0 ? link.Learner : link.Leader;
        SimEnd other = link.Other(end);
        SimMember member = Members[end.Member];
        if (member.IsUp && member.Incarnation == end.Incarnation && member.PausedUntil > Now)
        {
            _events.Add(member.PausedUntil, e);
            return;
        }

        if (IsCut(other.Member, end.Member))
        {
            end.Stalled++;
            return;
        }

        SimItem item = end.Incoming.Dequeue();
        if (end.IsClosed || !member.IsUp || member.Incarnation != end.Incarnation)
        {
            // Nobody is there: the system answers by a reset.
            if (!item.IsEnd && !other.IsClosed && !end.IsClosed)
                Close(link, end);
            return;
        }

        if (item.IsEnd)
        {
            end.IsClosed = true;
            _links.Remove(link);
            member.Closed(end.Connection);
            return;
        }

        Trace?.Packet(other.Member + 1, end.Member + 1, item.Packet);
        member.Receive(end.Connection, item);
    }

    private void AnswerDial(in SimEvent e, SimEnd learner)
    {
        SimMember leader = Members[e.A];
        if (leader.IsUp && leader.PausedUntil > Now)
        {
            _events.Add(leader.PausedUntil, e);
            return;
        }

        if (!leader.IsUp || !leader.IsListening)
        {
            Schedule(Latency(), SimEventKind.DialRefused, 0, 0, learner);
            return;
        }

        var end = new SimEnd(leader.Index, leader.Incarnation, leader.Accept());
        var link = new SimLink(++_linkIds, learner, end);
        leader.Links.Add(end.Connection, (link, end));
        SimMember member = Members[learner.Member];
        if (member.IsUp && member.Incarnation == learner.Incarnation)
            member.Links.Add(learner.Connection, (link, learner));
        _links.Add(link);
        Schedule(Latency(), SimEventKind.DialOpened, 0, 0, link);
    }
}
