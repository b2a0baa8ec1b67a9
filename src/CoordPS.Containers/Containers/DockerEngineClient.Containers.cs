using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;

namespace CoordPS.Containers;

/// <content>Containers: their life, their logs, their files.</content>
public sealed partial class DockerEngineClient
{
    /// <summary>Describes containers, those created last first. One that goes meanwhile is left out.</summary>
    /// <param name="all">Whether to describe those that don't run, too.</param>
    /// <param name="filters">What they must be like, as <c>label</c>, <c>name</c>, <c>status</c>, <c>health</c>, <c>ancestor</c>, <c>network</c>, each with its values.</param>
    /// <param name="ct">Gives up.</param>
    public async IAsyncEnumerable<ContainerInfo> GetContainersAsync(
        bool all = false, IReadOnlyDictionary<string, string[]>? filters = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        foreach (Task<ContainerInfo?> container in (await ListAsync(all, filters, ct).ConfigureAwait(false)).Select(one => TryGetContainerAsync(one.Id, ct)).ToArray())
        {
            if (await container.ConfigureAwait(false) is { } info)
                yield return info;
        }
    }

    /// <summary>The names of all containers, whether they run or not.</summary>
    internal async Task<IReadOnlyList<string>> GetContainerNamesAsync(CancellationToken ct) =>
        [.. (await ListAsync(all: true, null, ct).ConfigureAwait(false)).Select(static c => c.Names is [var name, ..] ? name.TrimStart('/') : c.Id[..12])];

    /// <summary>Describes a container.</summary>
    /// <param name="container">Its name, or its id or the beginning of it.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="DockerNotFoundException">There is none.</exception>
    public async Task<ContainerInfo> GetContainerAsync(string container, CancellationToken ct = default) => ContainerMapping.FromJson(
        await SendAsync(EngineRequest.Get(PathOf(container, "json"), $"describe the container '{container}'", container), ContainerJson.Default.InspectContainerJson, ct).ConfigureAwait(false));

