using CoordPS.Client.Recipes;
using CoordPS.Cmdlets;

namespace CoordPS;

/// <summary>A membership of a group, as <c>Join-CoordGroup</c> begins it. <c>Exit-CoordGroup</c>, or disposing of it, ends it.</summary>
public sealed class CoordMembership : IDisposable, IHeld
{
    internal CoordMembership(CoordSession session, GroupMembership membership)
    {
        Session = session;
        Membership = membership;
    }

    /// <summary>The group's path.</summary>
    public string Path => Membership.Path;

    /// <summary>The member's id.</summary>
    public string Id => Membership.Id;

    /// <summary>Whether it is a member now; after the loss of a session it becomes one again.</summary>
    public bool IsMember => Membership.SessionId != 0;

    /// <summary>The session it joined with.</summary>
    public CoordSession Session { get; }

    HeldSet? IHeld.Holder { get; set; }

    internal GroupMembership Membership { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        HeldSet.Remove(this);
        Membership.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Path} ({Id})";
}
