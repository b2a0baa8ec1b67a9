using System.Globalization;
using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Takes a duration as people write it: <c>30s</c>, <c>500ms</c>, <c>5m</c>, <c>1h</c>, <c>2d</c>, a <see cref="TimeSpan"/>, or a number of seconds.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class DurationTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly (string Suffix, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        object? duration = value switch
        {
            null or TimeSpan => value,
            string text => Parse(text) ?? throw NotADuration(text),
            sbyte or byte or short or ushort or int or uint or long or ulong or float or double or decimal =>
                FromSeconds(Convert.ToDouble(value, CultureInfo.InvariantCulture)) ?? throw NotADuration(value),
            _ => throw NotADuration(value),
        };
        return duration is TimeSpan { Ticks: < 0 } ? throw new ArgumentTransformationMetadataException($"'{value}' is negative: a duration is 0 or more.") : duration;
    }

    /// <summary>The duration, or null if the text is none.</summary>
    internal static TimeSpan? Parse(string text)
    {
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        if (trimmed.Contains(':'))
            return TimeSpan.TryParse(trimmed, CultureInfo.InvariantCulture, out TimeSpan span) ? span : null;
        double unit = 1;
        foreach ((string suffix, double seconds) in Units)
        {
            if (!trimmed.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
                continue;
            trimmed = trimmed[..^suffix.Length].TrimEnd();
            unit = seconds;
            break;
        }

        return double.TryParse(trimmed, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? FromSeconds(number * unit) : null;
    }

    private static TimeSpan? FromSeconds(double seconds) =>
        double.IsFinite(seconds) && Math.Abs(seconds) < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;

    private static ArgumentTransformationMetadataException NotADuration(object value) =>
        new($"'{value}' is not a duration: write 500ms, 30s, 5m, 1h or 2d, a TimeSpan, or a number of seconds.");
}
