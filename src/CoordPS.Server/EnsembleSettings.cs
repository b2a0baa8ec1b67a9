using System.Globalization;

namespace CoordPS.Server;

/// <summary>Collects the <c>server.N</c>, <c>group.N</c> and <c>weight.N</c> lines of a configuration.</summary>
internal sealed class EnsembleSettings
{
    private readonly Dictionary<long, ConfigFileEntry> _groups = [];

    public SortedDictionary<long, QuorumServer> Servers { get; } = [];

    public Dictionary<long, long> Weights { get; } = [];

    public static bool Owns(string key) =>
        key.StartsWith("server.", StringComparison.Ordinal)
        || key.StartsWith("group.", StringComparison.Ordinal)
        || key.StartsWith("weight.", StringComparison.Ordinal);

    public void Add(ConfigFileEntry entry)
    {
        var dot = entry.Key.IndexOf('.', StringComparison.Ordinal);
        if (!long.TryParse(entry.Key.AsSpan(dot + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id))
        {
            throw entry.Invalid($"what follows '{entry.Key[..(dot + 1)]}' must be a number");
        }

        switch (entry.Key[..dot])
        {
            case "server":
                try
                {
                    Servers[id] = QuorumServer.Parse(id, entry.Value);
                }
                catch (FormatException e)
                {
                    throw entry.Invalid(e.Message, e);
                }

                break;
            case "group":
                _groups[id] = entry;
                break;
            default:
                Weights[id] = entry.Int64(0);
                break;
        }
    }

    public void AddDynamicFile(string path)
    {
        foreach (var entry in ConfigFile.Load(path, out _))
        {
            if (entry.Key == "version")
            {
                throw entry.Invalid("must not be in the file: its version is the hexadecimal number at the end of the file's name");
            }

            if (!Owns(entry.Key))
            {
                throw entry.Invalid("does not belong into a dynamic file: only server.N, group.N and weight.N do");
            }

            Add(entry);
        }
    }

    /// <summary>The groups, checked: every voting member belongs to exactly one of them.</summary>
    public Dictionary<long, IReadOnlyList<long>> Groups()
    {
        var groups = new Dictionary<long, IReadOnlyList<long>>();
        var seen = new HashSet<long>();
        foreach (var (id, entry) in _groups)
        {
            var members = new List<long>();
            foreach (var part in entry.Value.Split(':'))
            {
                if (!long.TryParse(part.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var member))
                {
                    throw entry.Invalid("must be members' numbers separated by colons");
                }

                if (!seen.Add(member))
                {
                    throw entry.Invalid(string.Create(CultureInfo.InvariantCulture, $"member {member} is in more than one group"));
                }

                members.Add(member);
            }

            groups[id] = members;
        }

        if (groups.Count > 0 && Servers.Values.FirstOrDefault(s => s.Type == LearnerType.Participant && !seen.Contains(s.Id)) is { } missing)
        {
            throw new ConfigException(_groups.Values.First().File, 0, $"server.{missing.Id}", null, "is in no group; name it in one group.N line");
        }

        return groups;
    }
}
