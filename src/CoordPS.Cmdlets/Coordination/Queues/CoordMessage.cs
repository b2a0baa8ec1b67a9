using CoordPS.Client.Recipes;
using CoordPS.Cmdlets;

namespace CoordPS;

/// <summary>A message received from a queue. One of a queue that redelivers has to be completed; disposing of it gives it back.</summary>
public sealed class CoordMessage : IDisposable, IHeld
{
    internal CoordMessage(CoordSession session, string queue, QueueMessage message, object? value)
    {
        Session = session;
        Queue = queue;
        Message = message;
        Value = value;
    }

    /// <summary>The queue's path.</summary>
    public string Queue { get; }

    /// <summary>The message's znode.</summary>
    public string ZNode => Message.Path;

    /// <summary>The message as text, an object read from JSON, or bytes: what <c>-As</c> and <c>-Encoding</c> asked for.</summary>
    public object? Value { get; }

    /// <summary>The message's bytes.</summary>
    public byte[] Data => Message.Data;

    /// <summary>When it was sent, by the server's clock.</summary>
    public DateTimeOffset Sent => Message.Sent.ToLocalTime();

    /// <summary>Whether it is still this consumer's; <c>Released</c> when it left the queue on being received.</summary>
    public LockState State => Message.State;

    /// <summary>The session it was received with.</summary>
    public CoordSession Session { get; }

    HeldSet? IHeld.Holder { get; set; }

    internal QueueMessage Message { get; }

    /// <summary>Removes it from the queue: it is done with. Nothing to do for a queue that does not redeliver.</summary>
    public void Complete()
    {
        Message.CompleteAsync().GetAwaiter().GetResult();
        HeldSet.Remove(this);
    }

    /// <summary>Gives it back for another consumer, unless it was completed.</summary>
    public void Dispose()
    {
        Message.DisposeAsync().AsTask().GetAwaiter().GetResult();
        HeldSet.Remove(this);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Value}";
}
