using System.Globalization;
using System.Text.RegularExpressions;

namespace CoordPS.Containers;

/// <summary>Follows what a build writes: which step it is at, and the end of what that step wrote.</summary>
internal sealed partial class BuildLog
{
    private const int LinesKept = 20;

    private readonly Queue<string> _lines = new();
    private string _partial = "";

    public BuildStep? Step { get; private set; }

    /// <summary>Begins a step.</summary>
    public BuildEvent Start(BuildStep step)
    {
        Step = step;
        _lines.Clear();
        return new BuildEvent(BuildEventKind.StepStarted, step.ToString(), step);
    }

    /// <summary>Takes text, with the ends of its lines or without, and gives the lines that are complete.</summary>
    public IEnumerable<string> Append(string text)
    {
        string[] lines = (_partial + Colors().Replace(text, "").Replace("\r\n", "\n", StringComparison.Ordinal)).Split('\n', '\r');
        _partial = lines[^1];
        return lines.SkipLast(1);
    }

    /// <summary>Remembers a line as a step's output.</summary>
    public BuildEvent Output(string line)
    {
        _lines.Enqueue(line);
        if (_lines.Count > LinesKept)
            _lines.Dequeue();
        return new BuildEvent(BuildEventKind.Output, line, Step);
    }

    /// <summary>The exception for what the builder says in the end.</summary>
    public DockerException Fail(string message, int? exitCode, DockerEndpoint endpoint)
    {
        string text = message.Trim().TrimEnd('.');
        string[] lines = [.. _lines, .. _partial.Length > 0 ? [_partial] : Array.Empty<string>()];
        if (text.Contains("dockerfile parse error", StringComparison.OrdinalIgnoreCase) || text.Contains("failed to parse", StringComparison.OrdinalIgnoreCase)
            || text.Contains("failed to process", StringComparison.OrdinalIgnoreCase))
        {
            return new DockerException(DockerError.DockerfileInvalid, $"The Dockerfile is not valid: {After(text, "dockerfile parse error")}",
                "Correct the Dockerfile; nothing was built.", null, endpoint);
        }

        if (text.Contains("no space left on device", StringComparison.OrdinalIgnoreCase) || lines.Any(static line => line.Contains("no space left on device", StringComparison.OrdinalIgnoreCase)))
        {
            return new BuildFailedException(DockerError.DiskFull, Step, exitCode, lines, text,
                "The disk is full: free space where the engine keeps its data, for instance with 'docker system prune', or what the step writes to.", endpoint);
        }

        // What a COPY does not find is no matter of a registry, though it reads like it.
        bool ofContext = text.Contains("COPY failed", StringComparison.Ordinal) || text.Contains("ADD failed", StringComparison.Ordinal)
            || text.Contains("cache key", StringComparison.Ordinal);
        if (exitCode is null && !ofContext && RegistryErrors.Classify(text) is { } registry)
            return new BuildFailedException(registry.Error, Step, null, [], text, registry.Action, endpoint);
        return new BuildFailedException(DockerError.BuildFailed, Step, exitCode, exitCode is null && Step?.Instruction.StartsWith("RUN", StringComparison.OrdinalIgnoreCase) != true ? [] : lines, text,
            exitCode is null ? "Correct the instruction or the build context; -Verbose shows the whole log." : "Correct the command; -Verbose shows the whole log.", endpoint);
    }

    /// <summary>The exit code that BuildKit names in a message.</summary>
    public static int? ExitCodeIn(string message) =>
        ExitCode().Match(message) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    private static string After(string text, string mark) =>
        text.IndexOf(mark, StringComparison.OrdinalIgnoreCase) is var at and >= 0 ? text[(at + mark.Length)..].TrimStart(' ', ':') : text;

    [GeneratedRegex(@"\x1b\[[0-9;]*[A-Za-z]")]
    private static partial Regex Colors();

    [GeneratedRegex(@"exit code: (\d+)")]
    private static partial Regex ExitCode();
}
