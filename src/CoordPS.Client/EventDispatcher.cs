using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace CoordPS.Client;

/// <summary>
/// Runs handlers of events one after the other, in order, on the thread pool: never on the read loop, so that a handler may call the
/// client and wait for it.
/// </summary>
internal sealed class EventDispatcher(ILogger logger) : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<Action> _queue = new();
    private int _running;

    internal void Post(Action handler)
    {
        _queue.Enqueue(handler);
        Schedule();
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (_queue.TryDequeue(out Action? handler))
            Invoke(handler);
        // A full fence: one posted between the last look and the flag must be seen here, or see the flag there.
        Interlocked.Exchange(ref _running, 0);
        if (!_queue.IsEmpty)
            Schedule();
    }

    private void Schedule()
    {
        if (Interlocked.Exchange(ref _running, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Invoke(Action handler)
    {
#pragma warning disable CA1031 // A handler's failure is the handler's: it must not end the session or keep the next event from its handler.
        try
        {
            handler();
        }
        catch (Exception e)
        {
            logger.LogError(e, "A handler of ZooKeeper events threw. The event counts as delivered.");
        }
#pragma warning restore CA1031
    }
}
