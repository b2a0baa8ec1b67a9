namespace CoordPS.Server;

/// <summary>
/// A queue with one consumer, which takes all there is at once. A producer pays for a wake-up only when the consumer sleeps.
/// </summary>
internal sealed class BatchQueue<T>
{
    private readonly object _lock = new();
    private List<T> _items = [];
    private bool _closed;
    private bool _waiting;

    /// <summary>Adds an item; false when the queue has been closed.</summary>
    public bool Add(T item)
    {
        lock (_lock)
        {
            if (_closed)
                return false;
            _items.Add(item);
            Wake();
            return true;
        }
    }

    /// <summary>Adds items in their order; false when the queue has been closed.</summary>
    public bool AddRange(IReadOnlyList<T> items)
    {
        lock (_lock)
        {
            if (_closed)
                return false;
            _items.AddRange(items);
            Wake();
            return true;
        }
    }

    /// <summary>
    /// Waits until there is something and swaps it for <paramref name="empty"/>, which is cleared first; null when the queue is closed
    /// and empty.
    /// </summary>
    public List<T>? Take(List<T> empty)
    {
        empty.Clear();
        lock (_lock)
        {
            while (_items.Count == 0)
            {
                if (_closed)
                    return null;
                _waiting = true;
                Monitor.Wait(_lock);
                _waiting = false;
            }

            (List<T> items, _items) = (_items, empty);
            return items;
        }
    }

    /// <summary>
    /// As <see cref="Take(List{T})"/>, but waits no longer than a while, after which it gives an empty list.
    /// </summary>
    public List<T>? Take(List<T> empty, int milliseconds)
    {
        empty.Clear();
        lock (_lock)
        {
            if (_items.Count == 0)
            {
                if (_closed)
                    return null;
                _waiting = true;
                Monitor.Wait(_lock, milliseconds);
                _waiting = false;
            }

            (List<T> items, _items) = (_items, empty);
            return items.Count == 0 && _closed ? null : items;
        }
    }

    /// <summary>Lets the consumer finish what is there and then end.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            Monitor.PulseAll(_lock);
        }
    }

    private void Wake()
    {
        if (_waiting)
            Monitor.Pulse(_lock);
    }
}
