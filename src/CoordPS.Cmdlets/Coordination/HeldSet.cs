namespace CoordPS.Cmdlets;

/// <summary>What a runspace has taken and not given back: locks, leaderships, memberships. The newest comes first.</summary>
internal sealed class HeldSet
{
    private readonly Lock _gate = new();
    private readonly List<object> _items = [];

    public void Add(object item)
    {
        lock (_gate)
            _items.Insert(0, item);
    }

    public bool Remove(object item)
    {
        lock (_gate)
            return _items.Remove(item);
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
