namespace CoordPS.Zab;

/// <summary>
/// A majority, by weight, in each of a majority of groups. Groups whose weights sum up to zero do not count.
/// </summary>
public sealed class HierarchicalVerifier : QuorumVerifier
{
    private readonly Dictionary<long, long> _groupOf = [];
    private readonly Dictionary<long, long> _groupWeight = [];
    private readonly IReadOnlyDictionary<long, long> _weights;
    private readonly HashSet<long> _voters;
    private readonly int _groups;

    /// <summary>Creates the verifier.</summary>
    /// <param name="voters">The voting members.</param>
    /// <param name="groups">The groups, each with its members; every voter is in one.</param>
    /// <param name="weights">Weights that are not 1.</param>
    public HierarchicalVerifier(IEnumerable<long> voters, IReadOnlyDictionary<long, IReadOnlyList<long>> groups, IReadOnlyDictionary<long, long> weights)
    {
        ArgumentNullException.ThrowIfNull(groups);
        _voters = [.. voters];
        _weights = weights;
        foreach ((long group, IReadOnlyList<long> members) in groups)
        {
            foreach (long member in members)
            {
                _groupOf[member] = group;
                _groupWeight[group] = _groupWeight.GetValueOrDefault(group) + Weight(member);
            }
        }

        _groups = _groupWeight.Values.Count(w => w > 0);
    }

    /// <inheritdoc/>
    public override bool ContainsQuorum(IReadOnlyCollection<long> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        var sums = new Dictionary<long, long>();
        foreach (long member in members)
        {
            if (_voters.Contains(member) && _groupOf.TryGetValue(member, out long group))
                sums[group] = sums.GetValueOrDefault(group) + Weight(member);
        }

        int majorities = 0;
        foreach ((long group, long sum) in sums)
        {
            if (sum > _groupWeight[group] / 2)
                majorities++;
        }

        return majorities > _groups / 2;
    }

    /// <inheritdoc/>
    public override long Weight(long member) => _weights.TryGetValue(member, out long weight) ? weight : 1;
}
