using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// A znode's data as lines and back. Lines are parted by line feeds, with none after the last: a znode is no file, and who reads a value from
/// it expects no more than the value.
/// </summary>
internal static class ContentText
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The text of the data.</summary>
    /// <param name="data">The data.</param>
    /// <param name="encoding">The encoding asked for; null is UTF-8, and nothing else.</param>
    /// <param name="path">The znode.</param>
    /// <exception cref="CoordException">No encoding was asked for and the data is no UTF-8.</exception>
    public static string Decode(byte[] data, Encoding? encoding, string path)
    {
        string text;
        try
        {
            text = (encoding ?? Strict).GetString(data);
        }
        catch (DecoderFallbackException e)
        {
            throw new CoordException(
                "DataNotText", ErrorCode.MarshallingError, $"The data of '{path}' is not UTF-8 text.",
                "Read it as bytes with -AsByteStream, or name its -Encoding.", path, e);
        }

        return text.StartsWith('\uFEFF') ? text[1..] : text;
    }

    /// <summary>The lines of a text.</summary>
    public static string[] Lines(string text)
    {
        var lines = new List<string>();
        using var reader = new StringReader(text);
        while (reader.ReadLine() is { } line)
            lines.Add(line);
        return [.. lines];
    }
}
