namespace CoordPS.Client.Recipes;

/// <summary>What is to happen to a znode of a configuration.</summary>
public enum ConfigChangeType
{
    /// <summary>It is created.</summary>
    Add,

    /// <summary>Its bytes are replaced.</summary>
    Set,

    /// <summary>It is deleted.</summary>
    Remove,
}

/// <summary>A change of one znode of a configuration.</summary>
/// <param name="Type">What is to happen.</param>
/// <param name="Path">The znode's path below the root; empty for the root.</param>
/// <param name="OldData">The bytes there are; null when there is no znode, or it holds null.</param>
/// <param name="NewData">The bytes there are to be.</param>
/// <param name="Version">The version that the znode must still have; -1 for one that must not be there.</param>
public sealed record ConfigChange(ConfigChangeType Type, string Path, byte[]? OldData, byte[]? NewData, int Version);
