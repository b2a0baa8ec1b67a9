using System.Globalization;
using System.Management.Automation;
using System.Text.Json.Nodes;
using CoordPS.Client;
using CoordPS.Client.Recipes;
using CoordPS.Kubernetes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Publishes a service's objects and its configuration as one step that is either done, so that Kubernetes and the service registry agree, or
/// taken back: first it looks whether the server would take all of it; then the configuration and the record of the deployment are written as
/// one transaction; then the objects are applied and waited for.
/// </summary>
internal sealed class RolloutGate
{
    /// <summary>How long taking it back may take, with servers that come and go.</summary>
    private static readonly TimeSpan RestorePatience = TimeSpan.FromSeconds(60);

    private readonly List<Step> _steps = [];
    private DeploymentRecord? _record;
    private ConfigDiff? _published;
    private List<string> _missing = [];
    private bool _changing;

    public required Cluster Cluster { get; init; }

    public required Publisher Publisher { get; init; }

    public required string Manager { get; init; }

    public required ZooKeeperClient Client { get; init; }

    public required IReadOnlyList<KubernetesObject> Manifests { get; init; }

    public required string RecordPath { get; init; }

    /// <summary>Null without a configuration.</summary>
    public ConfigStore? Config { get; init; }

    /// <summary>The settings to publish; null for none.</summary>
    public IReadOnlyDictionary<string, byte[]?>? Settings { get; init; }

    public string? Service { get; init; }

    public string BasePath { get; init; } = "/services";

    public int Minimum { get; init; } = 1;

    public TimeSpan Timeout { get; init; }

    public long? FencingToken { get; init; }

    /// <summary>Told of each step.</summary>
    public required Action<string> Report { get; init; }

    private Step? Workload => _steps.FirstOrDefault(static step => WorkloadKinds.Of(step.Wanted) is not null);

    /// <summary>Looks what would be done, and changes nothing.</summary>
    public async Task<(IReadOnlyList<(KubernetesObject? Before, KubernetesObject After)> Objects, ConfigDiff? Config)> PlanAsync(CancellationToken ct)
    {
        HashSet<string> made = [.. Manifests.Where(static one => one.Kind == "Namespace").Select(static one => one.Name)];
        foreach (KubernetesObject manifest in ManifestOrder.Sort(Manifests))
        {
            (ResourceType type, KubernetesObject wanted) = await Publisher.PrepareAsync(manifest, ct).ConfigureAwait(false);
            KubernetesObject? before = await Cluster.Client.FindAsync(type, wanted.Name, wanted.Namespace, ct).ConfigureAwait(false);
            // In a namespace that this deployment makes the server can't try anything yet.
            bool canTry = wanted.Namespace is not { } ns || !made.Contains(ns)
                || await Cluster.Client.FindAsync(ResourceType.Namespaces, ns, null, ct).ConfigureAwait(false) is not null;
            KubernetesObject trial = canTry ? await Publisher.ApplyAsync(wanted, true, ct).ConfigureAwait(false) : wanted;
            _steps.Add(new Step(type, wanted, before, trial));
        }

        ConfigDiff? diff = Config is not null && Settings is not null ? ConfigDiff.Between(await Config.LoadAsync(ct).ConfigureAwait(false), Settings) : null;
        return ([.. _steps.Select(static step => (step.Before, step.Trial))], diff);
    }

    /// <summary>Does it, and emits what became of each object.</summary>
    /// <exception cref="CoordException">It failed; the message says at what, and what was taken back.</exception>
    public async Task<IReadOnlyList<CoordPublication>> RunAsync(CancellationToken ct)
    {
        string at = "trying it on the server";
        try
        {
            Report("Trying it on the server.");
            (_, ConfigDiff? diff) = await PlanAsync(ct).ConfigureAwait(false);
            at = "writing the configuration and the record";
            long zxid = await BeginAsync(diff, ct).ConfigureAwait(false);
            foreach (Step step in _steps)
            {
                at = $"applying {step.Wanted.Description}";
                Report($"Applying {step.Wanted.Description}.");
                step.Attempted = true;
                step.After = await Publisher.ApplyAsync(step.Wanted, false, ct).ConfigureAwait(false);
            }

            at = "waiting for the rollout";
            await AgreeAsync(zxid, what => at = what, ct).ConfigureAwait(false);
            at = "recording it";
            await EndAsync("Succeeded", null, ct).ConfigureAwait(false);
            return [.. _steps.Select(step => Publisher.Describe(step.Before, step.After!))];
        }
        catch (Exception e)
        {
            // Whatever it was: half of it is not to stay.
            ErrorRecord error = ErrorRecords.From(
                e switch
                {
                    ConfigConflictException { Path: var path } => new CoordException(
                        "ConfigConflict", ErrorCode.BadVersion, $"'{path}' was changed by someone else meanwhile.", "Publish it again.", path, e, ErrorCategory.InvalidOperation),
                    FormatException => new CoordException("BadManifest", ErrorCode.BadArguments, e.Message, "Correct the manifest.", null, e, ErrorCategory.InvalidData),
                    _ => e,
                },
                null);
            string what = e is OperationCanceledException ? "it was stopped" : error.ErrorDetails?.Message ?? e.Message;
            string restored = await RestoreAsync($"{at}: {what}").ConfigureAwait(false);
            throw new CoordException(
                e is OperationCanceledException ? StoppedId : error.FullyQualifiedErrorId, ErrorCode.SystemError,
                $"The deployment failed while {at}: {what}{Environment.NewLine}{restored}",
                error.ErrorDetails?.RecommendedAction ?? "Publish it again.", RecordPath, e, error.CategoryInfo.Category);
        }
    }

