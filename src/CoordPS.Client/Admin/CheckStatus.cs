namespace CoordPS.Client.Admin;

/// <summary>How a check of an ensemble came out.</summary>
public enum CheckStatus
{
    /// <summary>As it should be.</summary>
    Passed,

    /// <summary>What is needed to tell could not be read.</summary>
    Unknown,

    /// <summary>It works, and will not if this goes on, or has less in reserve than it should.</summary>
    Warning,

    /// <summary>Something does not work.</summary>
    Failed,
}
