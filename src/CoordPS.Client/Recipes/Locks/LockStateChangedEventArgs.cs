namespace CoordPS.Client.Recipes;

/// <summary>A change of a <see cref="LockState"/>.</summary>
public sealed class LockStateChangedEventArgs : EventArgs
{
    internal LockStateChangedEventArgs(LockState previous, LockState current)
    {
        Previous = previous;
        Current = current;
    }

    /// <summary>The state before.</summary>
    public LockState Previous { get; }

    /// <summary>The state now.</summary>
    public LockState Current { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Previous} -> {Current}";
}
