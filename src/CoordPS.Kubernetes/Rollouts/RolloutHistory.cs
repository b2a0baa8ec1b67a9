using System.Globalization;
using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>One revision of a Deployment: a ReplicaSet with the template it had.</summary>
/// <param name="Revision">Its number.</param>
/// <param name="ReplicaSet">The ReplicaSet.</param>
/// <param name="IsCurrent">Whether it is what is asked for now.</param>
public sealed record RolloutRevision(long Revision, KubernetesObject ReplicaSet, bool IsCurrent)
{
    /// <summary>The images of its containers.</summary>
    public IReadOnlyList<string> Images => [.. ReplicaSet.Spec.Object("template").Object("spec").Objects("containers").Select(static c => c.Text("image") ?? "")];

    /// <summary>Why it was made, as its annotation <c>kubernetes.io/change-cause</c> says; null if it does not.</summary>
    public string? ChangeCause => ReplicaSet.Annotations.GetValueOrDefault("kubernetes.io/change-cause");

    /// <summary>When it was first made.</summary>
    public DateTimeOffset? Created => ReplicaSet.CreationTimestamp;

    /// <summary>How many pods it has.</summary>
    public int Replicas => ReplicaSet.Status.Int("replicas") ?? 0;
}

/// <summary>The revisions of a Deployment, and the patches that kubectl's rollout commands make.</summary>
public static class RolloutHistory
{
    internal const string RevisionAnnotation = "deployment.kubernetes.io/revision";

    internal const string LastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

    private const string HashLabel = "pod-template-hash";

    /// <summary>Annotations of a ReplicaSet that are its own, or of a Deployment that stay when it goes back.</summary>
    private static readonly HashSet<string> OwnAnnotations = new(StringComparer.Ordinal)
    {
        LastAppliedAnnotation,
        RevisionAnnotation,
        "deployment.kubernetes.io/revision-history",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deprecated.deployment.rollback.to",
    };

