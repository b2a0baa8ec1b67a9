namespace CoordPS.Zab.Simulation;

internal enum SimEventKind
{
    Tick,
    Flush,
    Arrival,
    Notification,
    Dial,
    DialRefused,
    DialOpened,
    Invoke,
    Reply,
    ClientStep,
    Fault,
    Restart,
    Heal,
}

/// <summary>Something that happens at a time.</summary>
internal readonly record struct SimEvent(SimEventKind Kind, int A, int B, object? Subject);

/// <summary>A binary heap of events: by time, and in the order they were added where times are equal.</summary>
internal sealed class EventQueue
{
    private const int OrderBits = 34;

    private (long Key, SimEvent Event)[] _heap = new (long, SimEvent)[1024];
    private int _count;
    private long _order;

    public int Count => _count;

    public void Add(long time, in SimEvent e)
    {
        if (_count == _heap.Length)
            Array.Resize(ref _heap, _count * 2);
        long key = (time << OrderBits) | _order++;
        int i = _count++;
        while (i > 0)
        {
            int parent = (i - 1) >> 1;
            if (_heap[parent].Key <= key)
                break;
            _heap[i] = _heap[parent];
            i = parent;
        }

        _heap[i] = (key, e);
    }

    public long NextTime => _heap[0].Key >> OrderBits;

    public SimEvent Take()
    {
        SimEvent result = _heap[0].Event;
        (long Key, SimEvent Event) last = _heap[--_count];
        _heap[_count] = default;
        int i = 0;
        while (true)
        {
            int child = (2 * i) + 1;
            if (child >= _count)
                break;
            if (child + 1 < _count && _heap[child + 1].Key < _heap[child].Key)
                child++;
            if (last.Key <= _heap[child].Key)
                break;
            _heap[i] = _heap[child];
            i = child;
        }

        if (_count > 0)
            _heap[i] = last;
        return result;
    }
}
