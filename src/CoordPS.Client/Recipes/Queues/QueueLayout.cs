namespace CoordPS.Client.Recipes;

/// <summary>How a queue's messages are named, ordered and written; all who use a queue must agree.</summary>
public enum QueueLayout
{
    /// <summary>First in, first out, the bytes as they are: <c>qn-0000000001</c>, ZooKeeper's own recipe and Curator's <c>SimpleDistributedQueue</c>. The default.</summary>
    Simple,

    /// <summary>First in, first out, in Curator's envelope: <c>queue-0000000001</c>, Curator's <c>DistributedQueue</c>.</summary>
    Curator,

    /// <summary>
    /// By priority, the smaller number first: Curator's <c>DistributedPriorityQueue</c>. The priority is any 32-bit integer. As with Curator, numbers
    /// below zero come first and among themselves in their order.
    /// </summary>
    Priority,

    /// <summary>Each message from its time on, the earlier first: Curator's <c>DistributedDelayQueue</c>.</summary>
    Delayed,

    /// <summary>
    /// By priority from 0 to 999, the smaller number first, the bytes as they are: kazoo's <c>Queue</c>, and with
    /// <see cref="QueueOptions.Redeliver"/> its <c>LockingQueue</c>.
    /// </summary>
    Kazoo,
}
