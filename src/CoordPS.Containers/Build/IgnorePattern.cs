using System.Text;
using System.Text.RegularExpressions;

namespace CoordPS.Containers;

/// <summary>
/// A line of a <c>.dockerignore</c>. The rules are Docker's own: those of Go's <c>filepath.Match</c>, with <c>**</c> for any number of folders,
/// none included.
/// </summary>
internal sealed class IgnorePattern
{
    // A character beyond the first plane is one to Docker.
    private const string AnyButSlash = @"(?:[\uD800-\uDBFF][\uDC00-\uDFFF]|[^/\uD800-\uDFFF])";

    private readonly Func<string, bool> _matches;

    private IgnorePattern(string text, bool includes)
    {
        Text = text;
        Includes = includes;
        _matches = Compile(text);
    }

    /// <summary>The pattern without its exclamation mark, as a clean path.</summary>
    public string Text { get; }

    /// <summary>Whether what matches is taken back into the context.</summary>
    public bool Includes { get; }

    /// <summary>Reads a pattern that is already a clean path.</summary>
    /// <exception cref="FormatException">It is malformed; the message says how.</exception>
    public static IgnorePattern Parse(string line)
    {
        string text = GoPath.Clean(line.Trim());
        bool includes = text[0] == '!';
        if (includes)
            text = text[1..];
        if (text.Length == 0)
            throw new FormatException("an exclamation mark alone takes nothing back");
        CheckSyntax(text);
        return new IgnorePattern(text, includes);
    }

    /// <summary>Whether it is the pattern of this very path, which has slashes on every system.</summary>
    public bool Matches(string path) => _matches(path);

    private static Func<string, bool> Compile(string pattern)
    {
        var regex = new StringBuilder(@"\A");
        bool literal = true, startsWithAny = false, endsWithAny = false;
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            if (c == '*' && i + 1 < pattern.Length && pattern[i + 1] == '*')
            {
                bool first = i == 0;
                i++;
                if (i + 1 < pattern.Length && pattern[i + 1] == '/')
                    i++;
                if (i + 1 == pattern.Length)
                {
                    // At the end it takes all that is left. That is a prefix, as long as nothing but letters comes before.
                    regex.Append(".*");
                    endsWithAny = literal && !startsWithAny;
                    literal &= endsWithAny;
                }
                else
                {
                    regex.Append("(?:.*/)?");
                    literal &= first;
                }

                startsWithAny |= first;
            }
            else if (c == '*')
            {
                regex.Append("[^/]*");
                literal = false;
            }
            else if (c == '?')
            {
                regex.Append(AnyButSlash);
                literal = false;
            }
            else if (c == '\\')
            {
                literal = false;
                regex.Append('\\').Append(++i < pattern.Length ? pattern[i] : '\\');
            }
            else if (c is '[' or ']')
            {
                literal = false;
                regex.Append(c);
            }
            else
            {
                regex.Append(".+()|{}$".Contains(c, StringComparison.Ordinal) ? $"\\{c}" : c.ToString());
            }
        }

        if (literal)
        {
            // Docker compares these without a regular expression, which for "**name" is not the same: it ends any name, not only whole ones.
            if (startsWithAny)
            {
                string suffix = pattern[2..];
                return path => path.EndsWith(suffix, StringComparison.Ordinal) || (suffix.StartsWith('/') && path.AsSpan().SequenceEqual(suffix.AsSpan(1)));
            }

            if (endsWithAny)
            {
                string prefix = pattern[..^2];
                return path => path.StartsWith(prefix, StringComparison.Ordinal);
            }

            return path => path == pattern;
        }

        try
        {
            var compiled = new Regex(regex.Append(@"\z").ToString(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return compiled.IsMatch;
        }
        catch (ArgumentException)
        {
            throw new FormatException("its brackets or escapes make no sense");
        }
    }

    /// <summary>Refuses what Go's <c>filepath.Match</c> does.</summary>
    private static void CheckSyntax(string pattern)
    {
        for (int i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\' && ++i == pattern.Length)
                throw new FormatException("it ends with a backslash");
            if (pattern[i] != '[' || (i > 0 && pattern[i - 1] == '\\'))
                continue;
            int at = i + 1;
            if (at < pattern.Length && pattern[at] == '^')
                at++;
            for (int ranges = 0; ; ranges++)
            {
                if (ranges > 0 && at < pattern.Length && pattern[at] == ']')
                    break;
                at = SkipCharacter(pattern, at);
                if (at < pattern.Length && pattern[at] == '-')
                    at = SkipCharacter(pattern, at + 1);
            }

            i = at;
        }
    }

    private static int SkipCharacter(string pattern, int at)
    {
        if (at < pattern.Length && pattern[at] is ('-' or ']'))
            throw new FormatException("its brackets are malformed");
        if (at >= pattern.Length)
            throw new FormatException("its brackets are not closed");
        if (pattern[at] == '\\')
            at++;
        return at + 1 < pattern.Length ? at + 1 : throw new FormatException("its brackets are not closed");
    }
}
