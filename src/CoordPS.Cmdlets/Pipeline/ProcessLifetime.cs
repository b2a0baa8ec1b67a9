using System.Collections.Concurrent;

namespace CoordPS.Cmdlets;

/// <summary>
/// What goes with the process: its sessions are closed, so that their ephemerals go at once, and its ensembles are stopped. PowerShell tells
/// modules when they are removed but not when it exits.
/// </summary>
internal static class ProcessLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly ConcurrentDictionary<CoordSession, byte> Sessions = new();
    private static int _watching;

    public static void Add(CoordSession session)
    {
        Sessions.TryAdd(session, 0);
        Watch();
    }

    public static void Remove(CoordSession session) => Sessions.TryRemove(session, out _);

    /// <summary>From now on the process is not left without a goodbye.</summary>
    public static void Watch()
    {
        if (Interlocked.Exchange(ref _watching, 1) == 0)
            AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    /// <summary>Ends what a runspace has begun, or, with null, what any has.</summary>
    public static async Task EndAsync(RunspaceState? runspace)
    {
        await Task.WhenAll(Sessions.Keys
            .Where(session => runspace is null || runspace.Sessions.Contains(session))
            .Select(session => CloseAsync(session))).ConfigureAwait(false);
        await Task.WhenAll(EnsembleRegistry.All
            .Where(ensemble => runspace is null || ensemble.Owner == runspace)
            .Select(EnsembleRegistry.StopAsync)).ConfigureAwait(false);
        if (Sessions.IsEmpty && !EnsembleRegistry.All.Any() && Interlocked.Exchange(ref _watching, 0) != 0)
            AppDomain.CurrentDomain.ProcessExit -= OnExit;
    }

    /// <summary>The same from code that can't wait otherwise, and not for ever.</summary>
    public static void End(RunspaceState? runspace) => Task.Run(() => EndAsync(runspace)).Wait(Patience);

    private static async Task CloseAsync(CoordSession session)
    {
        session.Owner.Remove(session);
        await session.Client.DisposeAsync().ConfigureAwait(false);
    }

    private static void OnExit(object? sender, EventArgs e)
    {
        try
        {
            End(null);
        }
        catch (AggregateException)
        {
            // There is nobody left to tell; servers expire the sessions.
        }
    }
}
