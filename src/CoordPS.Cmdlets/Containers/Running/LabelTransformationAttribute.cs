using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Takes labels to look for: a hashtable, whose empty values stand for any, or names and <c>name=value</c>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class LabelTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is IDictionary labels ? ToFilter(labels) : inputData;

    internal static string[] ToFilter(IDictionary labels) => [.. labels.Cast<DictionaryEntry>().Select(static entry =>
        Text(entry.Value) is { Length: > 0 } value ? $"{entry.Key}={value}" : $"{entry.Key}")];

    /// <summary>A value as a label or an environment variable has it.</summary>
    internal static string Text(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        null => "",
        bool yes => yes ? "true" : "false",
        object other => (string)LanguagePrimitives.ConvertTo(other, typeof(string), CultureInfo.InvariantCulture),
    };

    /// <summary>A hashtable as text by text.</summary>
    internal static Dictionary<string, string> ToDictionary(IDictionary? values) =>
        (values ?? new Hashtable()).Cast<DictionaryEntry>().ToDictionary(static e => Text(e.Key), static e => Text(e.Value), StringComparer.Ordinal);
}
