using System.Runtime.CompilerServices;
using System.Threading.Channels;
using CoordPS.Kubernetes;
using CoordPS.Protocol;
using WatchEventType = CoordPS.Kubernetes.WatchEventType;

namespace CoordPS.Cmdlets;

/// <summary>Follows a rollout by watching the workload, its ReplicaSets and its pods. The API server may be away in between.</summary>
internal sealed class RolloutWatch(KubernetesClient client, ResourceType type, string name, string ns, long generation = 0)
{
    /// <summary>The workload as it was seen last; null before the first state.</summary>
    public KubernetesObject? Workload { get; private set; }

    /// <summary>The state now, and each that differs from the one before, until the enumeration is left.</summary>
    /// <exception cref="KubernetesException">There is no such workload, or it may not be watched.</exception>
    /// <exception cref="CoordException">It was deleted meanwhile.</exception>
    public async IAsyncEnumerable<RolloutStatus> FollowAsync([EnumeratorCancellation] CancellationToken ct)
    {
        KubernetesObject first = await client.GetAsync(type, name, ns, ct).ConfigureAwait(false);
        string selector = WorkloadKinds.SelectorOf(first);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Channel<(int Source, WatchEvent Change)> changes = Channel.CreateUnbounded<(int, WatchEvent)>(new UnboundedChannelOptions { SingleReader = true });
        var ofWorkload = new ListOptions { FieldSelector = $"metadata.name={name}" };
        var ofPods = new ListOptions { LabelSelector = selector };
        List<Task> watches =
        [
            PumpAsync(0, type, ofWorkload, changes.Writer, ending.Token),
            PumpAsync(1, ResourceType.Pods, ofPods, changes.Writer, ending.Token),
        ];
        if (type.Kind == "Deployment")
            watches.Add(PumpAsync(2, ResourceType.ReplicaSets, ofPods, changes.Writer, ending.Token));
        try
        {
            var tracker = new RolloutTracker();
            var known = new Dictionary<string, KubernetesObject>[] { [], [], [] };
            var synced = new HashSet<int>();
            string? shown = null;
            while (true)
            {
                while (changes.Reader.TryRead(out (int Source, WatchEvent Change) next))
                    Apply(known[next.Source], synced, next.Source, next.Change);
                RolloutStatus? status = null;
                if (synced.Count >= watches.Count)
                {
                    Workload = known[0].Values.FirstOrDefault() ?? throw Gone(first);
                    if (Workload.Uid != first.Uid)
                        throw Gone(first);
                    if (Workload.Generation >= generation)
                    {
                        status = tracker.Update(Workload, known[2].Values, known[1].Values, DateTimeOffset.UtcNow);
                        string text = $"{status.Phase} {status.Revision} {status.Desired} {status.Updated} {status.Ready} {status.Available} {status.Message} {string.Join(';', status.Problems)}";
                        if (text != shown)
                        {
                            shown = text;
                            yield return status;
                        }
                    }
                }

                await WaitAsync(changes.Reader, status?.LookAgain, ct).ConfigureAwait(false);
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(watches).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static CoordException Gone(KubernetesObject workload) => new(
        "RolloutGone", ErrorCode.NoNode, $"{workload.Description} was deleted while its rollout was waited for.", "Publish it again.", null, null, System.Management.Automation.ErrorCategory.ObjectNotFound);

    private static void Apply(Dictionary<string, KubernetesObject> known, HashSet<int> synced, int source, WatchEvent change)
    {
        switch (change.Type)
        {
            case WatchEventType.Synced:
                synced.Add(source);
                break;
            case WatchEventType.Deleted:
                known.Remove(change.Object!.Name);
                break;
            default:
                known[change.Object!.Name] = change.Object;
                break;
        }
    }

    /// <summary>Waits for a change, or until a problem that lasts becomes certain.</summary>
    private static async Task WaitAsync(ChannelReader<(int, WatchEvent)> changes, DateTimeOffset? until, CancellationToken ct)
    {
        if (until is not { } time)
        {
            await changes.WaitToReadAsync(ct).ConfigureAwait(false);
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        TimeSpan left = time - DateTimeOffset.UtcNow;
        limit.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1));
        try
        {
            await changes.WaitToReadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // It is time to look again.
        }
    }

    private async Task PumpAsync(int source, ResourceType of, ListOptions which, ChannelWriter<(int, WatchEvent)> changes, CancellationToken ct)
    {
        try
        {
            await foreach (WatchEvent change in client.WatchAsync(of, ns, which, ct: ct).ConfigureAwait(false))
                await changes.WriteAsync((source, change), ct).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            changes.TryComplete(e);
            throw;
        }
    }
}
