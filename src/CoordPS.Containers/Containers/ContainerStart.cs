using System.Globalization;

namespace CoordPS.Containers;

/// <summary>Starts containers so that either what was asked for runs, or nothing of it is left.</summary>
internal static class ContainerStart
{
    private const int LinesToShow = 10;

    /// <summary>How long a container without a health check must have run to count as up.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, string[]> Decisive = new()
    {
        ["type"] = ["container"],
        ["event"] = ["health_status", "start", "die", "destroy", "pause", "unpause"],
    };

    /// <summary>Creates a container and starts it. One that can't start is removed again.</summary>
    public static async Task<string> RunAsync(DockerEngineClient engine, ContainerSpec spec, CancellationToken ct)
    {
        // Not canceled: a container whose id never came could not be removed.
        string id = await engine.CreateContainerAsync(spec, CancellationToken.None).ConfigureAwait(false);
        try
        {
            ct.ThrowIfCancellationRequested();
            // By the name that errors are to show.
            await engine.StartContainerAsync(spec.Name ?? id, ct).ConfigureAwait(false);
            return id;
        }
        catch
        {
            await engine.RemoveContainerAsync(id, force: true, volumes: true, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Waits until a container's health check succeeds, or until one without a check has run for a second.</summary>
    /// <exception cref="DockerException">It ended, with its last words; or it was not healthy in time.</exception>
    public static async Task<ContainerInfo> WaitUntilUpAsync(DockerEngineClient engine, string container, TimeSpan timeout, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(timeout);
        ContainerInfo? info = null;
        try
        {
            var feed = new EngineEventFeed(engine, new Dictionary<string, string[]>(Decisive) { ["container"] = [container] });
            IAsyncEnumerator<EngineEvent> events = feed.ReadAsync(null, limit.Token).GetAsyncEnumerator(limit.Token);
            await using (events.ConfigureAwait(false))
            {
                while (await events.MoveNextAsync().ConfigureAwait(false))
                {
                    if (events.Current is { IsConnection: true, Action: "lost" })
                        continue;
                    info = await engine.GetContainerAsync(container, limit.Token).ConfigureAwait(false);
                    if (info.State is ContainerState.Exited or ContainerState.Dead or ContainerState.Restarting)
                        throw await ExitedAsync(engine, info, ct).ConfigureAwait(false);
                    if (info is { State: ContainerState.Running, Health: ContainerHealth.None })
                        return await SettleAsync(engine, info, limit.Token).ConfigureAwait(false);
                    if (info.IsUp)
                        return info;
                }
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Told below.
        }

        string health = info is null ? "it was not seen" : $"it is {info.State}, {info.Health}".ToLowerInvariant();
        throw new DockerException(
            DockerError.ContainerNotHealthy,
            string.Create(CultureInfo.InvariantCulture, $"The container '{info?.Name ?? container}' was not healthy after {timeout.TotalSeconds:0.###} s: {health}{(info?.HealthOutput is { Length: > 0 } said ? $"; its last check said: {said}" : "")}"),
            "Read its log (Get-CoordContainerLog), wait longer, or remove it (Remove-CoordContainer -Force): it was left as it is.", info?.Name ?? container, engine.Endpoint);
    }

    /// <summary>The error of a container that ended, with the last lines of its log.</summary>
    public static async Task<DockerException> ExitedAsync(DockerEngineClient engine, ContainerInfo info, CancellationToken ct)
    {
        List<string> lines = [];
        await foreach (ContainerLogLine line in engine.ReadLogAsync(info, new ContainerLogOptions { Tail = LinesToShow }, ct).ConfigureAwait(false))
            lines.Add(line.Text);
        string words = lines.Count == 0 ? "it wrote nothing" : $"its last words:{Environment.NewLine}{string.Join(Environment.NewLine, lines)}{Environment.NewLine}";
        string why = info.OutOfMemory ? " for want of memory" : "";
        return new DockerException(
            DockerError.ContainerExited, string.Create(CultureInfo.InvariantCulture, $"The container '{info.Name}' ended{why} with exit code {info.ExitCode}; {words}"),
            "Correct what it says, remove it (Remove-CoordContainer) and start another; it was left for its log.", info.Name, engine.Endpoint);
    }

    private static async Task<ContainerInfo> SettleAsync(DockerEngineClient engine, ContainerInfo info, CancellationToken ct)
    {
        TimeSpan left = Settling - (await engine.GetTimeAsync(ct).ConfigureAwait(false) - (info.Started ?? info.Created));
        if (left > TimeSpan.Zero)
            await Task.Delay(left < Settling ? left : Settling, ct).ConfigureAwait(false);
        info = await engine.GetContainerAsync(info.Id, ct).ConfigureAwait(false);
        return info.State == ContainerState.Running ? info : throw await ExitedAsync(engine, info, ct).ConfigureAwait(false);
    }
}
