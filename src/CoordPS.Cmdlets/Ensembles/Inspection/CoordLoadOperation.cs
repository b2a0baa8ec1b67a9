namespace CoordPS;

/// <summary>What <c>Measure-CoordEnsemble</c> does.</summary>
public enum CoordLoadOperation
{
    /// <summary>Reads the data of a znode.</summary>
    Read,

    /// <summary>Sets the data of a znode.</summary>
    Write,

    /// <summary>Reads and sets, in the proportion of <c>-ReadPercent</c>.</summary>
    Mixed,
}
