namespace CoordPS.Zab;

/// <summary>Whether a member votes.</summary>
public enum LearnerType
{
    /// <summary>Votes in elections and on proposals.</summary>
    Participant,

    /// <summary>Receives what is committed.</summary>
    Observer,
}
