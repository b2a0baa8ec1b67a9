using System.Text.Json.Nodes;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>Takes back what was applied: each object is as it was before, with whose each field was; what was not there goes.</summary>
internal static class ObjectRestore
{
    private const int MaxConflicts = 10;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    /// <summary>Restores one object.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="type">The object's type.</param>
    /// <param name="before">The object before; null when it was not there.</param>
    /// <param name="after">The object as it was applied; null when it is not known whether it was.</param>
    /// <param name="wanted">What was to be applied.</param>
    /// <param name="manager">Who restores it.</param>
    /// <param name="ct">Ends the attempts.</param>
    /// <returns>What was done, in words; null when there was nothing to do.</returns>
    public static async Task<string?> RestoreAsync(
        KubernetesClient client, ResourceType type, KubernetesObject? before, KubernetesObject? after, KubernetesObject wanted, string manager, CancellationToken ct)
    {
        for (int conflicts = 0; ;)
        {
            try
            {
                KubernetesObject? live = await client.FindAsync(type, wanted.Name, wanted.Namespace, ct).ConfigureAwait(false);
                if (before is null)
                    return live is null ? null : await RemoveAsync(client, type, after, live, ct).ConfigureAwait(false);
                return live is null
                    ? await RecreateAsync(client, before, manager, ct).ConfigureAwait(false)
                    : await PutBackAsync(client, before, after, live, manager, ct).ConfigureAwait(false);
            }
            catch (KubernetesException e) when (e.Kind == KubernetesErrorKind.Conflict && ++conflicts < MaxConflicts)
            {
                // A controller wrote between; with what there is now it will go.
            }
            catch (KubernetesException e) when (e.IsTransient)
            {
                await Task.Delay(RetryDelay, ct).ConfigureAwait(false);
            }
        }
    }

    private static async Task<string?> RemoveAsync(KubernetesClient client, ResourceType type, KubernetesObject? after, KubernetesObject live, CancellationToken ct)
    {
        if (after is not null && after.Uid != live.Uid)
            return $"{live.Description} was left: someone else has made it anew";
        await client.DeleteAsync(type, live.Name, live.Namespace, new DeleteOptions { Uid = live.Uid }, ct).ConfigureAwait(false);
        return $"{live.Description} was removed";
    }

    private static async Task<string?> RecreateAsync(KubernetesClient client, KubernetesObject before, string manager, CancellationToken ct)
    {
        KubernetesObject anew = before.Clone();
        anew.Json.Remove("status");
        foreach (string name in new[] { "managedFields", "resourceVersion", "uid", "generation", "creationTimestamp" })
            anew.Metadata!.Remove(name);
        await client.CreateAsync(anew, new WriteOptions { FieldManager = manager }, ct).ConfigureAwait(false);
        return $"{before.Description} was made again";
    }

    private static async Task<string?> PutBackAsync(
        KubernetesClient client, KubernetesObject before, KubernetesObject? after, KubernetesObject live, string manager, CancellationToken ct)
    {
        if (live.ResourceVersion == before.ResourceVersion)
            return null;
        // It is as it was applied, or, after an attempt of ours that was interrupted, as it was before; else it is someone else's.
        if (after is not null && !IsStill(after, live) && !IsStill(before, live))
            return $"{live.Description} was left: someone else has changed it since";
        var options = new WriteOptions { FieldManager = manager };
        KubernetesObject old = Past(before, live);
        if (!JsonNode.DeepEquals(Content(old), Content(live)))
            live = await client.UpdateAsync(old, options, ct).ConfigureAwait(false);
        // That made what it changed this writer's; a second time, with nothing else to change, whose the fields were is restored as well.
        if (!JsonNode.DeepEquals(before.Metadata?["managedFields"], live.Metadata?["managedFields"]))
            await client.UpdateAsync(Past(before, live), options, ct).ConfigureAwait(false);
        return $"{live.Description} was put back";
    }

    /// <summary>
    /// Whether nobody has changed it since. Controllers and autoscalers write to what runs pods, whose content is the template; all else is
    /// compared whole, but for its status.
    /// </summary>
    private static bool IsStill(KubernetesObject then, KubernetesObject live) => then.Spec?["template"] is { } template
        ? JsonNode.DeepEquals(template, live.Spec?["template"])
        : ObjectDifference.Compare(then, live).Count == 0;

    /// <summary>The object as it was, to be written over what there is.</summary>
    private static KubernetesObject Past(KubernetesObject before, KubernetesObject live)
    {
        KubernetesObject past = before.Clone();
        past.Metadata!["resourceVersion"] = live.ResourceVersion;
        // The controller counts on; what it observed is its own.
        past.Json.Remove("status");
        if (live.Json["status"] is { } status)
            past.Json["status"] = status.DeepClone();
        if (RolloutHistory.RevisionOf(live) is not null)
            past.SetAnnotation(RolloutHistory.RevisionAnnotation, live.Annotations[RolloutHistory.RevisionAnnotation]);
        return past;
    }

    private static JsonObject Content(KubernetesObject value)
    {
        JsonObject json = value.Clone().Json;
        json.Remove("status");
        foreach (string name in new[] { "managedFields", "resourceVersion", "generation" })
            json.Object("metadata")?.Remove(name);
        return json;
    }
}
