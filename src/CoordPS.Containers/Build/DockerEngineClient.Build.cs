using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace CoordPS.Containers;

public sealed partial class DockerEngineClient
{
    /// <summary>
    /// Builds an image with the engine's own builder, and tells what happens; the last event has the ID. Canceled, or when the loop is left, the
    /// engine stops and removes the container of the step; no name is given.
    /// </summary>
    /// <param name="options">What to build.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="BuildFailedException">A step failed.</exception>
    /// <exception cref="DockerException">The context can't be read, the Dockerfile is invalid, or the engine can't be reached.</exception>
    public IAsyncEnumerable<BuildEvent> BuildImageAsync(ImageBuildOptions options, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return EventChannel.RunAsync<BuildEvent>((events, canceled) => BuildAsync(options, events, canceled), ct);
    }

    /// <summary>
    /// The same with BuildKit, by way of a docker command on PATH that has it. Steps of several stages run at a time, and are numbered by stage.
    /// </summary>
    /// <param name="options">What to build.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="BuildFailedException">A step failed.</exception>
    /// <exception cref="DockerException">Neither the command nor the engine has BuildKit, or as for the engine's own builder.</exception>
    public async IAsyncEnumerable<BuildEvent> BuildImageWithBuildKitAsync(ImageBuildOptions options, [EnumeratorCancellation] CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        EngineInfo info = await ConnectAsync(ct).ConfigureAwait(false);
        if (info.OperatingSystem == "windows")
        {
            throw new DockerException(DockerError.BuildKitUnavailable, "The engine has no BuildKit: its containers run Windows",
                "Build without -BuildKit.", null, Endpoint);
        }

        BuildKitCommand command = await BuildKitCommand.FindAsync(Endpoint, ct).ConfigureAwait(false);
        await foreach (BuildEvent happened in command.BuildAsync(options, ct).ConfigureAwait(false))
            yield return happened;
    }

    private async Task BuildAsync(ImageBuildOptions options, ChannelWriter<BuildEvent> events, CancellationToken ct)
    {
        BuildContext context = BuildContext.Open(options.Directory, options.Dockerfile);
        (Dictionary<string, RegistryAuth> credentials, IReadOnlyList<DockerException> failed) =
            await new RegistryCredentials(_environment).GetAllAsync(ct).ConfigureAwait(false);
        foreach (DockerException failure in failed)
            await events.WriteAsync(new BuildEvent(BuildEventKind.Warning, failure.Message), ct).ConfigureAwait(false);
        EngineRequest request = EngineRequest.Post("build", "build the image", options.Directory)
            .With("dockerfile", context.DockerfileName)
            .With("t", options.Tags)
            .With("target", options.Target)
            .With("platform", options.Platform)
            .With("networkmode", options.Network)
            .With("nocache", options.NoCache)
            .With("pull", options.Pull)
            .With("rm", true)
            .With("forcerm", true)
            .With("version", "1")
            .WithHeader("X-Registry-Config", RegistryAuth.ToHeader(credentials))
            // What is not read in time is told with the next.
            .WithBody(new BuildContextContent(context, sent => events.TryWrite(new BuildEvent(BuildEventKind.ContextSent, "", Current: sent))));
        if (options.Arguments.Count > 0)
            request.With("buildargs", options.Arguments, ImageJson.Default.IReadOnlyDictionaryStringString);
        if (options.Labels.Count > 0)
            request.With("labels", options.Labels, ImageJson.Default.IReadOnlyDictionaryStringString);

        var log = new BuildLog();
        string? id = null;
        bool complete = false;
        try
        {
            await foreach (ProgressMessage message in StreamAsync(request, ImageJson.Default.ProgressMessage, ct).ConfigureAwait(false))
            {
                if (message.Error is { } error)
                    throw log.Fail(error.Message ?? "the engine does not say why", error.Code is > 0 ? error.Code : null, Endpoint);
                id = message.Result?.Id ?? id;
                if (message.Status is { } status)
                {
                    await events.WriteAsync(
                        new BuildEvent(BuildEventKind.Pull, message.Id is null ? status : $"{message.Id}: {status}", log.Step, message.Progress?.Current, message.Progress?.Total), ct)
                        .ConfigureAwait(false);
                }

                foreach (string line in log.Append(message.Stream ?? ""))
                {
                    complete |= line.StartsWith("Successfully built ", StringComparison.Ordinal);
                    await events.WriteAsync(Read(line, log), ct).ConfigureAwait(false);
                }
            }
        }
        catch (DockerException e) when (e is not BuildFailedException && e.Said is { } said && IsOfDockerfile(said))
        {
            throw log.Fail(said, null, Endpoint);
        }

        // Each stage has an ID; an engine that is stopped ends the stream without an error.
        if (id is null || !complete)
            throw BuildEndedEarly(request);
        await events.WriteAsync(new BuildEvent(BuildEventKind.Built, id), ct).ConfigureAwait(false);
    }

    private static bool IsOfDockerfile(string message) =>
        message.Contains("dockerfile parse error", StringComparison.OrdinalIgnoreCase) || message.Contains("failed to parse", StringComparison.OrdinalIgnoreCase);

    private static BuildEvent Read(string line, BuildLog log)
    {
        Match step = EngineStep().Match(line);
        return step.Success
            ? log.Start(new BuildStep(
                int.Parse(step.Groups[1].ValueSpan, CultureInfo.InvariantCulture), int.Parse(step.Groups[2].ValueSpan, CultureInfo.InvariantCulture), step.Groups[3].Value))
            // The builder's own remarks are no output of the step.
            : line.StartsWith(" --->", StringComparison.Ordinal) || line.StartsWith("Removing intermediate container ", StringComparison.Ordinal) || line.Length == 0
                ? new BuildEvent(BuildEventKind.Output, line, log.Step)
                : log.Output(line);
    }

    private EngineUnreachableException BuildEndedEarly(EngineRequest request) => new(
        DockerError.EngineConnectionLost, $"Can't {request.Purpose}: the engine ended the build without an image", "See whether the engine runs, and try again.",
        Endpoint, request.Subject);

    [GeneratedRegex(@"^Step (\d+)/(\d+) : (.*)$")]
    private static partial Regex EngineStep();
}
