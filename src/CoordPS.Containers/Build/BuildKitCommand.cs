using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace CoordPS.Containers;

/// <summary>
/// Builds with BuildKit by way of the docker command, which alone speaks its protocol: <c>docker buildx build</c> where there is buildx, the
/// <c>docker build</c> of versions 18.09 to 22 otherwise.
/// </summary>
internal sealed partial class BuildKitCommand
{
    private readonly string _docker;
    private readonly bool _buildx;
    private readonly DockerEndpoint _endpoint;

    private BuildKitCommand(string docker, bool buildx, DockerEndpoint endpoint)
    {
        _docker = docker;
        _buildx = buildx;
        _endpoint = endpoint;
    }

    /// <summary>Finds a docker command on PATH that can.</summary>
    /// <exception cref="DockerException">None can.</exception>
    public static async Task<BuildKitCommand> FindAsync(DockerEndpoint endpoint, CancellationToken ct)
    {
        var seen = new List<string>();
        foreach (string docker in Candidates())
        {
            if (await AskAsync(docker, ct, "buildx", "version").ConfigureAwait(false) is not null)
                return new BuildKitCommand(docker, buildx: true, endpoint);
            string? version = await AskAsync(docker, ct, "--version").ConfigureAwait(false);
            Match match = Version().Match(version ?? "");
            if (match.Success && int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) is >= 19 and < 23)
                return new BuildKitCommand(docker, buildx: false, endpoint);
            seen.Add($"{docker} is {(match.Success ? $"version {match.Groups[1].Value}" : "of an unknown version")} and has no buildx");
        }

        throw new DockerException(DockerError.BuildKitUnavailable,
            $"No docker command on PATH can build with BuildKit: {(seen.Count == 0 ? "there is none" : string.Join("; ", seen))}",
            "Install docker-buildx, or build without -BuildKit.", null, endpoint);
    }

    /// <summary>Builds, and tells what happens.</summary>
    /// <exception cref="DockerException">The build failed.</exception>
    public IAsyncEnumerable<BuildEvent> BuildAsync(ImageBuildOptions options, CancellationToken ct) =>
        EventChannel.RunAsync<BuildEvent>((events, canceled) => BuildAsync(options, events, canceled), ct);

    private async Task BuildAsync(ImageBuildOptions options, ChannelWriter<BuildEvent> events, CancellationToken ct)
    {
        // What is wrong with the folder or the Dockerfile's path is told as for the other builder.
        BuildContext.Open(options.Directory, options.Dockerfile);
        string idFile = Path.Combine(Path.GetTempPath(), $"coordps-{Path.GetRandomFileName()}.iid");
        try
        {
            using Process process = Process.Start(Command(options, idFile))!;
            var log = new BuildKitLog();
            try
            {
                Task<string> output = process.StandardOutput.ReadToEndAsync(ct);
                while (await process.StandardError.ReadLineAsync(ct).ConfigureAwait(false) is { } line)
                {
                    if (log.Read(line) is { } happened)
                        await events.WriteAsync(happened, ct).ConfigureAwait(false);
                }

                await output.ConfigureAwait(false);
                await process.WaitForExitAsync(ct).ConfigureAwait(false);
            }
            finally
            {
                // Its connection to the engine ends with it, and with that the build.
                if (!process.HasExited)
                    process.Kill(entireProcessTree: true);
            }

            if (process.ExitCode != 0)
                throw log.Fail(process.ExitCode, _endpoint);
            string id = (await File.ReadAllTextAsync(idFile, ct).ConfigureAwait(false)).Trim();
            await events.WriteAsync(new BuildEvent(BuildEventKind.Built, id), ct).ConfigureAwait(false);
        }
        finally
        {
            File.Delete(idFile);
        }
    }

    private ProcessStartInfo Command(ImageBuildOptions options, string idFile)
    {
        var arguments = new List<string>();
        if (_endpoint.Context is { } context)
            arguments.AddRange(["--context", context]);
        else
            arguments.AddRange(["--host", _endpoint.ToString()]);
        arguments.AddRange(_buildx ? ["buildx", "build", "--load"] : ["build"]);
        arguments.AddRange(["--progress", "plain", "--iidfile", idFile]);
        if (options.Dockerfile is { } dockerfile)
            arguments.AddRange(["--file", dockerfile]);
        foreach (string tag in options.Tags)
            arguments.AddRange(["--tag", tag]);
        var start = new ProcessStartInfo(_docker) { RedirectStandardError = true, RedirectStandardOutput = true, StandardErrorEncoding = Encoding.UTF8 };
        foreach ((string name, string value) in options.Arguments)
        {
            // Values go by the environment, as other users may read a command line; but not in place of what the command itself goes by.
            bool taken = start.Environment.ContainsKey(name) || name.StartsWith("DOCKER_", StringComparison.Ordinal);
            arguments.AddRange(["--build-arg", taken ? $"{name}={value}" : name]);
            if (!taken)
                start.Environment[name] = value;
        }

        foreach ((string name, string value) in options.Labels)
            arguments.AddRange(["--label", $"{name}={value}"]);
        if (options.Target is { } target)
            arguments.AddRange(["--target", target]);
        if (options.Platform is { } platform)
            arguments.AddRange(["--platform", platform]);
        if (options.Network is { } network)
            arguments.AddRange(["--network", network]);
        if (options.NoCache)
            arguments.Add("--no-cache");
        if (options.Pull)
            arguments.Add("--pull");
        arguments.AddRange(["--", options.Directory]);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["DOCKER_BUILDKIT"] = "1";
        return start;
    }

    private static IEnumerable<string> Candidates()
    {
        string name = OperatingSystem.IsWindows() ? "docker.exe" : "docker";
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name)).Where(File.Exists).Distinct();
    }

    /// <summary>What a command prints; null when it fails.</summary>
    private static async Task<string?> AskAsync(string docker, CancellationToken ct, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(docker, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync(ct);
        string output = await process.StandardOutput.ReadToEndAsync(ct).ConfigureAwait(false);
        await error.ConfigureAwait(false);
        await process.WaitForExitAsync(ct).ConfigureAwait(false);
        return process.ExitCode == 0 ? output : null;
    }

    [GeneratedRegex(@"version (\d+)\.")]
    private static partial Regex Version();
}
