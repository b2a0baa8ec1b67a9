using System.Globalization;
using System.Management.Automation;
using System.Text;

namespace CoordPS.Cmdlets;

/// <summary>
/// Takes an encoding by the names that PowerShell's own cmdlets know, by any other name or code page of .NET, or as an object. None writes
/// a byte order mark: a znode is no file.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class EncodingTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>UTF-8: the default everywhere.</summary>
    internal static Encoding Default { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>The names that completion offers.</summary>
    internal static IReadOnlyDictionary<string, Encoding> Known { get; } = new Dictionary<string, Encoding>(StringComparer.OrdinalIgnoreCase)
    {
        ["utf8"] = Default,
        ["unicode"] = Encoding.Unicode,
        ["bigendianunicode"] = Encoding.BigEndianUnicode,
        ["utf32"] = Encoding.UTF32,
        ["ascii"] = Encoding.ASCII,
        ["latin1"] = Encoding.Latin1,
    };

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        try
        {
            return value switch
            {
                null or Encoding => value,
                string name when Known.TryGetValue(name, out Encoding? known) => known,
                string name when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int page) => Encoding.GetEncoding(page),
                string name => Encoding.GetEncoding(name),
                int page => Encoding.GetEncoding(page),
                _ => throw new ArgumentException($"'{value}' names no encoding."),
            };
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new ArgumentTransformationMetadataException($"'{value}' is not an encoding: use one of {string.Join(", ", Known.Keys)}, or a name or code page that .NET knows.", e);
        }
    }
}
