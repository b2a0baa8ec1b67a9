using CoordPS.Client.Recipes;
using CoordPS.Cmdlets;

namespace CoordPS;

/// <summary>A place behind a barrier, as <c>Enter-CoordBarrier</c> takes it.</summary>
public sealed class CoordBarrier : IHeld
{
    internal CoordBarrier(CoordSession session, DistributedDoubleBarrier barrier)
    {
        Session = session;
        Barrier = barrier;
        ZNode = barrier.MemberPath ?? "";
    }

    /// <summary>The barrier's path.</summary>
    public string Path => Barrier.Path;

    /// <summary>How many enter together and leave together.</summary>
    public int Count => Barrier.MemberCount;

    /// <summary>The znode that stands for this one.</summary>
    public string ZNode { get; }

    /// <summary>The session it was entered with.</summary>
    public CoordSession Session { get; }

    HeldSet? IHeld.Holder { get; set; }

    internal DistributedDoubleBarrier Barrier { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Path} ({Count})";
}
