using System.Net;
using CoordPS.Containers;
using CoordPS.Server;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>A member in a container.</summary>
internal sealed class ContainerMember : LocalMember
{
    private const string HostNetwork = "host";

    /// <summary>The exit codes of a server that was asked to end, as Java's 128 and the signal, or that was killed.</summary>
    private static readonly int[] EndedByOthers = [0, 130, 137, 143];

    /// <summary>How long a member may take to stop in good order before it is killed.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>How long one that runs may take to say what it does before it counts as not serving: a busy machine may stall for a while.</summary>
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(3);

    private ContainerSpec _spec;
    private ContainerInfo? _info;
    private LocalMemberRole _role;
    private string? _lastLine;

    /// <summary>A member of a new container, or of one that is there.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="spec">The container as it is to be, or is.</param>
    /// <param name="labels">What its labels say.</param>
    /// <param name="info">The container; null when it is to be created.</param>
    public ContainerMember(DockerEngineClient engine, ContainerSpec spec, MemberLabels labels, ContainerInfo? info)
        : base(labels.Ensemble, FolderOf(labels))
    {
        Engine = engine;
        Labels = labels;
        _spec = spec;
        _info = info;
    }

    public DockerEngineClient Engine { get; }

    /// <summary>The container's name.</summary>
    public string Container => _spec.Name!;

    public string Image => _spec.Image;

    public string Network => _spec.Network!;

    public IReadOnlyDictionary<string, string> Environment => _spec.Environment;

    public MemberLabels Labels { get; private set; }

    /// <summary>Whether members, and this process with them, share the network of the engine's machine.</summary>
    public bool IsOnHostNetwork => _spec.Network == HostNetwork;

    public override IPEndPoint? QuorumEndPoint => IsOnHostNetwork ? base.QuorumEndPoint : null;

    public override IPEndPoint? ElectionEndPoint => IsOnHostNetwork ? base.ElectionEndPoint : null;

    /// <summary>It is the engine's, which may run elsewhere.</summary>
    public override int ProcessId => 0;

    /// <summary>As it was when it was last asked.</summary>
    public override LocalMemberState State => _info switch
    {
        { State: ContainerState.Running } => LocalMemberState.Running,
        { State: ContainerState.Paused } => LocalMemberState.Suspended,
        { State: ContainerState.Exited or ContainerState.Dead or ContainerState.Restarting } ended when ended.OutOfMemory || !EndedByOthers.Contains(ended.ExitCode ?? 0) => LocalMemberState.Failed,
        _ => LocalMemberState.Stopped,
    };

    public override LocalMemberRole Role => _role;

    public override string? Failure => State != LocalMemberState.Failed ? null
        : $"its container '{Container}' ended with exit code {_info!.ExitCode}{(_info.OutOfMemory ? " for want of memory" : "")}{(_lastLine is null ? "." : $"; its last words: {_lastLine}")}";

    /// <summary>The container as it is, with which another one like it can be made.</summary>
    public static ContainerSpec SpecOf(ContainerInfo info) => new()
    {
        Image = info.Image,
        Name = info.Name,
        Environment = info.Environment,
        Labels = info.Labels,
        Ports = [.. info.Ports.Where(static p => p.HostPort is not null)],
        Volumes = [.. info.Volumes.Where(static v => v.Target == MemberEnvironment.DataDir)],
        Network = info.NetworkMode,
        RestartPolicy = info.RestartPolicy,
    };

    public override Task WaitUntilServingAsync(CancellationToken cancellationToken = default) => PollUntilServingAsync(PollInterval, Ended, cancellationToken);

    public override async Task RefreshAsync(CancellationToken cancellationToken = default)
    {
        _info = await Engine.TryGetContainerAsync(Container, cancellationToken).ConfigureAwait(false);
        if (State == LocalMemberState.Failed)
        {
            await foreach (ContainerLogLine line in Engine.ReadLogAsync(_info!, new ContainerLogOptions { Tail = 1 }, cancellationToken).ConfigureAwait(false))
                _lastLine = line.Text;
        }

        _role = State == LocalMemberState.Running
            ? await MemberProbe.RoleAsync(ClientEndPoint, AnswerPatience, cancellationToken).ConfigureAwait(false)
            : LocalMemberRole.None;
    }

