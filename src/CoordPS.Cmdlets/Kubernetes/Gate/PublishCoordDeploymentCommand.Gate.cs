using System.Collections;
using System.Management.Automation;
using System.Text.Json;
using System.Text.Json.Nodes;
using CoordPS.Client.Recipes;
using CoordPS.Kubernetes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <content>What ties a deployment to an ensemble: a lock, a configuration, a service registry, and the record of who deployed what.</content>
public sealed partial class PublishCoordDeploymentCommand
{
    private readonly List<KubernetesObject> _gated = [];

    /// <summary>
    /// The lock to hold meanwhile. With this, <c>-ConfigPath</c> or <c>-WaitForService</c> the publication is one step, which is done or taken
    /// back: the objects are applied when the whole input is there, and waited for; and on failure the objects and the configuration are put
    /// back as they were. When the lock is lost meanwhile, too.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(PathCompleter))]
    [ValidateNotNullOrEmpty]
    public string? LockPath { get; set; }

    /// <summary>How long to wait for the lock; default: as long as it takes. 0 tries once.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? LockTimeout { get; set; }

    /// <summary>The configuration that belongs to the service.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PathCompleter))]
    [ValidateNotNullOrEmpty]
    public string? ConfigPath { get; set; }

    /// <summary>
    /// The settings to publish at <c>-ConfigPath</c>, in one transaction with the record of the rollout: nested objects, a hashtable, or the path
    /// of a JSON or YAML file. What they don't name stays as it is.
    /// </summary>
    [Parameter]
    [ValidateNotNull]
    public object? Config { get; set; }

    /// <summary>The service that must be registered when Kubernetes has rolled it out, by the new pods where there are such.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    [ValidatePattern("^[^/]+$")]
    public string? WaitForService { get; set; }

    /// <summary>How many instances of it; default 1.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Minimum { get; set; } = 1;

    /// <summary>The registry's path; default <c>/services</c>.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PathCompleter))]
    [ValidateNotNullOrEmpty]
    public string BasePath { get; set; } = "/services";

    /// <summary>Where it is recorded who deployed what, below which it is <c>NAMESPACE/NAME</c>; default <c>/deployments</c>.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PathCompleter))]
    [ValidateNotNullOrEmpty]
    public string RecordPath { get; set; } = "/deployments";

    /// <summary>How long the rollout and the registry may take, with the lock held; default 10 minutes.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(10);

    private bool IsGated => LockPath is not null || ConfigPath is not null || WaitForService is not null;

    private void CheckGate()
    {
        string? wrong = Config is not null && ConfigPath is null ? "-Config needs -ConfigPath: where the settings go."
            : IsGated && Prune ? "-Prune can't be taken back: it does not go with -LockPath, -ConfigPath or -WaitForService."
            : !IsGated && (IsBound(nameof(Minimum)) || IsBound(nameof(LockTimeout)) || IsBound(nameof(Timeout)) || IsBound(nameof(RecordPath)) || IsBound(nameof(BasePath)))
                ? "-LockTimeout, -Timeout, -Minimum, -BasePath and -RecordPath are for -LockPath, -ConfigPath or -WaitForService; to wait for a rollout alone use Wait-CoordRollout."
                : null;
        if (wrong is not null)
            Refuse(new CoordException("BadArguments", ErrorCode.BadArguments, wrong, "See the examples of Get-Help Publish-CoordDeployment.", null, null, ErrorCategory.InvalidArgument));
        foreach (string? path in new[] { LockPath, ConfigPath, BasePath, RecordPath })
        {
            if (path is not null && Check(path) is { } bad)
                Refuse(bad);
        }

        if (IsGated)
            _ = CurrentSession;
    }

    private void Refuse(Exception error) => ThrowTerminatingError(ErrorRecords.From(error, null));

    private async Task PublishGatedAsync()
    {
        if (_failed)
        {
            Refuse(new CoordException("BadManifest", ErrorCode.BadArguments, "Nothing was published: not everything could be read.", "Correct what the errors before this one name.", null, null, ErrorCategory.InvalidData));
            return;
        }

        if (_gated.Count == 0)
            return;
        KubernetesObject main = _gated.FirstOrDefault(static one => WorkloadKinds.Of(one) is not null) ?? _gated[0];
        string recordPath = ZPath.Combine(ZPath.Combine(RecordPath, main.Namespace ?? Namespace ?? _cluster.Client.Namespace), main.Name);
        IReadOnlyDictionary<string, byte[]?>? settings = Config is null ? null : ReadSettings();
        string what = string.Join(", ", _gated.Select(static one => one.Description));
        if (!_isTrial && !ShouldProcess(what, "Publish"))
            return;
        LockHandle? handle = null;
        try
        {
            if (LockPath is not null && !_isTrial)
                handle = await AcquireAsync(LockPath);
            await RunAsync(handle, recordPath, settings);
        }
        catch (Exception e) when (ErrorRecords.IsKnown(e))
        {
            if (e is CoordException { Id: RolloutGate.StoppedId } stopped)
            {
                if (Cancellation.IsCancellationRequested)
                {
                    // A pipeline that is stopped takes no more output.
                    Host.UI.WriteWarningLine(stopped.Message);
                    throw new PipelineStoppedException();
                }

                e = new CoordException(
                    "LockLost", ErrorCode.ConnectionLoss, $"Lock '{LockPath}' could no longer be relied on. {stopped.Message}",
                    "See with Get-CoordLock who holds it now, and publish again.", LockPath, e, ErrorCategory.OperationStopped);
            }

            Refuse(e);
        }
        finally
        {
            if (handle is not null)
                await handle.DisposeAsync();
        }
    }

