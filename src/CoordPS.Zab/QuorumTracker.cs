namespace CoordPS.Zab;

/// <summary>
/// Collects the acknowledgements of one thing and tells when a quorum has acknowledged it: of the active configuration
/// and, while a reconfiguration is pending, of the proposed one as well.
/// </summary>
internal sealed class QuorumTracker
{
    private readonly EnsembleConfig _config;
    private readonly EnsembleConfig? _next;
    private readonly List<long> _acks = [];

    public QuorumTracker(EnsembleConfig config, EnsembleConfig lastSeen)
    {
        _config = config;
        _next = lastSeen.Version > config.Version ? lastSeen : null;
    }

    /// <summary>The voters that acknowledged, in the order they did.</summary>
    public IReadOnlyList<long> Acks => _acks;

    public bool Contains(long id) => _acks.Contains(id);

    /// <summary>Counts a member, unless it votes in neither configuration.</summary>
    public void Add(long id)
    {
        if (!_acks.Contains(id) && (_config.IsVoter(id) || (_next is not null && _next.IsVoter(id))))
            _acks.Add(id);
    }

    public bool HasAllQuorums => _config.Verifier.ContainsQuorum(_acks) && (_next is null || _next.Verifier.ContainsQuorum(_acks));

    /// <summary>Whether every voter of both configurations is in: nothing more can come.</summary>
    public bool HasEveryone => HasAll(_config) && (_next is null || HasAll(_next));

    private bool HasAll(EnsembleConfig config)
    {
        foreach (long voter in config.Voters)
        {
            if (!_acks.Contains(voter))
                return false;
        }

        return true;
    }
}
