namespace CoordPS.Client.Admin;

/// <summary>Why a member did not answer an administrative command.</summary>
public enum AdminFailure
{
    /// <summary>Its name could not be resolved, or nothing accepts connections there.</summary>
    Unreachable,

    /// <summary>It took the connection and did not answer in time.</summary>
    NoAnswer,

    /// <summary>It closed the connection without a word: it does not know the command, or is no ZooKeeper server.</summary>
    Closed,

    /// <summary>The command is not in its <c>4lw.commands.whitelist</c>, or its AdminServer refuses it.</summary>
    NotAllowed,

    /// <summary>It runs and serves no clients: it starts, or has lost its quorum.</summary>
    NotServing,

    /// <summary>The answer is longer than the limit.</summary>
    TooLong,

    /// <summary>The answer is not what the command answers, or says that it failed.</summary>
    BadAnswer,
}
