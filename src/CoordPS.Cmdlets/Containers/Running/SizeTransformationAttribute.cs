using System.Globalization;
using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Takes a size in bytes as people write it: <c>512m</c>, <c>1.5GB</c>, or a number such as PowerShell's <c>512MB</c>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class SizeTransformationAttribute : ArgumentTransformationAttribute
{
    private const string Units = "kmgt";

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is not string text)
            return value;
        string number = text.Trim().ToLowerInvariant();
        if (number.EndsWith('b'))
            number = number[..^1].TrimEnd('i');
        int unit = number.Length > 0 ? Units.IndexOf(number[^1], StringComparison.Ordinal) : -1;
        return double.TryParse(unit < 0 ? number : number[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double amount)
            ? (long)(amount * Math.Pow(1024, unit + 1))
            : throw new ArgumentTransformationMetadataException($"'{text}' is no size: write 512m, 1.5g, or a number of bytes.");
    }
}
