using System.Text;

namespace CoordPS.Protocol;

/// <summary>A znode's data as people can look at it.</summary>
public static class DataText
{
    private const int Length = 60;
    private const int BytesShown = 16;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The data on one short line: text where it is text, else the first bytes in hexadecimal; null for null.</summary>
    public static string? Preview(byte[]? data)
    {
        if (data is null)
            return null;
        // A character takes at most four bytes; one more makes sure that a cut is noticed.
        int cut = Math.Min(data.Length, (Length + 1) * 4);
        while (cut < data.Length && cut > 0 && (data[cut] & 0xc0) == 0x80)
            cut--;
        string text;
        try
        {
            text = Strict.GetString(data, 0, cut);
        }
        catch (DecoderFallbackException)
        {
            return $"[{string.Join(' ', data.Take(BytesShown).Select(b => b.ToString("x2", null)))}{(data.Length > BytesShown ? " ..." : "")}]";
        }

        // Control characters would do to the screen what they say.
        string line = string.Create(text.Length, text, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
                span[i] = char.IsControl(source[i]) ? ' ' : source[i];
        });
        if (line.Length <= Length)
            return line;
        int end = char.IsHighSurrogate(line[Length - 4]) ? Length - 4 : Length - 3;
        return string.Concat(line.AsSpan(0, end), "...");
    }
}