    /// <summary>The id of the error when it was stopped from outside.</summary>
    public const string StoppedId = "PublishStopped";

    private async Task<long> BeginAsync(ConfigDiff? diff, CancellationToken ct)
    {
        Report(diff is { IsEmpty: false } ? $"Publishing configuration {Config!.Root}, {diff.Changes.Count} changes, and recording the deployment at {RecordPath}." : $"Recording the deployment at {RecordPath}.");
        _record = await DeploymentRecord.OpenAsync(Client, RecordPath, ct).ConfigureAwait(false);
        Describe(_record.Entry);
        ZooKeeperClient client = await Client.Succession.CurrentAsync(ct).ConfigureAwait(false);
        if (diff is { IsEmpty: false })
        {
            _missing = await MissingAboveAsync(client, Config!.Root, ct).ConfigureAwait(false);
            // From here on it may have happened, whatever the answer.
            _published = diff;
            _changing = true;
            ConfigSnapshot now;
            try
            {
                now = await Config.ApplyAsync(diff, [_record.ToOperation()], ct).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ConfigConflictException or ZooKeeperTransactionException or RequestTooLargeException or NoAuthException)
            {
                // All or nothing, and it was nothing; but what is above the configuration may have been made.
                (_published, _changing) = (null, false);
                await ConfigRestore.RemoveAsync(Client, _missing, ct).ConfigureAwait(false);
                throw;
            }

            _record.Written();
            _record.Entry["configZxid"] = $"0x{now.Zxid:x}";
            return now.Zxid;
        }

        _changing = true;
        try
        {
            await _record.WriteAsync(ct).ConfigureAwait(false);
        }
        catch (NoAuthException)
        {
            _changing = false;
            throw;
        }

        if (Config is not null)
            _record.Entry["configZxid"] = $"0x{(await Config.LoadAsync(ct).ConfigureAwait(false)).Zxid:x}";
        return (await client.RepeatAsync(() => client.ExistsAsync(RecordPath, ct), ct).ConfigureAwait(false))?.Mzxid ?? 0;
    }

    private static async Task<List<string>> MissingAboveAsync(ZooKeeperClient client, string root, CancellationToken ct)
    {
        var missing = new List<string>();
        for (string path = ZPath.Parent(root); path.Length > 1; path = ZPath.Parent(path))
        {
            string here = path;
            if (await client.RepeatAsync(() => client.ExistsAsync(here, ct), ct).ConfigureAwait(false) is not null)
                break;
            missing.Add(here);
        }

        return missing;
    }

    private void Describe(JsonObject entry)
    {
        Step? workload = Workload;
        KubernetesObject what = workload?.Wanted ?? _steps[0].Wanted;
        entry["name"] = what.Name;
        entry["namespace"] = what.Namespace;
        entry["kind"] = what.Kind;
        entry["revision"] = workload is null ? null : Publisher.Describe(workload.Before, workload.Trial).Revision;
        entry["images"] = new JsonArray([.. _steps.SelectMany(static step => WorkloadKinds.ImagesOf(step.Wanted)).Select(static image => (JsonNode)image)]);
        entry["objects"] = new JsonArray([.. _steps.Select(static step => (JsonNode)step.Wanted.Description)]);
        entry["who"] = Environment.UserName;
        entry["host"] = Environment.MachineName;
        entry["process"] = Environment.ProcessId;
        entry["context"] = Cluster.Context;
        entry["fieldManager"] = Manager;
        entry["started"] = Now();
        entry["configPath"] = Config?.Root;
        entry["fencingToken"] = FencingToken;
        entry["result"] = "InProgress";
    }

