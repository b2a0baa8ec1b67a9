using System.Text.Json.Nodes;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>The revisions of a workload of any kind, and the way back to one.</summary>
internal static class Revisions
{
    /// <summary>The revisions that the cluster still has, oldest first.</summary>
    public static async Task<IReadOnlyList<CoordRolloutRevision>> ListAsync(Cluster cluster, KubernetesObject workload, CancellationToken ct)
    {
        if (workload.Kind == "Deployment")
        {
            KubernetesList sets = await cluster.Client.ListAsync(ResourceType.ReplicaSets, workload.Namespace, OfPods(workload), ct).ConfigureAwait(false);
            return [.. RolloutHistory.Of(workload, sets.Items).Select(one =>
                New(one.Revision, one.IsCurrent, one.Images, one.Created, one.ChangeCause))];
        }

        KubernetesObject[] all = await ControllerRevisionsAsync(cluster.Client, workload, ct).ConfigureAwait(false);
        string? current = CurrentOf(workload, all)?.Name;
        return [.. all.Select(one => New(
            one.Json.Number("revision") ?? 0, one.Name == current,
            [.. (one.Json["data"]?["spec"]?["template"] as JsonObject).Object("spec").Objects("containers").Select(static container => container.Text("image") ?? "")],
            one.CreationTimestamp, one.Annotations.GetValueOrDefault("kubernetes.io/change-cause")))];

        CoordRolloutRevision New(long revision, bool isCurrent, IReadOnlyList<string> images, DateTimeOffset? created, string? cause) => new(
            workload.Name, workload.Namespace!, workload.Kind, revision, isCurrent, string.Join(", ", images), created?.ToLocalTime(), cause, cluster.Context, cluster.KubeConfig);
    }

    /// <summary>Goes back to a revision.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="workload">The workload.</param>
    /// <param name="revision">The revision; null for the one before the present.</param>
    /// <param name="manager">Who does it.</param>
    /// <param name="ct">Ends the wait for the server.</param>
    /// <returns>The revision gone back to, and the workload as it is then.</returns>
    /// <exception cref="KubernetesException">There is no such revision.</exception>
    public static async Task<(long Revision, KubernetesObject Workload)> UndoAsync(Cluster cluster, KubernetesObject workload, long? revision, string manager, CancellationToken ct)
    {
        var options = new WriteOptions { FieldManager = manager };
        ResourceType type = WorkloadKinds.TypeOf(WorkloadKinds.Of(workload)!.Value);
        if (workload.Kind == "Deployment")
        {
            KubernetesList sets = await cluster.Client.ListAsync(ResourceType.ReplicaSets, workload.Namespace, OfPods(workload), ct).ConfigureAwait(false);
            (RolloutRevision to, JsonArray? patch) = RolloutHistory.Undo(workload, sets.Items, revision);
            return (to.Revision, patch is null ? workload : await cluster.Client.PatchAsync(type, workload.Name, workload.Namespace, PatchKind.Json, patch, null, options, ct).ConfigureAwait(false));
        }

        KubernetesObject[] all = await ControllerRevisionsAsync(cluster.Client, workload, ct).ConfigureAwait(false);
        string? current = CurrentOf(workload, all)?.Name;
        KubernetesObject? found = revision is null ? all.LastOrDefault(one => one.Name != current) : all.FirstOrDefault(one => one.Json.Number("revision") == revision);
        if (found?.Json["data"] is not JsonObject data)
        {
            string have = all.Length == 0 ? "none" : string.Join(", ", all.Select(static one => one.Json.Number("revision")));
            throw new KubernetesException(
                KubernetesErrorKind.Invalid, $"{workload.Description} has no revision {(revision is null ? "to go back to" : revision)}.", $"The cluster has these revisions: {have}.");
        }

        return (found.Json.Number("revision") ?? 0, await cluster.Client.PatchAsync(type, workload.Name, workload.Namespace, PatchKind.Strategic, data, null, options, ct).ConfigureAwait(false));
    }

    private static ListOptions OfPods(KubernetesObject workload) => new() { LabelSelector = WorkloadKinds.SelectorOf(workload) };

    private static async Task<KubernetesObject[]> ControllerRevisionsAsync(KubernetesClient client, KubernetesObject workload, CancellationToken ct)
    {
        KubernetesList all = await client.ListAsync(ResourceType.ControllerRevisions, workload.Namespace, OfPods(workload), ct).ConfigureAwait(false);
        return [.. all.Items.Where(one => one.Controller?.Uid == workload.Uid).OrderBy(static one => one.Json.Number("revision"))];
    }

    /// <summary>The revision asked for now: a StatefulSet names it, that of a DaemonSet is the last.</summary>
    private static KubernetesObject? CurrentOf(KubernetesObject workload, KubernetesObject[] all) =>
        all.FirstOrDefault(one => one.Name == workload.Status.Text("updateRevision")) ?? all.LastOrDefault();
}
