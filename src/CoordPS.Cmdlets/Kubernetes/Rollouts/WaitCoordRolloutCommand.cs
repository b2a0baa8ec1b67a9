using System.Diagnostics;
using System.Management.Automation;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Waits until rollouts are complete, and emits how they ended. A rollout fails as soon as that is certain: at its progress deadline, when a
/// container crashes again and again, when an image can't be pulled; the error has the last lines that its containers wrote. The API server may
/// be away for a while. What is piped in is waited for together.
/// </summary>
[Cmdlet(VerbsLifecycle.Wait, "CoordRollout", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(CoordRollout))]
public sealed class WaitCoordRolloutCommand : RolloutCmdlet
{
    private readonly RequestWindow _window;

    /// <summary>Makes the cmdlet.</summary>
    public WaitCoordRolloutCommand() => _window = new RequestWindow(WriteError) { Limit = 32 };

    /// <summary>How long to wait for each; default 10 minutes. 0 looks once.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Go back to the revision before when the rollout fails or is not complete in time, and wait until that is complete again.</summary>
    [Parameter]
    public SwitchParameter UndoOnFailure { get; set; }

    /// <summary>Emit the state at every change, and not only at the end.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>What the cluster counts changes by: states before it don't count. <c>Publish-CoordDeployment</c> knows it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, long.MaxValue)]
    public long Generation { get; set; }

    /// <summary>What <c>Publish-CoordDeployment</c> did with it: what it pruned is not waited for.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public CoordPublishAction? Action { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (CurrentType is not { } type || Action == CoordPublishAction.Pruned)
            return;
        foreach (string name in Name)
        {
            Cluster cluster = Cluster;
            string ns = CurrentNamespace;
            long generation = Generation;
            if (ShouldProcess($"{type.Kind}/{name} in namespace {ns}", "Wait for rollout"))
                await _window.SubmitAsync(name, ct => WaitAsync(cluster, type, name, ns, generation, ct), Emit, Cancellation);
        }
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        await _window.DrainAsync(Cancellation);
        await base.EndAsync();
    }

    private Task Emit(CoordRollout? rollout)
    {
        if (rollout is not null)
            WriteObject(rollout);
        return Task.CompletedTask;
    }

    // What it awaits comes back on the pipeline thread: it may show progress.
    private async Task<CoordRollout?> WaitAsync(Cluster cluster, ResourceType type, string name, string ns, long generation, CancellationToken ct)
    {
        long started = Stopwatch.GetTimestamp();
        var watch = new RolloutWatch(cluster.Client, type, name, ns, generation);
        RolloutStatus? status = await FollowAsync(cluster, watch, $"{type.Kind} {name}", started, ct);
        if (status is { IsComplete: true })
            return Follow ? null : Describe(cluster, watch, status, started);
        CoordException failure = status is null
            ? new CoordException(
                "RolloutTimeout", Protocol.ErrorCode.OperationTimeout, $"Nothing was heard of {type.Kind}/{name} in namespace {ns} within {Timeout.TotalSeconds:0.###} s.",
                "Wait longer with -Timeout, or check that the API server runs.", null, null, ErrorCategory.OperationTimeout)
            : await RolloutFailure.ExplainAsync(cluster.Client, status, status.IsFailed ? null : Timeout, ct);
        throw UndoOnFailure && watch.Workload is { } workload ? await UndoAsync(cluster, type, workload, failure, ct) : failure;
    }

    private async Task<RolloutStatus?> FollowAsync(Cluster cluster, RolloutWatch watch, string what, long started, CancellationToken ct)
    {
        RolloutStatus? last = null;
        var progress = new ProgressReporter(this, $"Rollout of {what}");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (Timeout > TimeSpan.Zero)
            limit.CancelAfter(Timeout);
        try
        {
            await foreach (RolloutStatus status in watch.FollowAsync(limit.Token))
            {
                last = status;
                string reason = status.IsComplete || status.Problems.Count == 0 ? "" : $" ({status.Problems[0]})";
                WriteVerbose($"{status.Updated} updated, {status.Ready} ready, {status.Available} available of {status.Desired}: {status.Message}{reason}");
                progress.Report($"{status.Message}{reason}");
                ClusterUse.Report(this, cluster);
                if (Follow)
                    WriteObject(Describe(cluster, watch, status, started));
                if (status.IsComplete || status.IsFailed || Timeout == TimeSpan.Zero)
                    return status;
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Its time is over.
        }
        finally
        {
            if (!ct.IsCancellationRequested)
                progress.Complete();
        }

        return last;
    }

    private async Task<CoordException> UndoAsync(Cluster cluster, ResourceType type, KubernetesObject workload, CoordException failure, CancellationToken ct)
    {
        string outcome;
        try
        {
            KubernetesObject now = await cluster.Client.GetAsync(type, workload.Name, workload.Namespace, ct);
            (long revision, KubernetesObject back) = await Revisions.UndoAsync(cluster, now, null, Writer.FieldManager, ct);
            var watch = new RolloutWatch(cluster.Client, type, workload.Name, workload.Namespace!, back.Generation);
            RolloutStatus? status = await FollowAsync(cluster, watch, $"{type.Kind} {workload.Name}, back to revision {revision}", Stopwatch.GetTimestamp(), ct);
            outcome = status is { IsComplete: true }
                ? $"It was undone: revision {revision} is rolled out again."
                : $"It was undone, and revision {revision} is not complete again yet: {status?.Message}";
        }
        catch (KubernetesException e)
        {
            outcome = $"It was not undone: {e.Message}";
        }

        return new CoordException(failure.Id, failure.Error, $"{failure.Message}{Environment.NewLine}{outcome}", failure.RecommendedAction, null, failure, failure.Category);
    }

    private static CoordRollout Describe(Cluster cluster, RolloutWatch watch, RolloutStatus status, long started) =>
        new(status, watch.Workload!, cluster.Context, cluster.KubeConfig, Stopwatch.GetElapsedTime(started));
}
