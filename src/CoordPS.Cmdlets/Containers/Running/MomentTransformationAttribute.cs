using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Takes a moment: a time, or a duration such as <c>10m</c>, which is so long ago.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class MomentTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
    {
        TimeSpan ago => DateTimeOffset.Now - ago,
        string text when !text.Contains(':', StringComparison.Ordinal) && DurationTransformationAttribute.Parse(text) is { } ago => DateTimeOffset.Now - ago,
        object other => other,
        null => null,
    };
}
