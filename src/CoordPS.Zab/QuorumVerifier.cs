namespace CoordPS.Zab;

/// <summary>Says which sets of voting members are quorums. Any two quorums of one verifier share a member.</summary>
public abstract class QuorumVerifier
{
    /// <summary>Whether the voters among <paramref name="members"/> are a quorum.</summary>
    public abstract bool ContainsQuorum(IReadOnlyCollection<long> members);

    /// <summary>A member's weight; one that weighs nothing is not elected.</summary>
    public abstract long Weight(long member);
}
