namespace CoordPS.Cmdlets;

/// <summary>What a runspace has taken and not given back, with whichever session. The newest comes first.</summary>
internal sealed class HeldSet
{
    private readonly Lock _gate = new();
    private readonly List<IHeld> _items = [];

    public void Add(IHeld item)
    {
        lock (_gate)
        {
            // Another runspace closes its session without knowing of ours.
            _items.RemoveAll(static held => held.Session.State == Client.SessionState.Closed);
            _items.Insert(0, item);
            item.Holder = this;
        }
    }

    /// <summary>Forgets what is given back, whichever runspace took it.</summary>
    public static void Remove(IHeld item)
    {
        if (item.Holder is not { } holder)
            return;
        lock (holder._gate)
        {
            holder._items.Remove(item);
            item.Holder = null;
        }
    }

    /// <summary>Forgets what ends with a session.</summary>
    public void RemoveAll(CoordSession session)
    {
        lock (_gate)
            _items.RemoveAll(item => item.Session == session);
    }

    public T? Find<T>(Func<T, bool> predicate)
        where T : class
        => All<T>().FirstOrDefault(predicate);

    public IReadOnlyList<T> All<T>()
    {
        lock (_gate)
            return [.. _items.Where(static held => held.Session.State != Client.SessionState.Closed).OfType<T>()];
    }
}
