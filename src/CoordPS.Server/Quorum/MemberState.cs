using CoordPS.Zab;

namespace CoordPS.Server.Quorum;

/// <summary>What a member does, copied for those who only look.</summary>
internal sealed record MemberState(ZabRole Role, LearnerType Type, int Outstanding, IReadOnlyList<LearnerStatus> Learners)
{
    public static MemberState Of(ZabPeer peer) => new(
        peer.Role, peer.Type == Zab.LearnerType.Observer ? LearnerType.Observer : LearnerType.Participant, peer.OutstandingCount, peer.GetLearners());
}
