namespace CoordPS.Cmdlets;

/// <summary>What a runspace has taken and not given back. The newest comes first.</summary>
internal sealed class HeldSet
{
    private readonly Lock _gate = new();
    private readonly List<IHeld> _items = [];

    public void Add(IHeld item)
    {
        lock (_gate)
            _items.Insert(0, item);
    }

    public bool Remove(IHeld item)
    {
        lock (_gate)
            return _items.Remove(item);
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
            return [.. _items.OfType<T>()];
    }
}
