using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace CoordPS.Zab;

/// <summary>
/// A configuration of an ensemble: its members, how they form quorums, and its version, which is the zxid that made it.
/// Immutable. The text form is that of <c>zoo.cfg.dynamic</c>, of <c>/zookeeper/config</c> and of election notifications.
/// </summary>
public sealed class EnsembleConfig
{
    private readonly string _membership;

    /// <summary>Creates a configuration whose quorums are majorities.</summary>
    public EnsembleConfig(IEnumerable<EnsembleMember> members, long version = 0)
        : this(members, version, FrozenDictionary<long, IReadOnlyList<long>>.Empty, FrozenDictionary<long, long>.Empty)
    {
    }

    /// <summary>Creates a configuration; with groups, its quorums are hierarchical.</summary>
    /// <exception cref="FormatException">A member is named twice or, with groups, is in none or in several.</exception>
    public EnsembleConfig(
        IEnumerable<EnsembleMember> members, long version,
        IReadOnlyDictionary<long, IReadOnlyList<long>> groups, IReadOnlyDictionary<long, long> weights)
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(weights);
        var all = new SortedDictionary<long, EnsembleMember>();
        foreach (EnsembleMember member in members)
        {
            if (!all.TryAdd(member.Id, member))
                throw new FormatException($"server.{member.Id} is given twice.");
        }

        Members = all;
        Voters = [.. all.Values.Where(m => m.Type == LearnerType.Participant).Select(m => m.Id)];
        Observers = [.. all.Values.Where(m => m.Type == LearnerType.Observer).Select(m => m.Id)];
        Version = version;
        Groups = groups;
        Weights = weights;
        if (groups.Count == 0 && weights.Count == 0)
        {
            Verifier = new MajorityVerifier(Voters);
        }
        else
        {
            CheckGroups();
            Verifier = new HierarchicalVerifier(Voters, groups, weights);
        }

