namespace CoordPS.Client.Recipes;

/// <summary>The changes that lead from one configuration to another.</summary>
public sealed class ConfigDiff
{
    private ConfigDiff(string root, IReadOnlyList<ConfigChange> changes)
    {
        Root = root;
        Changes = changes;
    }

    /// <summary>The top of the tree.</summary>
    public string Root { get; }

    /// <summary>The changes: what is added, parents first; what is set; what is removed, children first.</summary>
    public IReadOnlyList<ConfigChange> Changes { get; }

    /// <summary>Whether there is nothing to change.</summary>
    public bool IsEmpty => Changes.Count == 0;

    /// <summary>Compares a configuration with the values wanted.</summary>
    /// <param name="from">What there is.</param>
    /// <param name="desired">What is wanted, by paths below the root. A parent that is only implied holds nothing, and is left as it is when it is there.</param>
    /// <param name="prune">Whether what is not wanted goes.</param>
    public static ConfigDiff Between(ConfigSnapshot from, IReadOnlyDictionary<string, byte[]?> desired, bool prune = false)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(desired);
        SortedDictionary<string, byte[]?> wanted = new(StringComparer.Ordinal);
        HashSet<string> parents = [];
        foreach ((string path, byte[]? data) in desired)
        {
            wanted[path] = data;
            for (string at = path; at.Length > 0;)
            {
                at = at.LastIndexOf('/') is > 0 and int slash ? at[..slash] : "";
                parents.Add(at);
            }
        }

        foreach (string parent in parents)
            wanted.TryAdd(parent, null);
        List<ConfigChange> changes = [];
        foreach ((string path, byte[]? data) in wanted)
        {
            if (!from.Entries.TryGetValue(path, out ConfigEntry? there))
                changes.Add(new ConfigChange(ConfigChangeType.Add, path, null, data, -1));
        }

        foreach ((string path, byte[]? data) in wanted)
        {
            bool implied = data is null && parents.Contains(path) && !prune;
            if (from.Entries.TryGetValue(path, out ConfigEntry? there) && !implied && !Equal(there.Data, data))
                changes.Add(new ConfigChange(ConfigChangeType.Set, path, there.Data, data, there.Version));
        }

        if (prune)
        {
            foreach ((string path, ConfigEntry there) in from.Entries.Reverse())
            {
                if (!wanted.ContainsKey(path))
                    changes.Add(new ConfigChange(ConfigChangeType.Remove, path, there.Data, null, there.Version));
            }
        }

        return new ConfigDiff(from.Root, changes);
    }

    private static bool Equal(byte[]? one, byte[]? other) => (one ?? []).AsSpan().SequenceEqual(other ?? []);
}
