namespace CoordPS.Client.Recipes;

/// <summary>What can be said, by the local clock, of a session that ephemerals depend on.</summary>
internal enum SessionStanding
{
    /// <summary>A server has confirmed it lately.</summary>
    Sure,

    /// <summary>It may have ended or may not.</summary>
    Doubtful,

    /// <summary>It has ended, or no server has confirmed it for the whole session timeout.</summary>
    Over,
}
