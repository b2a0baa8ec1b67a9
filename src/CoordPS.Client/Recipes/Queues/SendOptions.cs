namespace CoordPS.Client.Recipes;

/// <summary>How one message is sent.</summary>
public sealed class SendOptions
{
    /// <summary>Its priority, the smaller the earlier; for the layouts <see cref="QueueLayout.Priority"/> and <see cref="QueueLayout.Kazoo"/>. Null: 0, and kazoo's 100.</summary>
    public int? Priority { get; init; }

    /// <summary>When it may be received at the earliest, by the consumers' clocks; for the layout <see cref="QueueLayout.Delayed"/>. Null: at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }
}
