namespace CoordPS.Zab;

/// <summary>More than half of the voters.</summary>
public sealed class MajorityVerifier : QuorumVerifier
{
    private readonly HashSet<long> _voters;

    /// <summary>Creates the verifier.</summary>
    public MajorityVerifier(IEnumerable<long> voters) => _voters = [.. voters];

    /// <inheritdoc/>
    public override bool ContainsQuorum(IReadOnlyCollection<long> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        int count = 0;
        foreach (long member in members)
        {
            if (_voters.Contains(member))
                count++;
        }

        return count > _voters.Count / 2;
    }

    /// <inheritdoc/>
    public override long Weight(long member) => 1;
}
