using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

public sealed partial class KubernetesClient
{
    /// <summary>Gets an object.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="name">Its name.</param>
    /// <param name="ns">Its namespace; null for the client's.</param>
    /// <param name="ct">Cancels it.</param>
    /// <exception cref="KubernetesException">There is none (<see cref="KubernetesErrorKind.NotFound"/>), or it may not be read.</exception>
    public async Task<KubernetesObject> GetAsync(ResourceType type, string name, string? ns = null, CancellationToken ct = default)
    {
        ApiRequest request = For(type, HttpMethod.Get, "get", name, ns) with { IsRepeatable = true };
        return new KubernetesObject(await SendAsync(request, ct).ConfigureAwait(false));
    }

    /// <summary>Gets an object; null if there is none.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="name">Its name.</param>
    /// <param name="ns">Its namespace; null for the client's.</param>
    /// <param name="ct">Cancels it.</param>
    public async Task<KubernetesObject?> FindAsync(ResourceType type, string name, string? ns = null, CancellationToken ct = default)
    {
        try
        {
            return await GetAsync(type, name, ns, ct).ConfigureAwait(false);
        }
        catch (KubernetesException e) when (e.Kind == KubernetesErrorKind.NotFound)
        {
            return null;
        }
    }

    /// <summary>Creates an object.</summary>
    /// <param name="value">The object.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="ct">Cancels it.</param>
    /// <exception cref="KubernetesException">There is one of that name (<see cref="KubernetesErrorKind.AlreadyExists"/>), or the server refuses.</exception>
    public async Task<KubernetesObject> CreateAsync(KubernetesObject value, WriteOptions? options = null, CancellationToken ct = default)
    {
        ResourceType type = await TypeOfAsync(value, ct).ConfigureAwait(false);
        string? ns = NamespaceOf(type, value.Namespace);
        return await WriteAsync(new ApiRequest(HttpMethod.Post, type.Path(ns), "create", type.Describe(NameOf(value), ns)), value.Json, options, ct).ConfigureAwait(false);
    }

    /// <summary>Replaces an object. With the resource version it was read with, only if nobody changed it since.</summary>
    /// <param name="value">The object.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="ct">Cancels it.</param>
    /// <exception cref="KubernetesException">It was changed since (<see cref="KubernetesErrorKind.Conflict"/>), there is none, or the server refuses.</exception>
    public async Task<KubernetesObject> UpdateAsync(KubernetesObject value, WriteOptions? options = null, CancellationToken ct = default)
    {
        ResourceType type = await TypeOfAsync(value, ct).ConfigureAwait(false);
        return await WriteAsync(For(type, HttpMethod.Put, "update", value.Name, value.Namespace), value.Json, options, ct).ConfigureAwait(false);
    }

