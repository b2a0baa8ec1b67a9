using System.Management.Automation;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using CoordPS.Client.Recipes;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Keeps a Kubernetes ConfigMap equal to a configuration: now, whenever the configuration changes, and whenever someone else changes or deletes
/// the ConfigMap. It emits what it did each time; until Ctrl+C, or <c>-Count</c> times, or <c>-Timeout</c>.
/// </summary>
[Cmdlet(VerbsData.Sync, "CoordConfigMap", SupportsShouldProcess = true)]
[OutputType(typeof(CoordPublication))]
public sealed class SyncCoordConfigMapCommand : ConfigCmdlet
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    /// <summary>The ConfigMap's name; default: the names of the path, parted by hyphens.</summary>
    [Parameter(Position = 1)]
    [ValidatePattern("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")]
    public string? Name { get; set; }

    /// <summary>The namespace; default: the context's.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Namespace { get; set; }

    /// <summary>What the entries' names begin with.</summary>
    [Parameter]
    [AllowEmptyString]
    public string Prefix { get; set; } = "";

    /// <summary>How long it must be quiet after a change before it is passed on; default 200 ms.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Debounce { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>After how many times to end, the first included; 1 makes it equal once. Default: never.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = int.MaxValue;

    /// <summary>When to end; default: never.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>The kubeconfig; default: those of the variable <c>KUBECONFIG</c>, else <c>~/.kube/config</c>, else, in a pod, its service account.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? KubeConfig { get; set; }

    /// <summary>The context of the kubeconfig; default: its current one.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ContextCompleter))]
    public string? Context { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (OpenStore() is not { } store)
            return;
        Cluster cluster = ClusterUse.Open(this, KubeConfig, Context);
        string name = Name ?? ConfigMapManifest.NameFor(Path), ns = Namespace ?? cluster.Client.Namespace;
        if (!ShouldProcess($"ConfigMap/{name} in namespace {ns}", $"Keep equal to {Path}"))
            return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        if (Timeout is { } timeout)
            limit.CancelAfter(timeout);
        try
        {
            await SyncAsync(store, cluster, name, ns, limit.Token);
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            WriteVerbose($"ConfigMap/{name} was kept equal to {Path} for {Timeout!.Value.TotalSeconds:0.###} s.");
        }
    }

    private async Task SyncAsync(ConfigStore store, Cluster cluster, string name, string ns, CancellationToken ct)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Channel<object> changes = Channel.CreateUnbounded<object>(new UnboundedChannelOptions { SingleReader = true });
        Task pumps = Task.WhenAll(
            PumpAsync(store.WatchAsync(Debounce, ending.Token), changes.Writer),
            PumpAsync(cluster.Client.WatchAsync(ResourceType.ConfigMaps, ns, new ListOptions { FieldSelector = $"metadata.name={name}" }, ct: ending.Token), changes.Writer));
        try
        {
            KubernetesObject? live = null;
            JsonObject? wanted = null;
            bool isKnown = false;
            int count = 0;
            await foreach (object change in changes.Reader.ReadAllAsync(ct))
            {
                switch (change)
                {
                    case ConfigUpdate { Snapshot.Exists: false }:
                        WriteWarning($"There is no configuration at '{Path}': ConfigMap/{name} is left as it is.");
                        wanted = null;
                        break;
                    case ConfigUpdate update:
                        wanted = Manifest(update.Snapshot, name, ns);
                        break;
                    case WatchEvent { Type: WatchEventType.Synced }:
                        isKnown = true;
                        break;
                    case WatchEvent seen:
                        live = seen.Type == WatchEventType.Deleted ? null : seen.Object;
                        break;
                }

                if (wanted is null || !isKnown || (count > 0 && live is not null && IsEqual(live, wanted)))
                    continue;
                (CoordPublication done, live) = await PersistAsync(cluster, wanted, name, ns, ct);
                // A change of our own comes back as one that is seen.
                if (count > 0 && done.Action == CoordPublishAction.Unchanged)
                    continue;
                WriteObject(done);
                if (++count >= Count)
                    return;
            }
        }
        finally
        {
            await ending.CancelAsync();
            await pumps.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private static async Task PumpAsync<T>(IAsyncEnumerable<T> source, ChannelWriter<object> changes)
        where T : class
    {
        try
        {
            await foreach (T change in source.ConfigureAwait(false))
                changes.TryWrite(change);
        }
        catch (Exception e)
        {
            changes.TryComplete(e);
            throw;
        }
    }

    private static bool IsEqual(KubernetesObject live, JsonObject wanted) =>
        JsonNode.DeepEquals(live.Json["data"] ?? new JsonObject(), wanted["data"]) && live.Json["binaryData"] is null
        && live.Annotations.GetValueOrDefault(ConfigMapManifest.PathAnnotation) == (string?)wanted["metadata"]!["annotations"]![ConfigMapManifest.PathAnnotation];

    private JsonObject Manifest(ConfigSnapshot snapshot, string name, string ns)
    {
        try
        {
            return ConfigMapManifest.From(snapshot, name, ns, Prefix);
        }
        catch (FormatException e)
        {
            throw new CoordException("NotExportable", Protocol.ErrorCode.BadArguments, e.Message, "Change the configuration, or give another -Prefix.", Path, e);
        }
    }

    /// <summary>Tries again when the server is away for a while, and when someone else writes between.</summary>
    private async Task<(CoordPublication Done, KubernetesObject Live)> PersistAsync(Cluster cluster, JsonObject wanted, string name, string ns, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return await MakeEqualAsync(cluster, wanted, name, ns, ct);
            }
            catch (KubernetesException e) when (e.IsTransient || e.Kind == KubernetesErrorKind.Conflict)
            {
                WriteVerbose(e.Message);
            }

            await Task.Delay(RetryDelay, ct);
        }
    }

    private static async Task<(CoordPublication Done, KubernetesObject Live)> MakeEqualAsync(Cluster cluster, JsonObject wanted, string name, string ns, CancellationToken ct)
    {
        var publisher = new Publisher(cluster, ns, new WriteOptions().FieldManager, true);
        KubernetesObject? before = await cluster.Client.FindAsync(ResourceType.ConfigMaps, name, ns, ct).ConfigureAwait(false);
        if (before is not null && IsEqual(before, wanted))
            return (publisher.Describe(before, before), before);
        KubernetesObject after = await cluster.Client.ApplyAsync(new KubernetesObject(wanted), new ApplyOptions { Force = true }, ct).ConfigureAwait(false);
        if (!IsEqual(after, wanted))
        {
            // What others have added is theirs to an apply; here the whole is to be equal.
            KubernetesObject whole = after.Clone();
            whole.Json["data"] = wanted["data"]!.DeepClone();
            whole.Json.Remove("binaryData");
            after = await cluster.Client.UpdateAsync(whole, null, ct).ConfigureAwait(false);
        }

        return (publisher.Describe(before, after), after);
    }
}
