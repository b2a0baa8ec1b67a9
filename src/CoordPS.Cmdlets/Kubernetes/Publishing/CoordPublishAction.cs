namespace CoordPS;

/// <summary>What happened to an object that was published.</summary>
public enum CoordPublishAction
{
    /// <summary>It was not there.</summary>
    Created,

    /// <summary>It was there and was changed.</summary>
    Configured,

    /// <summary>It was as wanted.</summary>
    Unchanged,

    /// <summary>It was not published any more, and was deleted.</summary>
    Pruned,
}
