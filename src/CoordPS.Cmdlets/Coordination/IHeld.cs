namespace CoordPS.Cmdlets;

/// <summary>What was taken with a session and is to be given back: a lock, a leadership, a membership.</summary>
internal interface IHeld
{
    /// <summary>The session it was taken with, and ends with.</summary>
    CoordSession Session { get; }

    /// <summary>What the runspace that took it holds; null when it was given back.</summary>
    HeldSet? Holder { get; set; }
}
