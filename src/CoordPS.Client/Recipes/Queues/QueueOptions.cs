namespace CoordPS.Client.Recipes;

/// <summary>How a queue works.</summary>
public sealed class QueueOptions
{
    /// <summary>How messages are named, ordered and written.</summary>
    public QueueLayout Layout { get; init; }

    /// <summary>
    /// Whether a message stays in the queue, locked by its consumer, until that has completed it, and goes to another consumer when that one's
    /// session ends or it gives the message back: at least once. Default false: a message leaves the queue when it is received: at most once.
    /// </summary>
    public bool Redeliver { get; init; }

    /// <summary>
    /// The znode below which consumers lock messages: Curator's <c>lockPath</c>. Null, the default: the queue's path with <c>-locks</c>
    /// after it; always <c>taken</c> below the queue for <see cref="QueueLayout.Kazoo"/>.
    /// </summary>
    public string? LockPath { get; init; }

    /// <summary>
    /// Whether a send whose answer was lost finds out what became of it, so that a message is never sent twice nor reported as perhaps sent
    /// while the session lives. It takes a second znode, below the queue's path with <c>-sends</c> after it, and a second round trip. Default false.
    /// </summary>
    public bool ConfirmSends { get; init; }
}