    /// <summary>Removes the container, and its data if that is wanted. What only has the name, and is somebody else's, stays.</summary>
    public async Task RemoveAsync(bool deleteData, CancellationToken cancellationToken)
    {
        if (await Engine.TryGetContainerAsync(Container, cancellationToken).ConfigureAwait(false) is { } there
            && MemberLabels.Of(there) is { } found && found.Ensemble == Labels.Ensemble && found.Id == Labels.Id)
        {
            await RemoveIfThereAsync(there.Id, cancellationToken).ConfigureAwait(false);
        }

        _info = null;
        _role = LocalMemberRole.None;
        if (deleteData && await HasVolumeAsync(Labels.OfVolume, cancellationToken).ConfigureAwait(false))
            await Engine.RemoveVolumeAsync(Labels.Volume, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts another container with other data in the place of this one, which must not run. The data of before stays in its volume.</summary>
    /// <param name="volume">The new volume.</param>
    /// <param name="serverLines">The members' lines as they are now.</param>
    /// <param name="fill">Brings the new data, before it first runs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task ReplaceAsync(string volume, IEnumerable<string> serverLines, Func<string, Task> fill, CancellationToken cancellationToken)
    {
        MemberLabels labels = Labels with { Volume = volume };
        var environment = new Dictionary<string, string>(_spec.Environment, StringComparer.Ordinal) { [MemberEnvironment.Servers] = string.Join(' ', serverLines) };
        ContainerSpec spec = _spec with { Labels = Merge(_spec.Labels, labels), Environment = environment, Volumes = [new VolumeMount(volume, MemberEnvironment.DataDir)] };
        await Engine.CreateVolumeAsync(volume, labels.OfVolume, cancellationToken).ConfigureAwait(false);
        string? temporary = null;
        try
        {
            // Without labels: it is no member, whatever becomes of it.
            temporary = await Engine.CreateContainerAsync(spec with { Name = $"{Container}-new", Ports = [], Labels = new Dictionary<string, string>() }, CancellationToken.None).ConfigureAwait(false);
            await fill(temporary).ConfigureAwait(false);
        }
        catch
        {
            if (temporary is not null)
                await RemoveIfThereAsync(temporary, CancellationToken.None).ConfigureAwait(false);
            await Engine.RemoveVolumeAsync(volume, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        // From here on it is the new data that counts.
        await RemoveIfThereAsync(temporary, CancellationToken.None).ConfigureAwait(false);
        await Engine.RemoveContainerAsync(Container, force: false, volumes: true, CancellationToken.None).ConfigureAwait(false);
        await Engine.CreateContainerAsync(spec, CancellationToken.None).ConfigureAwait(false);
        _spec = spec;
        Labels = labels;
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
    }

    private protected override async Task StartOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_info is null)
            {
                if (await HasVolumeAsync([], cancellationToken).ConfigureAwait(false) && !await HasVolumeAsync(Labels.OfVolume, cancellationToken).ConfigureAwait(false))
                {
                    throw new LocalEnsembleException(
                        LocalEnsembleProblem.Mismatch, $"The engine has a volume '{Labels.Volume}', which member {Id} of ensemble '{Ensemble}' would use, and it is not the ensemble's.",
                        "Remove the volume if nobody needs what is in it ('docker volume rm'). Nothing was changed.", Id);
                }

                await Engine.CreateVolumeAsync(Labels.Volume, Labels.OfVolume, cancellationToken).ConfigureAwait(false);
                await ContainerStart.RunAsync(Engine, _spec, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await Engine.StartContainerAsync(Container, cancellationToken).ConfigureAwait(false);
            }

            _info = await Engine.GetContainerAsync(Container, cancellationToken).ConfigureAwait(false);
        }
        catch (DockerException e) when (e.Error == DockerError.PortInUse)
        {
            throw new LocalEnsembleException(LocalEnsembleProblem.Address, $"Member {Id} of ensemble '{Ensemble}' can't start: {e.Summary}", e.RecommendedAction, Id, e);
        }
    }

    private protected override async Task EndAsync(bool kill, CancellationToken cancellationToken)
    {
        bool suspended = State == LocalMemberState.Suspended;
        try
        {
            if (kill || suspended)
                await Engine.KillContainerAsync(Container, null, cancellationToken).ConfigureAwait(false);
            else
                await Engine.StopContainerAsync(Container, StopPatience, cancellationToken).ConfigureAwait(false);
        }
        catch (DockerException e) when (e is DockerConflictException or DockerNotFoundException)
        {
            // It does not run.
        }

        await RefreshAsync(cancellationToken).ConfigureAwait(false);
    }

    private protected override async Task FreezeAsync(bool freeze, CancellationToken cancellationToken)
    {
        if (freeze)
            await Engine.PauseContainerAsync(Container, cancellationToken).ConfigureAwait(false);
        else
            await Engine.ResumeContainerAsync(Container, cancellationToken).ConfigureAwait(false);
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
    }

    internal static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> labels, MemberLabels member)
    {
        var merged = new Dictionary<string, string>(labels, StringComparer.Ordinal);
        foreach ((string key, string value) in member.ToDictionary())
            merged[key] = value;
        return merged;
    }

    private static MemberFolder FolderOf(MemberLabels labels) => new(labels.Id, labels.Volume, new ServerConfig
    {
        DataDir = MemberEnvironment.DataDir,
        ClientPort = labels.Client.Port,
        ClientPortAddress = labels.Client.Address.ToString(),
        ServerId = labels.Id,
        Servers = new Dictionary<long, QuorumServer> { [labels.Id] = QuorumServer.Parse(labels.Id, labels.Server) },
        StandaloneEnabled = false,
    });

    private LocalEnsembleException Ended() => _lastLine is { } line && (line.Contains("Can't listen for", StringComparison.Ordinal) || line.Contains("already in use", StringComparison.OrdinalIgnoreCase))
        ? new LocalEnsembleException(LocalEnsembleProblem.Address, $"Member {Id} of ensemble '{Ensemble}' can't start: {line}", "Leave out the ports to have free ones chosen, or give others.", Id)
        : Failed();

    /// <summary>Whether the engine has the member's volume, with these labels.</summary>
    private async Task<bool> HasVolumeAsync(Dictionary<string, string> labels, CancellationToken cancellationToken)
    {
        var filters = new Dictionary<string, string[]> { ["name"] = [Labels.Volume] };
        if (labels.Count > 0)
            filters["label"] = [.. labels.Select(static label => $"{label.Key}={label.Value}")];
        // The engine's filter takes a part of a name for a match.
        return (await Engine.GetVolumeNamesAsync(filters, cancellationToken).ConfigureAwait(false)).Contains(Labels.Volume);
    }

    private async Task RemoveIfThereAsync(string container, CancellationToken cancellationToken)
    {
        try
        {
            await Engine.RemoveContainerAsync(container, force: true, volumes: true, cancellationToken).ConfigureAwait(false);
        }
        catch (DockerNotFoundException)
        {
            // It was not made, or is gone already.
        }
    }
}
