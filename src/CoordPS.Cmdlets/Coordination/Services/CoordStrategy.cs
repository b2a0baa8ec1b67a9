namespace CoordPS;

/// <summary>How an instance of a service is chosen.</summary>
public enum CoordStrategy
{
    /// <summary>Each in turn.</summary>
    RoundRobin,

    /// <summary>Any.</summary>
    Random,

    /// <summary>Any, the more often the greater its metadata <c>weight</c>; 1 without one.</summary>
    Weighted,

    /// <summary>The one whose last reported error is the longest ago.</summary>
    LeastRecentlyFailed,

    /// <summary>The same one for as long as it is there.</summary>
    Sticky,
}