        _membership = FormatMembership();
    }

    /// <summary>All members by id, in ascending order.</summary>
    public IReadOnlyDictionary<long, EnsembleMember> Members { get; }

    /// <summary>The ids of those that vote, ascending.</summary>
    public IReadOnlyList<long> Voters { get; }

    /// <summary>The ids of those that do not, ascending.</summary>
    public IReadOnlyList<long> Observers { get; }

    /// <summary>The zxid of the reconfiguration that made it; 0 for one given at the start.</summary>
    public long Version { get; }

    /// <summary>Groups of a hierarchical configuration with their members; else empty.</summary>
    public IReadOnlyDictionary<long, IReadOnlyList<long>> Groups { get; }

    /// <summary>Weights given explicitly; else empty.</summary>
    public IReadOnlyDictionary<long, long> Weights { get; }

    /// <summary>Whether quorums are hierarchical.</summary>
    public bool IsHierarchical => Groups.Count > 0;

    /// <summary>Says which members are a quorum.</summary>
    public QuorumVerifier Verifier { get; }

    /// <summary>Reads the text form. Other keys than <c>server.N</c>, <c>group.N</c>, <c>weight.N</c> and <c>version</c> are an error.</summary>
    /// <exception cref="FormatException">It is malformed; the message says where.</exception>
    public static EnsembleConfig Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var members = new List<EnsembleMember>();
        var groups = new SortedDictionary<long, IReadOnlyList<long>>();
        var weights = new SortedDictionary<long, long>();
        long version = 0;
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] is '#' or '!')
                continue;
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                throw new FormatException($"'{line}' is not key=value.");
            string key = line[..equals].Trim();
            string value = line[(equals + 1)..].Trim().Replace("\\:", ":", StringComparison.Ordinal);
            if (key == "version")
                version = long.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long v) ? v : throw new FormatException($"'{line}': the version is hexadecimal.");
            else if (key.StartsWith("server.", StringComparison.Ordinal))
                members.Add(EnsembleMember.Parse(ParseId(line, key), value));
            else if (key.StartsWith("group.", StringComparison.Ordinal))
                groups.Add(ParseId(line, key), [.. value.Split(':').Select(id => ParseNumber(line, id))]);
            else if (key.StartsWith("weight.", StringComparison.Ordinal))
                weights[ParseId(line, key)] = ParseNumber(line, value);
            else
                throw new FormatException($"'{key}' does not belong in a configuration of members.");
        }

        return new EnsembleConfig(members, version, groups, weights);
    }

    /// <summary>The same members at another version.</summary>
    public EnsembleConfig WithVersion(long version) => new(Members.Values, version, Groups, Weights);

    /// <summary>Reads the members of a whole reconfiguration: lines separated by newlines or commas.</summary>
    /// <exception cref="FormatException">It is malformed.</exception>
    public static EnsembleConfig ParseMembers(string members, long version)
    {
        ArgumentNullException.ThrowIfNull(members);
        return Parse(members.Replace(',', '\n')).WithVersion(version);
    }

    /// <summary>An incremental reconfiguration of this one.</summary>
    /// <param name="joining"><c>server.N=...</c> lines, separated by commas, of members that join or change; may be null.</param>
    /// <param name="leaving">Ids of members that leave, separated by commas; may be null.</param>
    /// <param name="version">The new configuration's version: the zxid of the reconfiguration.</param>
    /// <exception cref="FormatException">It is malformed, this is hierarchical, or two members would share an address.</exception>
    public EnsembleConfig Change(string? joining, string? leaving, long version)
    {
        if (IsHierarchical)
            throw new FormatException("A hierarchical configuration cannot be changed incrementally; give all members.");
        var next = new SortedDictionary<long, EnsembleMember>();
        foreach ((long id, EnsembleMember member) in Members)
            next.Add(id, member);
        foreach (string id in Split(leaving))
            next.Remove(ParseNumber(leaving!, id));
        foreach (string line in Split(joining))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                throw new FormatException($"'{line}' is not server.N=....");
            EnsembleMember member = EnsembleMember.Parse(ParseId(line, line[..equals].Trim()), line[(equals + 1)..]);
            if (member.ClientPort == 0)
                throw new FormatException($"'{line}' gives no client port; add ;port.");
            foreach (EnsembleMember other in next.Values)
            {
                if (other.Id != member.Id && other.SharesAddressWith(member))
                    throw new FormatException($"server.{member.Id} and server.{other.Id} would share an address and port.");
            }

            next[member.Id] = member;
        }

        return new EnsembleConfig(next.Values, version);
    }

    /// <summary>Whether both have the same members in the same roles and quorums, whatever their versions.</summary>
    public bool HasSameMembership(EnsembleConfig other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _membership == other._membership;
    }

    /// <summary>Whether a member votes.</summary>
    public bool IsVoter(long id) => Members.TryGetValue(id, out EnsembleMember? member) && member.Type == LearnerType.Participant;

    /// <summary>The text form, the version in hexadecimal on its last line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_membership}version={Version:x}");

    private static string[] Split(string? list) => list?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static long ParseId(string line, string key) => ParseNumber(line, key[(key.IndexOf('.', StringComparison.Ordinal) + 1)..]);

    private static long ParseNumber(string line, string text) =>
        long.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new FormatException($"'{line}': '{text}' is not a number.");

    private void CheckGroups()
    {
        var grouped = new HashSet<long>();
        foreach (long member in Groups.Values.SelectMany(g => g))
        {
            if (!grouped.Add(member))
                throw new FormatException($"Server {member} is in several groups.");
        }

        foreach (long voter in Voters)
        {
            if (!grouped.Contains(voter))
                throw new FormatException($"Server {voter} is in no group; with groups or weights, every voter is in one.");
        }
    }

    private string FormatMembership()
    {
        var text = new StringBuilder();
        foreach ((long id, EnsembleMember member) in Members)
            text.Append(CultureInfo.InvariantCulture, $"server.{id}={member}\n");
        foreach ((long group, IReadOnlyList<long> ids) in Groups.OrderBy(g => g.Key))
            text.Append(CultureInfo.InvariantCulture, $"group.{group}={string.Join(':', ids)}\n");
        foreach ((long id, long weight) in Weights.OrderBy(w => w.Key))
            text.Append(CultureInfo.InvariantCulture, $"weight.{id}={weight}\n");
        return text.ToString();
    }
}
