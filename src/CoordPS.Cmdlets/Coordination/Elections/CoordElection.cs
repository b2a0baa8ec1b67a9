using CoordPS.Client.Recipes;
using CoordPS.Cmdlets;

namespace CoordPS;

/// <summary>A part taken in an election, as <c>Enter-CoordElection</c> begins it. <c>Exit-CoordElection</c>, or disposing of it, ends it.</summary>
public sealed class CoordElection : IDisposable, IHeld
{
    internal CoordElection(CoordSession session, LeaderLatch latch)
    {
        Session = session;
        Latch = latch;
    }

    /// <summary>The election's path.</summary>
    public string Path => Latch.Path;

    /// <summary>What the others know this participant by.</summary>
    public string Id => Latch.Id;

    /// <summary>Whether it is the leader now: never true when its session may have ended.</summary>
    public bool IsLeader => Latch.HasLeadership;

    /// <summary>A number that is larger for each later leader, by which what it writes to can refuse an earlier one; null while not the leader.</summary>
    public long? FencingToken => Latch.Current?.FencingToken;

    /// <summary>Is canceled when the present leadership ends, or may have ended; canceled already while not the leader.</summary>
    public CancellationToken LostToken => Latch.Current?.LostToken ?? new CancellationToken(true);

    /// <summary>The session it takes part with.</summary>
    public CoordSession Session { get; }

    HeldSet? IHeld.Holder { get; set; }

    internal LeaderLatch Latch { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        HeldSet.Remove(this);
        Latch.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Path} ({(IsLeader ? "leader" : "candidate")})";
}
