using System.Buffers;
using System.Globalization;
using System.Text;

namespace CoordPS.Client.Trees;

/// <summary>
/// File names that stand for names of znodes on any file system: what some file system refuses, hides or changes is written as <c>%</c> and
/// two hexadecimal digits for each byte of UTF-8. A <c>%</c> that two such digits don't follow marks a file of the archive's own.
/// </summary>
internal static class TreeFileName
{
    /// <summary>Within a directory, the data of the znode that the directory is.</summary>
    public const string Data = "%value";

    /// <summary>After a name: the znode has no data, which differs from empty data.</summary>
    public const string Null = "%null";

    /// <summary>After a name: the znode's access control list and mode, where they are not the usual ones.</summary>
    public const string Meta = "%meta";

    /// <summary>After a part of a name: a directory that has the rest of names too long for one file name.</summary>
    public const string Continued = "%+";

    /// <summary>What describes the archive, in its root.</summary>
    public const string Manifest = "%tree";

    /// <summary>The most bytes of a name; file systems take 255, suffixes included.</summary>
    private const int MaxLength = 240;

    private static readonly SearchValues<char> Reserved = SearchValues.Create("%<>:\"/\\|?*");

    /// <summary>The file name for the name of a znode, as a path with one more directory for each part of a name that is too long.</summary>
    /// <param name="name">The name of the znode.</param>
    /// <param name="escapeLetters">How many of its letters to escape, for names that differ from others in the case of letters only.</param>
    public static string Encode(string name, int escapeLetters = 0)
    {
        // Nearly all names need nothing.
        if (escapeLetters == 0 && name.Length <= MaxLength && IsPlain(name))
            return name;
        var pieces = new StringBuilder(name.Length + 16);
        int start = 0;
        Span<byte> utf8 = stackalloc byte[4];
        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            bool escape = NeedsEscape(c) || (c == '.' && (i == 0 || i == name.Length - 1)) || (c == ' ' && (i == 0 || i == name.Length - 1));
            if (!escape && escapeLetters > 0 && char.IsLetter(c))
            {
                escapeLetters--;
                escape = true;
            }

            int length = Encoding.UTF8.GetBytes([c], utf8);
            // The end of a piece is where the next one no longer fits.
            if (i > 0 && Encoding.UTF8.GetByteCount(pieces.ToString(start, pieces.Length - start)) + (escape ? 3 * length : length) > MaxLength)
            {
                pieces.Append(Continued).Append(Path.DirectorySeparatorChar);
                start = pieces.Length;
            }

            if (escape)
            {
                foreach (byte b in utf8[..length])
                    pieces.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
            }
            else
            {
                pieces.Append(c);
            }
        }

        // Devices, by any file extension; the last piece decides, as those before it end with a mark.
        if (IsDevice(pieces.ToString(start, pieces.Length - start)))
        {
            char first = pieces[start];
            pieces.Remove(start, 1).Insert(start, $"%{(int)first:X2}");
        }

        // A piece that begins with a dot would be hidden, and passed over.
        for (int at = 0; at < pieces.Length; at++)
        {
            if (pieces[at] == '.' && (at == 0 || pieces[at - 1] == Path.DirectorySeparatorChar))
                pieces.Remove(at, 1).Insert(at, "%2E");
        }

        return pieces.ToString();
    }

    /// <summary>The name that a file name, without suffix, stands for; null when it stands for none.</summary>
    public static string? Decode(string fileName)
    {
        if (!fileName.Contains('%', StringComparison.Ordinal))
            return fileName;
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(fileName.Length)];
        int count = 0;
        for (int i = 0; i < fileName.Length; i++)
        {
            if (fileName[i] != '%')
            {
                count += Encoding.UTF8.GetBytes(fileName.AsSpan(i, 1), bytes.AsSpan(count));
                continue;
            }

            if (i + 2 >= fileName.Length || !char.IsAsciiHexDigit(fileName[i + 1]) || !char.IsAsciiHexDigit(fileName[i + 2]))
                return null;
            bytes[count++] = byte.Parse(fileName.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            i += 2;
        }

        return Encoding.UTF8.GetString(bytes, 0, count);
    }

    private static bool IsPlain(string name)
    {
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
                return false;
        }

        return name[0] != '.' && name[^1] != '.' && !IsDevice(name);
    }

    private static bool NeedsEscape(char c)
    {
        if (char.IsAscii(c))
            return c < ' ' || c == '\x7f' || Reserved.Contains(c);
        // Marks are composed with their letters by some file systems, and characters of no width ignored.
        return CharUnicodeInfo.GetUnicodeCategory(c) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.OtherLetter
                or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.OtherNumber or UnicodeCategory.LetterNumber
                or UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
                or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation
                or UnicodeCategory.OtherPunctuation or UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol or UnicodeCategory.OtherSymbol => false,
            _ => true,
        };
    }

    private static bool IsDevice(string name)
    {
        if (name.Length < 3 || !char.IsAsciiLetter(name[0]))
            return false;
        ReadOnlySpan<char> stem = name.AsSpan();
        int dot = stem.IndexOf('.');
        stem = (dot < 0 ? stem : stem[..dot]).TrimEnd(' ');
        return stem.Length switch
        {
            3 => Is(stem, "CON") || Is(stem, "PRN") || Is(stem, "AUX") || Is(stem, "NUL"),
            4 => (Is(stem[..3], "COM") || Is(stem[..3], "LPT")) && (char.IsAsciiDigit(stem[3]) || stem[3] is '\u00b9' or '\u00b2' or '\u00b3'),
            6 => Is(stem, "CONIN$"),
            7 => Is(stem, "CONOUT$"),
            _ => false,
        };

        static bool Is(ReadOnlySpan<char> stem, string device) => stem.Equals(device, StringComparison.OrdinalIgnoreCase);
    }
}
