namespace CoordPS.Containers;

/// <summary>A step of a build failed.</summary>
public sealed class BuildFailedException : DockerException
{
    internal BuildFailedException(DockerError error, BuildStep? step, int? exitCode, IReadOnlyList<string> lastLines, string message, string action, DockerEndpoint endpoint)
        : base(error, Describe(step, exitCode, lastLines, message), action, step?.Instruction, endpoint)
    {
        Step = step;
        ExitCode = exitCode;
        LastLines = lastLines;
    }

    /// <summary>The step; null when none had begun.</summary>
    public BuildStep? Step { get; }

    /// <summary>The exit code of its command; null when it was not a command that failed.</summary>
    public int? ExitCode { get; }

    /// <summary>The end of what the step wrote.</summary>
    public IReadOnlyList<string> LastLines { get; }

    private static string Describe(BuildStep? step, int? exitCode, IReadOnlyList<string> lastLines, string message)
    {
        string what = step is null ? $"The build failed: {message}"
            : $"Step {step.Number} of {step.Total}{(step.Stage is null ? "" : $" of stage {step.Stage}")} failed{(exitCode is null ? "" : $" with exit code {exitCode}")}, "
                + $"{step.Instruction}{(exitCode is null ? $": {message}" : "")}";
        // Newlines around, so that the lines stand on their own.
        return lastLines.Count == 0 ? what : $"{what}; the end of its output:\n  {string.Join("\n  ", lastLines)}\n";
    }
}
