using System.Globalization;
using System.Text.RegularExpressions;

namespace CoordPS.Containers;

/// <summary>
/// Reads the plain progress of BuildKit: lines that begin with the number of a vertex, of which several run at a time, such as
/// <c>#5 [build 2/3] RUN make</c>, <c>#5 1.234 its output</c> and <c>#5 ERROR: why</c>; and after a failure a summary without numbers.
/// </summary>
internal sealed partial class BuildKitLog
{
    private readonly Dictionary<int, BuildLog> _vertices = [];
    private int? _failed;
    private string _error = "";

    /// <summary>What a line tells; null for nothing.</summary>
    public BuildEvent? Read(string line)
    {
        Match match = Vertex().Match(line);
        if (!match.Success)
        {
            // The last of these lines is the command's own error.
            if (line.Length > 0 && !line.StartsWith("----", StringComparison.Ordinal))
                _error = line;
            return line.Length == 0 ? null : new BuildEvent(BuildEventKind.Output, line);
        }

        int number = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        string text = match.Groups[2].Value;
        if (!_vertices.TryGetValue(number, out BuildLog? log))
            _vertices.Add(number, log = new BuildLog());
        Match step = Step().Match(text);
        if (step.Success)
        {
            return log.Step is null
                ? log.Start(new BuildStep(
                    int.Parse(step.Groups[2].ValueSpan, CultureInfo.InvariantCulture), int.Parse(step.Groups[3].ValueSpan, CultureInfo.InvariantCulture),
                    step.Groups[4].Value, step.Groups[1] is { Length: > 0 } stage ? stage.Value : null))
                : null;
        }

        if (text.StartsWith("ERROR: ", StringComparison.Ordinal))
        {
            _failed = number;
            return new BuildEvent(BuildEventKind.Output, line, log.Step);
        }

        Match output = Output().Match(text);
        return output.Success ? log.Output(output.Groups[1].Value) : new BuildEvent(BuildEventKind.Output, line, log.Step);
    }

    /// <summary>The exception for a command that failed.</summary>
    public DockerException Fail(int exitCode, DockerEndpoint endpoint)
    {
        string message = _error.StartsWith("ERROR: ", StringComparison.Ordinal) ? _error["ERROR: ".Length..] : _error.Length > 0 ? _error : $"docker ended with code {exitCode}";
        if (message.Contains("Cannot connect to the Docker daemon", StringComparison.OrdinalIgnoreCase))
        {
            return new EngineUnreachableException(DockerError.EngineUnreachable, "Can't build the image: the engine does not run or can't be reached",
                "Start the engine, or name another with -DockerHost, -DockerContext, DOCKER_HOST or a docker context.", endpoint);
        }

        BuildLog log = _failed is { } number ? _vertices[number] : new BuildLog();
        return log.Fail(message, BuildLog.ExitCodeIn(message), endpoint);
    }

    [GeneratedRegex(@"^#(\d+) (.*)$")]
    private static partial Regex Vertex();

    [GeneratedRegex(@"^\[(?:(\S+) +)?(\d+)/(\d+)\] (.*)$")]
    private static partial Regex Step();

    [GeneratedRegex(@"^\d+\.\d+ (.*)$")]
    private static partial Regex Output();
}
