using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>
/// Access control lists by index, so that a node holds four bytes for its list and equal lists are kept once (Apache's
/// ReferenceCountedACLCache). Written under the tree's gate; read by any thread.
/// </summary>
internal sealed class AclCache
{
    /// <summary>The index of <c>world:anyone:cdrwa</c>, which is in no table.</summary>
    public const int Open = -1;

    private readonly Dictionary<AclKey, int> _indexes = [];
    private readonly Dictionary<int, int> _usage = [];
    private Dictionary<int, IReadOnlyList<Acl>> _lists = [];
    private int _last;

    /// <summary>The lists by index. A change replaces the dictionary, so that readers need no lock.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<Acl>> Lists => Volatile.Read(ref _lists);

    /// <summary>The list at an index; null when the index is unknown, which only a snapshot not yet replayed over can show.</summary>
    public IReadOnlyList<Acl>? Find(int index) => index == Open ? Acl.OpenUnsafe : Lists.GetValueOrDefault(index);

    /// <summary>The index of a list, which is added when new, and one more use of it.</summary>
    public int Use(IReadOnlyList<Acl>? acl)
    {
        if (acl is null || IsOpen(acl))
            return Open;
        var key = new AclKey(acl);
        if (!_indexes.TryGetValue(key, out int index))
        {
            index = ++_last;
            Put(index, acl);
        }

        Use(index);
        return index;
    }

    /// <summary>One more use of an index.</summary>
    public void Use(int index)
    {
        if (index != Open)
            _usage[index] = _usage.GetValueOrDefault(index) + 1;
    }

    /// <summary>One use less; the last one removes the list.</summary>
    public void Release(int index)
    {
        if (index == Open || !_usage.TryGetValue(index, out int count))
            return;
        if (count > 1)
        {
            _usage[index] = count - 1;
            return;
        }

        _usage.Remove(index);
        if (_lists.TryGetValue(index, out IReadOnlyList<Acl>? acl))
        {
            _indexes.Remove(new AclKey(acl));
            Dictionary<int, IReadOnlyList<Acl>> lists = new(_lists);
            lists.Remove(index);
            Volatile.Write(ref _lists, lists);
        }
    }

    /// <summary>Puts a list at the index a snapshot gives it.</summary>
    public void Load(long index, IReadOnlyList<Acl> acl)
    {
        int i = checked((int)index);
        Put(i, acl);
        _last = Math.Max(_last, i);
    }

    /// <summary>Drops lists that a snapshot held and nothing uses.</summary>
    public void RemoveUnused()
    {
        Dictionary<int, IReadOnlyList<Acl>> lists = [];
        foreach ((int index, IReadOnlyList<Acl> acl) in _lists)
        {
            if (_usage.ContainsKey(index))
                lists[index] = acl;
            else
                _indexes.Remove(new AclKey(acl));
        }

        Volatile.Write(ref _lists, lists);
    }

    private static bool IsOpen(IReadOnlyList<Acl> acl) => acl.Count == 1 && acl[0] == Acl.OpenUnsafe[0];

    private void Put(int index, IReadOnlyList<Acl> acl)
    {
        _indexes[new AclKey(acl)] = index;
        Volatile.Write(ref _lists, new Dictionary<int, IReadOnlyList<Acl>>(_lists) { [index] = acl });
    }

    private readonly struct AclKey(IReadOnlyList<Acl> acl) : IEquatable<AclKey>
    {
        private readonly IReadOnlyList<Acl> _acl = acl;

        public bool Equals(AclKey other) => _acl.SequenceEqual(other._acl);

        public override bool Equals(object? obj) => obj is AclKey other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            foreach (Acl entry in _acl)
                hash.Add(entry);
            return hash.ToHashCode();
        }
    }
}
