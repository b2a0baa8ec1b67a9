using System.Collections.Concurrent;
using CoordPS.Protocol;
using CoordPS.Server.Admin;
using CoordPS.Server.Hosting;

namespace CoordPS.Server;

/// <summary>A session that this member knows.</summary>
internal sealed class Session(long id, int timeoutMilliseconds)
{
    public long Id { get; } = id;

    public int TimeoutMilliseconds { get; set; } = timeoutMilliseconds;

    /// <summary>When its client was last heard of, by <see cref="Environment.TickCount64"/>.</summary>
    public long LastHeard = Environment.TickCount64;

    public volatile bool IsClosing;

    /// <summary>On a leader: whose client it is, as in <see cref="Request.Owner"/>; -1 while that is not known.</summary>
    public long Owner = Unowned;

    private const long Unowned = -1;

    /// <summary>Whether the session is an owner's, or nobody's, who then has it.</summary>
    public bool TryOwn(long owner)
    {
        long before = Interlocked.CompareExchange(ref Owner, owner, Unowned);
        return before == Unowned || before == owner;
    }

    /// <summary>Forgets what a leader noted.</summary>
    public void Reset()
    {
        IsClosing = false;
        Interlocked.Exchange(ref Owner, Unowned);
    }

    /// <summary>The deadline at which it will be looked at; under the tracker's lock.</summary>
    public long Scheduled;
}

/// <summary>
/// Sessions and their expiry. As in Apache, deadlines are rounded up to the tick, so that a session may live a tick longer than its
/// timeout but never less. A touch is a write to a field: only when a deadline comes is it looked at, and set anew if the client
/// has been heard since.
/// </summary>
internal sealed class SessionTracker : IAsyncDisposable
{
    private readonly ConcurrentDictionary<long, Session> _sessions = new();
    private readonly SortedDictionary<long, List<Session>> _deadlines = [];
    private readonly int _tickMilliseconds;
    private readonly Action<Session> _expire;
    private readonly FreezeGate? _gate;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private long _nextId;
    private bool _expires = true;

    /// <param name="serverId">The member's id, the high byte of the ids it gives out.</param>
    /// <param name="tickMilliseconds">What deadlines are rounded up to.</param>
    /// <param name="expire">Called once for each session that expires.</param>
    /// <param name="gate">What freezes the member; null if nothing does.</param>
    public SessionTracker(long serverId, int tickMilliseconds, Action<Session> expire, FreezeGate? gate = null)
    {
        _tickMilliseconds = Math.Max(1, tickMilliseconds);
        _expire = expire;
        _gate = gate;
        _nextId = InitialId(serverId, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        _loop = Task.Run(RunAsync);
    }

    public int Count => _sessions.Count;

    /// <summary>Whether sessions expire here. They do on a standalone server and on a leader.</summary>
    public bool Expires
    {
        get => Volatile.Read(ref _expires);
        set => Volatile.Write(ref _expires, value);
    }

    public ICollection<Session> Sessions => _sessions.Values;

    /// <summary>The first id that a member gives out: its own id in the high byte, then the time, so that no restart repeats one.</summary>
    public static long InitialId(long serverId, long unixMilliseconds)
    {
        long id = (unixMilliseconds << 24) >>> 8;
        id |= serverId << 56;
        // The id of a container is no session's.
        return id == EphemeralOwner.Container ? id + 1 : id;
    }

    public long NewId() => Interlocked.Increment(ref _nextId) - 1;

    public Session? Find(long id) => _sessions.GetValueOrDefault(id);

    /// <summary>Starts tracking a session, or keeps the one there is.</summary>
    public Session Track(long id, int timeoutMilliseconds)
    {
        var added = new Session(id, timeoutMilliseconds);
        Session session = _sessions.GetOrAdd(id, added);
        if (ReferenceEquals(session, added))
            Schedule(session);
        else
            session.LastHeard = Environment.TickCount64;
        return session;
    }

    /// <summary>Tracks a session that another tracker had.</summary>
    public void Adopt(Session session)
    {
        _sessions[session.Id] = session;
        Schedule(session);
    }

    /// <summary>Notes that a session's client was heard; false when the session is not known or is closing.</summary>
    public bool Touch(long id, int? timeoutMilliseconds = null)
    {
        if (!_sessions.TryGetValue(id, out Session? session) || session.IsClosing)
            return false;
        session.LastHeard = Environment.TickCount64;
        if (timeoutMilliseconds is { } timeout && timeout != session.TimeoutMilliseconds)
        {
            session.TimeoutMilliseconds = timeout;
            Schedule(session);
        }

        return true;
    }

    public void Remove(long id) => _sessions.TryRemove(id, out _);

    /// <summary>Tracks these sessions and no others, none of them closing or owned.</summary>
    public void Replace(IEnumerable<(long Id, int TimeoutMilliseconds)> sessions)
    {
        var known = new HashSet<long>();
        foreach ((long id, int timeout) in sessions)
        {
            known.Add(id);
            Track(id, timeout).Reset();
        }

        foreach (long id in _sessions.Keys)
        {
            if (!known.Contains(id))
                _sessions.TryRemove(id, out _);
        }
    }

    /// <summary>Every session gets its whole timeout again, as after a start or an election.</summary>
    public void TouchAll()
    {
        long now = Environment.TickCount64;
        foreach (Session session in _sessions.Values)
            session.LastHeard = now;
    }

    /// <summary>Deadlines to come with the sessions due then, for <c>dump</c>.</summary>
    public IReadOnlyList<SessionExpiry> Deadlines()
    {
        DateTimeOffset origin = DateTimeOffset.UtcNow.AddMilliseconds(-Environment.TickCount64);
        return [.. _sessions.Values.GroupBy(DeadlineOf).OrderBy(static g => g.Key)
            .Select(g => new SessionExpiry(origin.AddMilliseconds(g.Key), g.Key, [.. g.Select(static s => s.Id)]))];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private long DeadlineOf(Session session) =>
        ((Volatile.Read(ref session.LastHeard) + session.TimeoutMilliseconds) / _tickMilliseconds + 1) * _tickMilliseconds;

    private void Schedule(Session session)
    {
        long deadline = DeadlineOf(session);
        lock (_deadlines)
        {
            if (!_deadlines.TryGetValue(deadline, out List<Session>? due))
                _deadlines[deadline] = due = [];
            due.Add(session);
            session.Scheduled = deadline;
        }
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(_tickMilliseconds));
        while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
        {
            // What comes due on a member that does not lead waits until it does; everyone is then given his whole time again.
            if (!Expires || _gate is { IsClosed: true })
                continue;
            long now = Environment.TickCount64;
            foreach (Session session in TakeDue(now))
            {
                if (!_sessions.TryGetValue(session.Id, out Session? current) || !ReferenceEquals(current, session) || session.IsClosing)
                    continue;
                if (DeadlineOf(session) > now)
                {
                    Schedule(session);
                    continue;
                }

                session.IsClosing = true;
                _expire(session);
            }
        }
    }

    private List<Session> TakeDue(long now)
    {
        List<Session> due = [];
        lock (_deadlines)
        {
            while (_deadlines.Count > 0)
            {
                (long deadline, List<Session> sessions) = _deadlines.First();
                if (deadline > now)
                    break;
                // A session whose timeout changed is in two lists; the one it was put in last counts.
                foreach (Session session in sessions)
                {
                    if (session.Scheduled == deadline)
                        due.Add(session);
                }

                _deadlines.Remove(deadline);
            }
        }

        return due;
    }
}