    /// <summary>The revisions that the cluster still has, oldest first.</summary>
    /// <param name="deployment">The Deployment.</param>
    /// <param name="replicaSets">ReplicaSets, among them its own.</param>
    public static IReadOnlyList<RolloutRevision> Of(KubernetesObject deployment, IEnumerable<KubernetesObject> replicaSets)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        KubernetesObject[] owned = [.. Owned(deployment, replicaSets)];
        KubernetesObject? current = NewReplicaSet(deployment, owned);
        return
        [
            .. owned.Where(static set => RevisionOf(set) is not null)
                .Select(set => new RolloutRevision(RevisionOf(set)!.Value, set, set.Uid == current?.Uid))
                .OrderBy(static revision => revision.Revision),
        ];
    }

    /// <summary>The patch that goes back to a revision: its template, and its annotations.</summary>
    /// <param name="deployment">The Deployment.</param>
    /// <param name="replicaSets">ReplicaSets, among them its own.</param>
    /// <param name="revision">The revision; null for the one before the present.</param>
    /// <returns>The revision gone back to, and a patch of the kind <see cref="PatchKind.Json"/>; null if the Deployment is of that template already.</returns>
    /// <exception cref="KubernetesException">There is no such revision, or the Deployment is paused.</exception>
    public static (RolloutRevision To, JsonArray? Patch) Undo(KubernetesObject deployment, IEnumerable<KubernetesObject> replicaSets, long? revision = null)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        if (deployment.Spec.Flag("paused") == true)
            throw Error(deployment, "is paused, and a paused deployment can't go back", "Resume it first.");
        IReadOnlyList<RolloutRevision> history = Of(deployment, replicaSets);
        string have = history.Count == 0 ? "none" : string.Join(", ", history.Select(static r => r.Revision));
        RolloutRevision? to = revision is { } number
            ? history.FirstOrDefault(r => r.Revision == number)
            : history.LastOrDefault(r => !r.IsCurrent);
        if (to is null)
        {
            throw revision is null
                ? Error(deployment, "has no revision to go back to", $"The cluster has these revisions: {have}; raise revisionHistoryLimit to keep more.")
                : Error(deployment, $"has no revision {revision}", $"The cluster has these revisions: {have}.");
        }

        JsonObject template = TemplateOf(to.ReplicaSet) ?? [];
        if (JsonNode.DeepEquals(template, TemplateOf(deployment)))
            return (to, null);
        var annotations = new JsonObject();
        foreach ((string name, string value) in deployment.Annotations.Where(static pair => OwnAnnotations.Contains(pair.Key)))
            annotations[name] = value;
        foreach ((string name, string value) in to.ReplicaSet.Annotations.Where(static pair => !OwnAnnotations.Contains(pair.Key)))
            annotations[name] = value;
        // "add" replaces what is there, and does not fail where there is nothing.
        return (to, new JsonArray(
            new JsonObject { ["op"] = "replace", ["path"] = "/spec/template", ["value"] = template },
            new JsonObject { ["op"] = "add", ["path"] = "/metadata/annotations", ["value"] = annotations }));
    }

    /// <summary>The merge patch that pauses or resumes a Deployment.</summary>
    public static JsonObject Pause(bool paused) => new() { ["spec"] = new JsonObject { ["paused"] = paused } };

    /// <summary>The merge patch that replaces all pods by new ones of the same template, as <c>kubectl rollout restart</c> does.</summary>
    public static JsonObject Restart(DateTimeOffset now) => new()
    {
        ["spec"] = new JsonObject
        {
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["annotations"] = new JsonObject { ["kubectl.kubernetes.io/restartedAt"] = now.ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture) },
                },
            },
        },
    };

    /// <summary>The revision of a Deployment or ReplicaSet; null if it has none yet.</summary>
    public static long? RevisionOf(KubernetesObject? value) =>
        long.TryParse(value?.Annotations.GetValueOrDefault(RevisionAnnotation), CultureInfo.InvariantCulture, out long revision) ? revision : null;

    /// <summary>The ReplicaSets that a Deployment controls.</summary>
    public static IEnumerable<KubernetesObject> Owned(KubernetesObject deployment, IEnumerable<KubernetesObject> replicaSets)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        return replicaSets.Where(set => set.Controller?.Uid == deployment.Uid);
    }

    /// <summary>The ReplicaSet with the template that is asked for now; null if there is none yet.</summary>
    public static KubernetesObject? NewReplicaSet(KubernetesObject deployment, IEnumerable<KubernetesObject> replicaSets)
    {
        KubernetesObject[] owned = [.. Owned(deployment, replicaSets)];
        JsonObject? template = TemplateOf(deployment);
        // As the controller finds it: the oldest, should there be several of the same template.
        KubernetesObject? same = owned.Where(set => JsonNode.DeepEquals(TemplateOf(set), template))
            .OrderBy(static set => set.CreationTimestamp).ThenBy(static set => set.Name, StringComparer.Ordinal).FirstOrDefault();
        if (same is not null)
            return same;
        // Defaults that a newer server added may be in one of them only; once the controller has seen the change, its number tells.
        bool observed = deployment.Generation <= (deployment.Status.Number("observedGeneration") ?? 0);
        return observed && RevisionOf(deployment) is { } revision ? owned.FirstOrDefault(set => RevisionOf(set) == revision) : null;
    }

    private static JsonObject? TemplateOf(KubernetesObject value)
    {
        if (value.Spec.Object("template") is not { } there)
            return null;
        var template = (JsonObject)there.DeepClone();
        template.Object("metadata").Object("labels")?.Remove(HashLabel);
        return template;
    }

    private static KubernetesException Error(KubernetesObject deployment, string what, string action) =>
        new(KubernetesErrorKind.Invalid, $"{deployment.Description} {what}.", action) { Target = deployment.Description };
}
