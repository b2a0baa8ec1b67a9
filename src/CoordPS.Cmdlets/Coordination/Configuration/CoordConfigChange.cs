using System.Text;
using CoordPS.Client.Recipes;

namespace CoordPS;

/// <summary>A change of one setting.</summary>
public sealed class CoordConfigChange
{
    internal CoordConfigChange(string root, ConfigChange change)
    {
        Root = root;
        Key = change.Path;
        Change = change.Type;
        Old = Text(change.OldData);
        New = Text(change.NewData);
    }

    /// <summary>The configuration's path.</summary>
    public string Root { get; }

    /// <summary>The setting's path below it.</summary>
    public string Key { get; }

    /// <summary>Whether it is added, set or removed.</summary>
    public ConfigChangeType Change { get; }

    /// <summary>What it was, as text; null when it was not there.</summary>
    public string? Old { get; }

    /// <summary>What it is now, as text; null when it is removed.</summary>
    public string? New { get; }

    /// <inheritdoc/>
    public override string ToString() => Change switch
    {
        ConfigChangeType.Add => $"+ {Key} = {New}",
        ConfigChangeType.Set => $"~ {Key} = {New} (was {Old})",
        _ => $"- {Key} (was {Old})",
    };

    private static string? Text(byte[]? data) => data is null ? null : Encoding.UTF8.GetString(data);
}
