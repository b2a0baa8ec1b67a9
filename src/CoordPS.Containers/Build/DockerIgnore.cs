namespace CoordPS.Containers;

/// <summary>What a <c>.dockerignore</c> keeps out of a build context, decided as Docker does.</summary>
internal sealed class DockerIgnore
{
    private readonly List<IgnorePattern> _patterns;

    private DockerIgnore(List<IgnorePattern> patterns) => _patterns = patterns;

    /// <summary>One that keeps nothing out.</summary>
    public static DockerIgnore None { get; } = new([]);

    /// <summary>Reads lines: comments begin with a number sign, spaces around a pattern and a slash at its front mean nothing.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="file">Where they are from, for errors.</param>
    /// <exception cref="DockerException">A pattern is malformed.</exception>
    public static DockerIgnore Parse(IEnumerable<string> lines, string file)
    {
        var patterns = new List<IgnorePattern>();
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            string text = number == 1 ? line.TrimStart('\uFEFF') : line;
            if (text.StartsWith('#') || (text = text.Trim()).Length == 0)
                continue;
            bool includes = text[0] == '!';
            if (includes)
                text = text[1..].Trim();
            if (text.Length > 0)
            {
                text = GoPath.Clean(GoPath.FromSystem(text));
                if (text.Length > 1)
                    text = text.TrimStart('/');
            }

            try
            {
                patterns.Add(IgnorePattern.Parse(includes ? $"!{text}" : text));
            }
            catch (FormatException e)
            {
                throw new DockerException(DockerError.BuildContextUnreadable, $"The pattern '{line.Trim()}' in line {number} of '{file}' is malformed: {e.Message}",
                    "Correct the pattern; see https://docs.docker.com/build/concepts/context/#dockerignore-files.", file);
            }
        }

        return new DockerIgnore(patterns);
    }

    /// <summary>The same that takes a path back in any case.</summary>
    public DockerIgnore Including(string path) =>
        Match(path).Ignored ? new DockerIgnore([.. _patterns, IgnorePattern.Parse($"!{path}")]) : this;

    /// <summary>Whether a path, or a folder above it, is kept out.</summary>
    public IgnoreMatch Match(string path)
    {
        var match = IgnoreMatch.Root;
        for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
            match = Match(path[..slash], match);
        return Match(path, match);
    }

    /// <summary>The same with what is known of the folder.</summary>
    public IgnoreMatch Match(string path, IgnoreMatch folder)
    {
        var matched = new bool[_patterns.Count];
        bool ignored = false;
        for (int i = 0; i < matched.Length; i++)
        {
            IgnorePattern pattern = _patterns[i];
            // A pattern that matched the folder holds for all in it; others count only where they would change something.
            if (folder.Matched is { } above && above[i])
                matched[i] = true;
            else if (pattern.Includes == ignored)
                matched[i] = pattern.Matches(path);
            if (matched[i])
                ignored = !pattern.Includes;
        }

        return new IgnoreMatch(ignored, matched);
    }

    /// <summary>Whether something below a folder that is kept out may be taken back: a pattern says so by name.</summary>
    public bool MayIncludeBelow(string folder) =>
        _patterns.Exists(pattern => pattern.Includes && $"{pattern.Text}/".StartsWith($"{folder}/", StringComparison.Ordinal));
}

/// <summary>What a <c>.dockerignore</c> says of a path.</summary>
/// <param name="Ignored">Whether it is kept out.</param>
/// <param name="Matched">Which patterns matched it or a folder above; null for the root.</param>
internal readonly record struct IgnoreMatch(bool Ignored, bool[]? Matched)
{
    public static IgnoreMatch Root { get; } = new(false, null);
}
