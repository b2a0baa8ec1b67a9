using System.Text.Json.Nodes;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>Applies objects on the server, in a version that it serves, as one field manager.</summary>
internal sealed class Publisher(Cluster cluster, string? defaultNamespace, string manager, bool force)
{
    private KubernetesClient Client => cluster.Client;

    /// <summary>The manifest as it will be applied: in a version that the server serves, with its namespace.</summary>
    /// <exception cref="KubernetesException">The server serves no such kind, or no version that can say it.</exception>
    /// <exception cref="FormatException">It has no name.</exception>
    public async Task<(ResourceType Type, KubernetesObject Manifest)> PrepareAsync(KubernetesObject manifest, CancellationToken ct)
    {
        if (manifest.Name.Length == 0)
            throw new FormatException($"A {manifest.Kind} has no metadata.name.");
        KubernetesObject wanted = await Client.AdaptAsync(manifest, ct).ConfigureAwait(false);
        ResourceType type = await Client.Discovery.ResolveAsync(wanted.ApiVersion, wanted.Kind, ct).ConfigureAwait(false);
        if (type.IsNamespaced)
            wanted.Namespace ??= defaultNamespace ?? Client.Namespace;
        // What the server knows better; as in what somebody read from it.
        wanted.Json.Remove("status");
        foreach (string name in new[] { "managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink" })
            wanted.Metadata?.Remove(name);
        return (type, wanted);
    }

    /// <summary>Applies a manifest.</summary>
    public async Task<CoordPublication> PublishAsync(KubernetesObject manifest, CancellationToken ct)
    {
        (ResourceType type, KubernetesObject wanted) = await PrepareAsync(manifest, ct).ConfigureAwait(false);
        KubernetesObject? before = await Client.FindAsync(type, wanted.Name, wanted.Namespace, ct).ConfigureAwait(false);
        return Describe(before, await ApplyAsync(wanted, false, ct).ConfigureAwait(false));
    }

    /// <summary>What would change: the object as it is, null when it is not there, and as the server would have it.</summary>
    public async Task<(KubernetesObject? Before, KubernetesObject After)> TryAsync(KubernetesObject manifest, CancellationToken ct)
    {
        (ResourceType type, KubernetesObject wanted) = await PrepareAsync(manifest, ct).ConfigureAwait(false);
        KubernetesObject? before = await Client.FindAsync(type, wanted.Name, wanted.Namespace, ct).ConfigureAwait(false);
        return (before, await ApplyAsync(wanted, true, ct).ConfigureAwait(false));
    }

    /// <summary>Applies what <see cref="PrepareAsync"/> gave.</summary>
    public Task<KubernetesObject> ApplyAsync(KubernetesObject wanted, bool dryRun, CancellationToken ct) =>
        Client.ApplyAsync(wanted, new ApplyOptions { FieldManager = manager, Force = force, DryRun = dryRun }, ct);

    /// <summary>
    /// The manifest that sets a deployment's image and nothing else: what this manager has applied, with the image changed.
    /// </summary>
    /// <param name="live">The deployment.</param>
    /// <param name="image">The image.</param>
    /// <param name="container">The container; null for the one that runs an image of the same repository, or the only one.</param>
    /// <exception cref="FormatException">It is not clear which container is meant.</exception>
    public KubernetesObject WithImage(KubernetesObject live, string image, string? container)
    {
        JsonObject[] containers = [.. live.Spec.Object("template").Object("spec").Objects("containers")];
        string[] names = [.. containers.Select(static one => one.Text("name") ?? "")];
        string? name = container is not null
            ? names.FirstOrDefault(one => one == container)
                ?? throw new FormatException($"{live.Description} has no container '{container}', but {string.Join(", ", names)}.")
            : names.Length == 1 ? names[0]
            : containers.Where(one => ImageText.Repository(one.Text("image") ?? "") == ImageText.Repository(image)).Select(static one => one.Text("name")).ToArray() is [var only]
                ? only
                : throw new FormatException($"{live.Description} has the containers {string.Join(", ", names)}: say which is to run {image} with -Container.");
        KubernetesObject applied = AppliedFields.Of(live, manager);
        JsonObject pod = applied.Json.Ensure("spec").Ensure("template").Ensure("spec");
        if (pod["containers"] is not JsonArray list)
            pod["containers"] = list = [];
        JsonObject? mine = list.OfType<JsonObject>().FirstOrDefault(one => one.Text("name") == name);
        if (mine is null)
            list.Add((JsonNode)(mine = new JsonObject { ["name"] = name }));
        mine["image"] = image;
        return applied;
    }

    /// <summary>What was done with an object.</summary>
    public CoordPublication Describe(KubernetesObject? before, KubernetesObject after, CoordPublishAction? action = null)
    {
        bool isWorkload = WorkloadKinds.Of(after) is not null;
        return new CoordPublication
        {
            Name = after.Name,
            Namespace = after.Namespace,
            Kind = after.Kind,
            ApiVersion = after.ApiVersion,
            Action = action ?? (before is null ? CoordPublishAction.Created : IsSame(before, after) ? CoordPublishAction.Unchanged : CoordPublishAction.Configured),
            Revision = after.Kind == "Deployment" && after.Group == "apps" ? ForetellRevision(before, after) : null,
            Generation = after.Generation,
            Image = isWorkload ? string.Join(", ", WorkloadKinds.ImagesOf(after)) : null,
            Context = cluster.Context,
            KubeConfig = cluster.KubeConfig,
        };
    }

    /// <summary>
    /// The number that the controller writes a moment later: the next one when the pods change. Null while it has not seen what was there before:
    /// whether it gives that a number of its own nobody knows.
    /// </summary>
    private static long? ForetellRevision(KubernetesObject? before, KubernetesObject after)
    {
        if (before is null)
            return 1;
        if (RolloutHistory.RevisionOf(before) is not { } known || before.Status?["observedGeneration"]?.GetValue<long>() != before.Generation)
            return null;
        return JsonNode.DeepEquals(before.Spec?["template"], after.Spec?["template"]) ? known : known + 1;
    }

    /// <summary>A controller may have written a status between the two looks; that is no change of ours.</summary>
    private static bool IsSame(KubernetesObject before, KubernetesObject after) =>
        before.ResourceVersion == after.ResourceVersion || ObjectDifference.Compare(before, after).Count == 0;
}
