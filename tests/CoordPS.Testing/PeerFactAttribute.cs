using Xunit;

namespace CoordPS.Testing;

/// <summary>A test that needs a peer and is skipped, with the reason, where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeerFactAttribute : FactAttribute
{
    /// <summary>Names the peers needed.</summary>
    public PeerFactAttribute(params Peer[] peers) => Skip = peers.Select(Peers.Missing).FirstOrDefault(reason => reason is not null);
}

/// <summary>A theory that needs a peer and is skipped, with the reason, where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeerTheoryAttribute : TheoryAttribute
{
    /// <summary>Names the peers needed.</summary>
    public PeerTheoryAttribute(params Peer[] peers) => Skip = peers.Select(Peers.Missing).FirstOrDefault(reason => reason is not null);
}
