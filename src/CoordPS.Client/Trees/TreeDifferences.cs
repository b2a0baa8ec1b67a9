namespace CoordPS.Client.Trees;

/// <summary>In what a znode differs from the one of the same path in another tree.</summary>
[Flags]
public enum TreeDifferences
{
    /// <summary>In nothing.</summary>
    None = 0,

    /// <summary>Its data.</summary>
    Data = 1,

    /// <summary>Its access control list; the order of the entries does not count.</summary>
    Acl = 2,

    /// <summary>Its mode or time to live, as far as both are known.</summary>
    Mode = 4,

    /// <summary>It is in the reference tree only.</summary>
    OnlyInReference = 8,

    /// <summary>It is in the other tree only.</summary>
    OnlyInDifference = 16,
}
