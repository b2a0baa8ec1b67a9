using System.Collections.ObjectModel;
using System.Text.Json.Nodes;

namespace CoordPS.Client.Recipes;

/// <summary>A configuration as it was at one moment: no read of it is older or newer than another.</summary>
public sealed class ConfigSnapshot
{
    internal ConfigSnapshot(string root, long zxid, SortedDictionary<string, ConfigEntry> entries)
    {
        Root = root;
        Zxid = zxid;
        Entries = new ReadOnlyDictionary<string, ConfigEntry>(entries);
    }

    /// <summary>The top of the tree.</summary>
    public string Root { get; }

    /// <summary>The newest transaction that the tree shows: equal for equal trees read at different times; 0 when there is no tree.</summary>
    public long Zxid { get; }

    /// <summary>Whether there is a tree at all.</summary>
    public bool Exists => Entries.Count > 0;

    /// <summary>The znodes by their paths below the root, such as <c>db/host</c>, in order; the root's is empty.</summary>
    public IReadOnlyDictionary<string, ConfigEntry> Entries { get; }

    /// <summary>The tree as nested objects: a znode with children is an object, one without is a value. See <see cref="ConfigJson"/>.</summary>
    /// <param name="typed">Whether values that are JSON become numbers, booleans, arrays and objects; else all are text.</param>
    public JsonNode? ToJson(bool typed = true) => ConfigJson.ToJson(Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Data, StringComparer.Ordinal), typed);

    /// <summary>The tree as environment variables. See <see cref="ConfigEnvironment"/>.</summary>
    public IReadOnlyDictionary<string, string> ToEnvironment(string prefix = "", string separator = ConfigEnvironment.DefaultSeparator) =>
        ConfigEnvironment.Write(Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Data, StringComparer.Ordinal), prefix, separator);

    /// <summary>What must change for this tree to become another.</summary>
    /// <param name="desired">The values wanted, by their paths below the root; see <see cref="ConfigJson.Flatten(System.Text.Json.Nodes.JsonNode?)"/>.</param>
    /// <param name="prune">Whether what is not wanted goes; else it stays.</param>
    public ConfigDiff DiffTo(IReadOnlyDictionary<string, byte[]?> desired, bool prune = false) => ConfigDiff.Between(this, desired, prune);
}
