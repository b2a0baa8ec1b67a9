using CoordPS.Client.Recipes;
using CoordPS.Cmdlets;

namespace CoordPS;

/// <summary>A lock that this runspace holds, as <c>Lock-Coord</c> acquires it. <c>Unlock-Coord</c>, or disposing of it, gives it back.</summary>
public sealed class CoordLock : IDisposable, IHeld
{
    private readonly LockHandle _handle;

    internal CoordLock(CoordSession session, string path, CoordLockMode mode, int limit, LockHandle handle)
    {
        _handle = handle;
        Session = session;
        Path = path;
        Mode = mode;
        Limit = limit;
    }

    /// <summary>The path that was locked.</summary>
    public string Path { get; }

    /// <summary>The znode it is held by.</summary>
    public string ZNode => _handle.Path;

    /// <summary>Whether it is held alone, shared, or as one of several leases.</summary>
    public CoordLockMode Mode { get; }

    /// <summary>Whether it is held now: never <c>Held</c> when the session may have ended.</summary>
    public LockState State => _handle.State;

    /// <summary>Whether it is held now.</summary>
    public bool IsHeld => _handle.IsHeld;

    /// <summary>
    /// A number that is larger for each later holder. A resource that refuses smaller ones than it has seen is safe from a holder that has
    /// not noticed yet that it lost the lock. It is the znode's czxid.
    /// </summary>
    public long FencingToken => _handle.FencingToken;

    /// <summary>Since when, by the local clock.</summary>
    public DateTimeOffset AcquiredAt => _handle.AcquiredAt.ToLocalTime();

    /// <summary>Is canceled when the connection is lost, before anybody else can get the lock; and when it is given back.</summary>
    public CancellationToken LostToken => _handle.LostToken;

    /// <summary>The session that holds it.</summary>
    public CoordSession Session { get; }

    HeldSet? IHeld.Holder { get; set; }

    /// <summary>How many may hold it at once, with <see cref="CoordLockMode.Lease"/>; else 0.</summary>
    internal int Limit { get; }

    internal LockHandle Handle => _handle;

    /// <inheritdoc/>
    public void Dispose()
    {
        HeldSet.Remove(this);
        _handle.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Path} ({State})";
}