    /// <summary>
    /// Applies an object on the server: creates it, or changes the fields given and removes those given the last time by the same field
    /// manager and not any more. Nothing changes if it is so already: the resource version stays.
    /// </summary>
    /// <param name="value">The fields asked for.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="ct">Cancels it.</param>
    /// <returns>The whole object as it is now.</returns>
    /// <exception cref="KubernetesException">Others manage fields that it changes (<see cref="KubernetesErrorKind.Conflict"/>, each in
    /// <see cref="KubernetesException.Causes"/>), or the server refuses.</exception>
    public async Task<KubernetesObject> ApplyAsync(KubernetesObject value, ApplyOptions? options = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        options ??= new ApplyOptions();
        ResourceType type = await TypeOfAsync(value, ct).ConfigureAwait(false);
        JsonObject body = value.Json;
        if (value.Metadata?.ContainsKey("managedFields") == true)
        {
            body = (JsonObject)body.DeepClone();
            body.Object("metadata")!.Remove("managedFields");
        }

        ApiRequest request = For(type, HttpMethod.Patch, "apply", NameOf(value), value.Namespace) with { ContentType = "application/apply-patch+yaml", IsRepeatable = true };
        try
        {
            return await WriteAsync(request with { Path = request.Path.With(("force", options.Force ? "true" : "false")) }, body, options, ct).ConfigureAwait(false);
        }
        catch (KubernetesException e) when (e.Kind == KubernetesErrorKind.Conflict && e.Causes.Count > 0 && e.Causes.All(cause => cause.Manager == options.FieldManager))
        {
            // To the server the same manager is another one when it patches: it would be in its own way.
            return await WriteAsync(request with { Path = request.Path.With(("force", "true")) }, body, options, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Changes part of an object.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="name">Its name.</param>
    /// <param name="ns">Its namespace; null for the client's.</param>
    /// <param name="kind">The form of the patch.</param>
    /// <param name="patch">The patch.</param>
    /// <param name="subresource">The part that it is for, such as <c>status</c>; null for the object itself.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="ct">Cancels it.</param>
    public Task<KubernetesObject> PatchAsync(ResourceType type, string name, string? ns, PatchKind kind, JsonNode patch, string? subresource = null,
        WriteOptions? options = null, CancellationToken ct = default)
    {
        ApiRequest request = For(type, HttpMethod.Patch, "patch", name, ns, subresource) with
        {
            ContentType = kind switch
            {
                PatchKind.Merge => "application/merge-patch+json",
                PatchKind.Strategic => "application/strategic-merge-patch+json",
                _ => "application/json-patch+json",
            },
        };
        return WriteAsync(request, patch, options, ct);
    }

    /// <summary>Posts to a subresource, such as a pod's <c>binding</c> or a service account's <c>token</c>.</summary>
    /// <param name="type">The object's type.</param>
    /// <param name="name">Its name.</param>
    /// <param name="ns">Its namespace; null for the client's.</param>
    /// <param name="subresource">The subresource.</param>
    /// <param name="value">What to post.</param>
    /// <param name="ct">Cancels it.</param>
    public Task<KubernetesObject> PostAsync(ResourceType type, string name, string? ns, string subresource, KubernetesObject value, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        return WriteAsync(For(type, HttpMethod.Post, $"create {subresource} of", name, ns, subresource), value.Json, null, ct);
    }

    /// <summary>
    /// The same object as this server takes it: an autoscaler or disruption budget in the version that is served, and every port with its
    /// protocol, without which some servers take two ports of one number for the same.
    /// </summary>
    /// <param name="value">The object; it stays as it is.</param>
    /// <param name="ct">Cancels it.</param>
    /// <exception cref="KubernetesException">The server serves no version that can say what it says.</exception>
    public async Task<KubernetesObject> AdaptAsync(KubernetesObject value, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        KubernetesObject result = value.Clone();
        if (value is { Kind: "HorizontalPodAutoscaler", Group: "autoscaling" } && !await Discovery.IsServedAsync(value.ApiVersion, ct).ConfigureAwait(false))
            result = Autoscaler.Convert(value, (await Discovery.AutoscalersAsync(ct).ConfigureAwait(false)).ApiVersion);
        else if (value is { Kind: "PodDisruptionBudget", Group: "policy" } && !await Discovery.IsServedAsync(value.ApiVersion, ct).ConfigureAwait(false))
            result.ApiVersion = (await Discovery.DisruptionBudgetsAsync(ct).ConfigureAwait(false)).ApiVersion;
        JsonObject? spec = result.Spec, pod = result.Kind == "Pod" ? spec : (spec.Object("jobTemplate").Object("spec") ?? spec).Object("template").Object("spec");
        IEnumerable<JsonObject> ports = result is { Kind: "Service", Group: "" } ? spec.Objects("ports")
            : pod.Objects("initContainers").Concat(pod.Objects("containers")).SelectMany(static container => container.Objects("ports"));
        foreach (JsonObject port in ports)
            port["protocol"] ??= "TCP";
        return result;
    }

    /// <summary>How many replicas of something there are and should be.</summary>
    /// <param name="type">Its type, which has a <c>scale</c> subresource.</param>
    /// <param name="name">Its name.</param>
    /// <param name="ns">Its namespace; null for the client's.</param>
    /// <param name="ct">Cancels it.</param>
    public async Task<ScaleState> GetScaleAsync(ResourceType type, string name, string? ns = null, CancellationToken ct = default) =>
        ScaleOf(await SendAsync(For(type, HttpMethod.Get, "get the scale of", name, ns, "scale") with { IsRepeatable = true }, ct).ConfigureAwait(false));

    /// <summary>Asks for a number of replicas.</summary>
    /// <param name="type">The type, which has a <c>scale</c> subresource.</param>
    /// <param name="name">The name.</param>
    /// <param name="ns">The namespace; null for the client's.</param>
    /// <param name="replicas">How many.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="ct">Cancels it.</param>
    public async Task<ScaleState> SetScaleAsync(ResourceType type, string name, string? ns, int replicas, WriteOptions? options = null, CancellationToken ct = default)
    {
        ApiRequest request = For(type, HttpMethod.Patch, "scale", name, ns, "scale") with { ContentType = "application/merge-patch+json" };
        var patch = new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } };
        return ScaleOf((await WriteAsync(request, patch, options, ct).ConfigureAwait(false)).Json);
    }

    /// <summary>Asks for an object to be deleted. It may stay for a while: see <see cref="WaitUntilGoneAsync"/>.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="name">Its name.</param>
    /// <param name="ns">Its namespace; null for the client's.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="ct">Cancels it.</param>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> DeleteAsync(ResourceType type, string name, string? ns = null, DeleteOptions? options = null, CancellationToken ct = default)
    {
        try
        {
            await SendAsync(For(type, HttpMethod.Delete, "delete", name, ns) with { Body = DeleteBody(options) }, ct).ConfigureAwait(false);
            return true;
        }
        catch (KubernetesException e) when (e.Kind == KubernetesErrorKind.NotFound)
        {
            return false;
        }
    }

    /// <summary>Asks for all objects of a type in a namespace that the options select to be deleted.</summary>
    /// <param name="type">Their type.</param>
    /// <param name="ns">Their namespace; null for the client's.</param>
    /// <param name="which">Which; null for all.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="ct">Cancels it.</param>
    public Task DeleteAllAsync(ResourceType type, string? ns = null, ListOptions? which = null, DeleteOptions? options = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(type);
        ns = NamespaceOf(type, ns);
        string path = type.Path(ns).With(("labelSelector", which?.LabelSelector), ("fieldSelector", which?.FieldSelector));
        return SendAsync(new ApiRequest(HttpMethod.Delete, path, "delete", type.Describe(null, ns)) { Body = DeleteBody(options) }, ct);
    }

    /// <summary>Waits until an object is gone: deleted, or replaced by another of the same name.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="name">Its name.</param>
    /// <param name="ns">Its namespace; null for the client's.</param>
    /// <param name="uid">Its identity; null for that of the object there now.</param>
    /// <param name="ct">Cancels the wait.</param>
    public async Task WaitUntilGoneAsync(ResourceType type, string name, string? ns = null, string? uid = null, CancellationToken ct = default)
    {
        var only = new ListOptions { FieldSelector = $"metadata.name={name}" };
        await foreach (WatchEvent change in WatchAsync(type, ns, only, ct: ct).ConfigureAwait(false))
        {
            switch (change.Type)
            {
                case WatchEventType.Synced when !change.HasObjects:
                case WatchEventType.Deleted when uid is null || change.Object!.Uid == uid:
                case WatchEventType.Added or WatchEventType.Modified when uid is not null && change.Object!.Uid != uid:
                    return;
                case WatchEventType.Added when uid is null:
                    uid = change.Object!.Uid;
                    break;
            }
        }
    }

    /// <summary>The events about an object, oldest first.</summary>
    /// <param name="value">The object, as it was read.</param>
    /// <param name="ct">Cancels it.</param>
    public async Task<IReadOnlyList<KubernetesEvent>> GetEventsAsync(KubernetesObject value, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        string selector = value.Uid.Length > 0 ? $"involvedObject.uid={value.Uid}" : $"involvedObject.kind={value.Kind},involvedObject.name={value.Name}";
        KubernetesList list = await ListAsync(ResourceType.Events, value.Namespace, new ListOptions { FieldSelector = selector }, ct).ConfigureAwait(false);
        return [.. list.Items.Select(static item => new KubernetesEvent(item.Json)).OrderBy(static e => e.LastSeen)];
    }

    /// <summary>The lines of a container's log, as they come.</summary>
    /// <param name="pod">The pod's name.</param>
    /// <param name="ns">The pod's namespace; null for the client's.</param>
    /// <param name="options">Which part; null for all there is.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="KubernetesException">There is no such pod, container or log, or its node can't be reached.</exception>
    public async IAsyncEnumerable<string> ReadLogAsync(string pod, string? ns = null, LogOptions? options = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        options ??= new LogOptions();
        string container = options.Container is null ? "" : $" container \"{options.Container}\"";
        ApiRequest request = For(ResourceType.Pods, HttpMethod.Get, "read the log of", pod, ns, "log") with { Accept = "*/*", IsRepeatable = true };
        request = request with
        {
            Target = request.Target + container,
            Path = request.Path.With(
                ("container", options.Container),
                ("follow", options.Follow ? "true" : null),
                ("tailLines", Invariant(options.TailLines)),
                ("sinceTime", options.SinceTime?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture)),
                ("sinceSeconds", options.SinceTime is null && options.Since is { } since ? Invariant(Math.Max(1, (int)Math.Ceiling(since.TotalSeconds))) : null),
                ("previous", options.Previous ? "true" : null),
                ("timestamps", options.Timestamps ? "true" : null)),
        };
        using HttpResponseMessage response = await SendForStreamAsync(request, ct).ConfigureAwait(false);
        Stream body = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            var lines = new LineReader(body);
            while (true)
            {
                string? line;
                try
                {
                    line = await lines.ReadAsync(ct).ConfigureAwait(false);
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    throw Unreachable(request, e);
                }

                if (line is null)
                    yield break;
                yield return line;
            }
        }
    }

    internal string? NamespaceOf(ResourceType type, string? ns) => type.IsNamespaced ? ns ?? Namespace : null;

    private static string? Invariant(int? number) => number?.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string NameOf(KubernetesObject value) => value.Name.Length > 0 ? value.Name
        : value.Metadata.Text("generateName") is { } prefix ? prefix + "…"
        : throw new KubernetesException(KubernetesErrorKind.Invalid, $"A {value.Kind} has no name.", "Set its metadata.name.");

    private static ScaleState ScaleOf(JsonObject scale) => new(
        scale.Object("spec").Int("replicas") ?? 0, scale.Object("status").Int("replicas") ?? 0, scale.Object("status").Text("selector") ?? "");

    private static byte[] DeleteBody(DeleteOptions? options)
    {
        options ??= new DeleteOptions();
        var body = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "DeleteOptions", ["propagationPolicy"] = options.Propagation.ToString() };
        if (options.GracePeriodSeconds is { } grace)
            body["gracePeriodSeconds"] = grace;
        if (options.Uid is { } uid)
            body["preconditions"] = new JsonObject { ["uid"] = uid };
        if (options.DryRun)
            body["dryRun"] = new JsonArray("All");
        return body.ToUtf8();
    }

    private Task<ResourceType> TypeOfAsync(KubernetesObject value, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.ApiVersion.Length == 0 || value.Kind.Length == 0)
            throw new KubernetesException(KubernetesErrorKind.Invalid, $"The object \"{value.Name}\" has no apiVersion or no kind.", "Set both.");
        return Discovery.ResolveAsync(value.ApiVersion, value.Kind, ct);
    }

    private ApiRequest For(ResourceType type, HttpMethod method, string verb, string name, string? ns, string? subresource = null)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ns = NamespaceOf(type, ns);
        return new ApiRequest(method, type.Path(ns, name, subresource), verb, type.Describe(name, ns));
    }

    private async Task<KubernetesObject> WriteAsync(ApiRequest request, JsonNode body, WriteOptions? options, CancellationToken ct)
    {
        options ??= new WriteOptions();
        string path = request.Path.With(("fieldManager", options.FieldManager), ("dryRun", options.DryRun ? "All" : null));
        return new KubernetesObject(await SendAsync(request with { Path = path, Body = body.ToUtf8() }, ct).ConfigureAwait(false));
    }
}