    private async Task RunAsync(LockHandle? handle, string recordPath, IReadOnlyDictionary<string, byte[]?>? settings)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation, handle?.LostToken ?? default);
        var progress = new ProgressReporter(this, "Publish-CoordDeployment");
        SynchronizationContext context = SynchronizationContext.Current!;
        var gate = new RolloutGate
        {
            Cluster = _cluster,
            Publisher = _publisher,
            Manager = FieldManager,
            Client = Client,
            Manifests = _gated,
            RecordPath = recordPath,
            Config = ConfigPath is null ? null : new ConfigStore(Client, ConfigPath),
            Settings = settings,
            Service = WaitForService,
            BasePath = BasePath,
            Minimum = Minimum,
            Timeout = Timeout,
            FencingToken = handle?.FencingToken,
            // Steps are told from wherever they run; only the pipeline's thread may write.
            Report = text => context.Post(_ => Show(progress, text), null),
        };
        if (_isTrial)
        {
            (IReadOnlyList<(KubernetesObject? Before, KubernetesObject After)> objects, ConfigDiff? diff) = await gate.PlanAsync(Cancellation);
            foreach ((KubernetesObject? before, KubernetesObject after) in objects)
                ShouldProcess(Difference(before, after), $"Publish {after.Description}?", "Publish");
            if (diff is { IsEmpty: false })
                ShouldProcess($"Configuration {ConfigPath} would be changed:{Environment.NewLine}{string.Join(Environment.NewLine, diff.Changes.Select(change => $"  {new CoordConfigChange(ConfigPath!, change)}"))}", $"Publish configuration {ConfigPath}?", "Publish");
            return;
        }

        IReadOnlyList<CoordPublication> published = await gate.RunAsync(stop.Token);
        progress.Complete();
        foreach (CoordPublication one in published)
            WriteObject(one);
    }

    private void Show(ProgressReporter progress, string text)
    {
        if (Cancellation.IsCancellationRequested)
            return;
        WriteVerbose(text);
        progress.Report(text);
    }

    private async Task<LockHandle> AcquireAsync(string path)
    {
        // In a block of Use-CoordLock with the same path it is ours already.
        CoordSession session = CurrentSession;
        if (RunspaceState.Current.Held.Find<CoordLock>(held => held.Session == session && held.Path == path && held.IsHeld && held.Mode == CoordLockMode.Exclusive)?.Handle.TryReenter() is { } mine)
            return mine;
        var wanted = new DistributedLock(Client, path);
        Task<LockHandle?> acquiring = LockTimeout is { } timeout ? wanted.TryAcquireAsync(timeout, Cancellation) : AcquireAsync(wanted);
        LockHandle? handle = await WaitAsync(acquiring, $"Waiting for lock {path}", async ct => LockCmdlet.Describe(await wanted.GetParticipantsAsync(ct)));
        return handle ?? throw new CoordException(
            "LockTimeout", ErrorCode.OperationTimeout,
            $"Lock '{path}' was not to be had within {LockTimeout!.Value.TotalSeconds:0.###} s: {LockCmdlet.Describe(await wanted.GetParticipantsAsync(Cancellation))}. Nothing was published.",
            "See who holds it with Get-CoordLock, and wait longer with -LockTimeout.", path);
    }

    private async Task<LockHandle?> AcquireAsync(DistributedLock wanted) => await wanted.AcquireAsync(Cancellation).ConfigureAwait(false);

    private IReadOnlyDictionary<string, byte[]?> ReadSettings()
    {
        object plain = Config is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : Config!;
        try
        {
            JsonNode? json;
            if (plain is string or FileInfo)
            {
                string file = GetUnresolvedProviderPathFromPSPath(plain.ToString()!);
                string text = File.ReadAllText(file);
                json = ConfigFile.FormatOf(file) == CoordConfigFormat.Yaml ? ConfigYaml.Parse(text) : JsonNode.Parse(text);
            }
            else
            {
                json = Manifest.ToNode(Config);
            }

            return json is JsonObject ? ConfigJson.Flatten(json) : throw new FormatException("It holds no object of settings.");
        }
        catch (Exception e) when (e is FormatException or JsonException or IOException or UnauthorizedAccessException)
        {
            Refuse(new CoordException("BadConfig", ErrorCode.BadArguments, $"The settings of -Config can't be published: {e.Message}", "Give nested objects or a hashtable, or a JSON or YAML file.", ConfigPath, e, ErrorCategory.InvalidData));
            throw;
        }
    }
}