    private static string Now() => DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private async Task AgreeAsync(long zxid, Action<string> at, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Timeout);
        Step[] workloads = [.. _steps.Where(static step => WorkloadKinds.Of(step.Wanted) is not null)];
        await WaitAllAsync(workloads, ct, limit.Token).ConfigureAwait(false);
        if (Service is null)
            return;
        // Where all pods are new their registrations are, too: those of pods that ended may linger until their sessions expire.
        bool isNew = Workload is { } one && !JsonNode.DeepEquals(one.Before?.Spec?["template"], one.After!.Spec?["template"]);
        at($"waiting for service {Service}");
        Report($"Waiting for {Minimum} instances of service {Service} at {BasePath}.");
        var agreement = new ServiceAgreement(Client, BasePath, Service, Minimum, isNew ? zxid : 0);
        try
        {
            await agreement.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new CoordException(
                "ServiceTimeout", ErrorCode.OperationTimeout,
                $"Kubernetes has rolled it out, but within {Timeout.TotalSeconds:0.###} s the registry did not agree: {agreement.Seen}.",
                "Check that the service registers itself (Get-CoordService), or wait longer with -Timeout.", null, e, ErrorCategory.OperationTimeout);
        }
    }

    /// <summary>Waits for all; the first that fails ends it for the others.</summary>
    private async Task WaitAllAsync(Step[] workloads, CancellationToken ct, CancellationToken limit)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, limit);
        Task[] waits = [.. workloads.Select(step => WaitAsync(step, either.Token, stop.Token))];
        try
        {
            await foreach (Task done in Task.WhenEach(waits).ConfigureAwait(false))
                await done.ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(waits).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WaitAsync(Step step, CancellationToken limit, CancellationToken ct)
    {
        Report($"Waiting for the rollout of {step.Wanted.Description}.");
        var watch = new RolloutWatch(Cluster.Client, step.Type, step.Wanted.Name, step.Wanted.Namespace!, step.After!.Generation);
        RolloutStatus? last = null;
        try
        {
            await foreach (RolloutStatus status in watch.FollowAsync(limit).ConfigureAwait(false))
            {
                last = status;
                if (status.IsComplete)
                    return;
                if (status.IsFailed)
                    throw await RolloutFailure.ExplainAsync(Cluster.Client, status, null, ct).ConfigureAwait(false);
                Report(status.Message);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw last is not null ? await RolloutFailure.ExplainAsync(Cluster.Client, last, Timeout, ct).ConfigureAwait(false) : new CoordException(
                "RolloutTimeout", ErrorCode.OperationTimeout, $"Nothing was heard of {step.Wanted.Description} within {Timeout.TotalSeconds:0.###} s.",
                "Check that the API server runs.", null, null, ErrorCategory.OperationTimeout);
        }
    }

    private async Task EndAsync(string result, string? error, CancellationToken ct)
    {
        _record!.Entry["result"] = result;
        _record.Entry["error"] = error;
        _record.Entry["finished"] = Now();
        await _record.FinishAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Takes back what was done, whatever else happens, and says what that was.</summary>
    private async Task<string> RestoreAsync(string why)
    {
        if (!_changing)
            return "Nothing was changed.";
        Report("Taking back what was done.");
        using var patience = new CancellationTokenSource(RestorePatience);
        var said = new List<string>();
        bool failed = false;
        foreach (Step step in Enumerable.Reverse(_steps).Where(static step => step.Attempted))
        {
            await TryAsync(step.Wanted.Description, async () =>
                await ObjectRestore.RestoreAsync(Cluster.Client, step.Type, step.Before, step.After, step.Wanted, Manager, patience.Token).ConfigureAwait(false)).ConfigureAwait(false);
        }

        if (_published is not null)
        {
            await TryAsync($"configuration {Config!.Root}", async () =>
                await ConfigRestore.RestoreAsync(Client, Config, _published, _missing, patience.Token).ConfigureAwait(false)).ConfigureAwait(false);
        }

        await TryAsync($"record {RecordPath}", async () =>
        {
            await EndAsync(failed ? "RestoreFailed" : "RolledBack", why, patience.Token).ConfigureAwait(false);
            return null;
        }).ConfigureAwait(false);
        return said.Count == 0 ? "Nothing was changed." : $"It was {(failed ? "not all " : "")}taken back: {string.Join("; ", said)}.";

        async Task TryAsync(string what, Func<Task<string?>> action)
        {
            try
            {
                if (await action().ConfigureAwait(false) is { } done)
                    said.Add(done);
            }
            catch (Exception e) when (ErrorRecords.IsKnown(e) || e is OperationCanceledException)
            {
                failed = true;
                said.Add($"{what} was NOT put back ({(e is OperationCanceledException ? $"not within {RestorePatience.TotalSeconds:0} s" : e.Message.TrimEnd('.'))})");
            }
        }
    }

    private sealed class Step(ResourceType type, KubernetesObject wanted, KubernetesObject? before, KubernetesObject trial)
    {
        public ResourceType Type => type;

        public KubernetesObject Wanted => wanted;

        public KubernetesObject? Before => before;

        public KubernetesObject Trial => trial;

        public KubernetesObject? After { get; set; }

        public bool Attempted { get; set; }
    }
}