    /// <summary>Describes a container; null when there is none.</summary>
    public async Task<ContainerInfo?> TryGetContainerAsync(string container, CancellationToken ct = default)
    {
        try
        {
            return await GetContainerAsync(container, ct).ConfigureAwait(false);
        }
        catch (DockerNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Creates a container, which does not run yet.</summary>
    /// <returns>Its id.</returns>
    /// <exception cref="DockerConflictException">There is one of that name.</exception>
    /// <exception cref="DockerNotFoundException">The engine has no such image.</exception>
    public async Task<string> CreateContainerAsync(ContainerSpec spec, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        EngineRequest request = EngineRequest.Post("containers/create", $"create {(spec.Name is null ? "a container" : $"the container '{spec.Name}'")} of {spec.Image}", spec.Name ?? spec.Image)
            .With("name", spec.Name)
            .WithBody(ContainerMapping.ToJson(spec), ContainerJson.Default.CreateContainerJson);
        return (await SendAsync(request, ContainerJson.Default.CreatedContainerJson, ct).ConfigureAwait(false)).Id;
    }

    /// <summary>Starts a container.</summary>
    /// <returns>False when it runs already.</returns>
    public Task<bool> StartContainerAsync(string container, CancellationToken ct = default) =>
        SendAsync(EngineRequest.Post(PathOf(container, "start"), $"start the container '{container}'", container), ct);

    /// <summary>Stops a container: asks its process to end, and ends it when that takes too long. Returns when it has ended.</summary>
    /// <param name="container">Its name or id.</param>
    /// <param name="timeout">How long it may take, in whole seconds; null for what it was created with, 10 seconds by default.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>False when it does not run.</returns>
    public Task<bool> StopContainerAsync(string container, TimeSpan? timeout = null, CancellationToken ct = default) => SendAsync(
        EngineRequest.Post(PathOf(container, "stop"), $"stop the container '{container}'", container)
            .With("t", timeout is { } time ? ((long)Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture) : null),
        ct);

    /// <summary>Sends a signal to a container's process; <c>KILL</c> by default, which ends it.</summary>
    /// <exception cref="DockerConflictException">It does not run.</exception>
    public Task KillContainerAsync(string container, string? signal = null, CancellationToken ct = default) =>
        SendAsync(EngineRequest.Post(PathOf(container, "kill"), $"kill the container '{container}'", container).With("signal", signal), ct);

    /// <summary>Freezes a container.</summary>
    /// <exception cref="DockerConflictException">It does not run, or is frozen.</exception>
    public Task PauseContainerAsync(string container, CancellationToken ct = default) =>
        SendAsync(EngineRequest.Post(PathOf(container, "pause"), $"pause the container '{container}'", container), ct);

    /// <summary>Lets a frozen container go on.</summary>
    /// <exception cref="DockerConflictException">It is not frozen.</exception>
    public Task ResumeContainerAsync(string container, CancellationToken ct = default) =>
        SendAsync(EngineRequest.Post(PathOf(container, "unpause"), $"resume the container '{container}'", container), ct);

    /// <summary>Removes a container.</summary>
    /// <param name="container">Its name or id.</param>
    /// <param name="force">Whether to end it if it runs.</param>
    /// <param name="volumes">Whether to remove its volumes that have no name, too.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <exception cref="DockerConflictException">It runs.</exception>
    public Task RemoveContainerAsync(string container, bool force = false, bool volumes = false, CancellationToken ct = default) => SendAsync(
        EngineRequest.Delete($"containers/{EngineRequest.Escape(container)}", $"remove the container '{container}'", container).With("force", force).With("v", volumes), ct);

    /// <summary>Reads the log of a container. Leaving the loop closes the connection.</summary>
    /// <exception cref="DockerNotFoundException">There is no such container.</exception>
    public async IAsyncEnumerable<ContainerLogLine> ReadLogAsync(
        ContainerInfo container, ContainerLogOptions? options = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(container);
        options ??= new ContainerLogOptions();
        EngineRequest request = EngineRequest.Get(PathOf(container.Id, "logs"), $"read the log of the container '{container.Name}'", container.Name)
            .With("follow", options.Follow)
            .With("stdout", options.Stdout)
            .With("stderr", options.Stderr)
            .With("timestamps", true)
            .With("since", options.Since is { } since ? UnixTime(since) : null)
            .With("until", options.Until is { } until ? UnixTime(until) : null)
            .With("tail", options.Tail?.ToString(CultureInfo.InvariantCulture));
        Stream log = await OpenAsync(request, ct).ConfigureAwait(false);
        await using (log.ConfigureAwait(false))
        {
            IAsyncEnumerator<ContainerLogLine> lines = ContainerLogReader.ReadAsync(log, container.HasTty, ct).GetAsyncEnumerator(ct);
            await using (lines.ConfigureAwait(false))
            {
                while (await GuardAsync(request, async () => await lines.MoveNextAsync().ConfigureAwait(false), ct).ConfigureAwait(false))
                    yield return lines.Current;
            }
        }
    }

    /// <summary>Reads files of a container, whether it runs or not, as a tar archive.</summary>
    /// <param name="container">Its name or id.</param>
    /// <param name="path">The file or folder in it.</param>
    /// <param name="ct">Gives up.</param>
    internal Task<Stream> OpenArchiveAsync(string container, string path, CancellationToken ct) =>
        OpenAsync(EngineRequest.Get(PathOf(container, "archive"), $"read {path} of the container '{container}'", container).With("path", path), ct);

    /// <summary>Unpacks a tar archive into a folder of a container, whether it runs or not.</summary>
    internal Task ExtractArchiveAsync(string container, string path, Stream archive, CancellationToken ct) => SendAsync(
        EngineRequest.Put(PathOf(container, "archive"), $"write to {path} of the container '{container}'", container)
            .With("path", path)
            .WithBody(new StreamContent(archive) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-tar") } }),
        ct);

    /// <summary>Makes a volume; nothing when there is one of that name.</summary>
    internal Task CreateVolumeAsync(string name, IReadOnlyDictionary<string, string> labels, CancellationToken ct) => SendAsync(
        EngineRequest.Post("volumes/create", $"create the volume '{name}'", name)
            .WithBody(new CreateVolumeJson { Name = name, Labels = labels }, ContainerJson.Default.CreateVolumeJson),
        ct);

    /// <summary>The names of volumes.</summary>
    /// <param name="filters">What they must be like, as <c>label</c> and <c>name</c>, each with its values.</param>
    /// <param name="ct">Gives up.</param>
    internal async Task<IReadOnlyList<string>> GetVolumeNamesAsync(Dictionary<string, string[]> filters, CancellationToken ct) =>
        [.. ((await SendAsync(EngineRequest.Get("volumes", "list the volumes").WithFilters(filters), ContainerJson.Default.VolumesJson, ct).ConfigureAwait(false)).Volumes ?? []).Select(static v => v.Name)];

    /// <summary>Removes a volume; nothing when there is none.</summary>
    /// <exception cref="DockerConflictException">A container has it.</exception>
    internal async Task RemoveVolumeAsync(string name, CancellationToken ct)
    {
        try
        {
            await SendAsync(EngineRequest.Delete($"volumes/{EngineRequest.Escape(name)}", $"remove the volume '{name}'", name), ct).ConfigureAwait(false);
        }
        catch (DockerNotFoundException)
        {
            // It is gone already.
        }
    }

    private static string PathOf(string container, string what) => $"containers/{EngineRequest.Escape(container)}/{what}";

    /// <summary>A time as the engine wants it: seconds and nanoseconds.</summary>
    private static string UnixTime(DateTimeOffset time)
    {
        long ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        return string.Create(CultureInfo.InvariantCulture, $"{ticks / TimeSpan.TicksPerSecond}.{ticks % TimeSpan.TicksPerSecond * 100:000000000}");
    }

    private Task<ListedContainerJson[]> ListAsync(bool all, IReadOnlyDictionary<string, string[]>? filters, CancellationToken ct) => SendAsync(
        EngineRequest.Get("containers/json", "list the containers").With("all", all).WithFilters(new Dictionary<string, string[]>(filters ?? new Dictionary<string, string[]>())),
        ContainerJson.Default.ListedContainerJsonArray, ct);
}
