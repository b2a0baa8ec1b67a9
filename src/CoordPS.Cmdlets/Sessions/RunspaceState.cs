using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace CoordPS.Cmdlets;

/// <summary>What the cmdlets remember from one call to the next, for one runspace: its sessions, what they hold, and the transaction being collected.</summary>
internal sealed class RunspaceState
{
    private static readonly ConditionalWeakTable<Runspace, RunspaceState> States = [];

    private readonly Lock _gate = new();
    private readonly List<CoordSession> _sessions = [];

    /// <summary>The state of the runspace that this thread runs.</summary>
    public static RunspaceState Current => States.GetOrCreateValue(Runspace.DefaultRunspace);

    /// <summary>The session that cmdlets use without <c>-Session</c>: the last one opened and not closed yet.</summary>
    public CoordSession? DefaultSession
    {
        get
        {
            lock (_gate)
                return _sessions.Count > 0 ? _sessions[^1] : null;
        }
    }

    /// <summary>The transaction whose script block runs; null outside of one.</summary>
    public TransactionCollector? Transaction { get; set; }

    /// <summary>What was taken in this runspace and not given back.</summary>
    public HeldSet Held { get; } = new();

    /// <summary>The sessions opened and not closed yet, oldest first.</summary>
    public IReadOnlyList<CoordSession> Sessions
    {
        get
        {
            lock (_gate)
                return [.. _sessions];
        }
    }

    public void Add(CoordSession session)
    {
        lock (_gate)
            _sessions.Add(session);
        ProcessLifetime.Add(session);
    }

    /// <summary>Adds a session that is the default only while there is no other.</summary>
    public void AddFirst(CoordSession session)
    {
        lock (_gate)
            _sessions.Insert(0, session);
        ProcessLifetime.Add(session);
    }

    public void Remove(CoordSession session)
    {
        lock (_gate)
            _sessions.Remove(session);
        Held.RemoveAll(session);
        ProcessLifetime.Remove(session);
    }
}
