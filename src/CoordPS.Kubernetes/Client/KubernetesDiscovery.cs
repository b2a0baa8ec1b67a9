using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>What the server serves. Read when it is first needed and kept; what is not found is looked for once more, as it may be new.</summary>
public sealed class KubernetesDiscovery
{
    private readonly KubernetesClient _client;
    private readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyList<ResourceType>>>> _versions = new(StringComparer.Ordinal);
    private Lazy<Task<IReadOnlyList<ApiGroup>>>? _groups;

    internal KubernetesDiscovery(KubernetesClient client) => _client = client;

    /// <summary>The API groups with their versions, the core group first.</summary>
    public async Task<IReadOnlyList<ApiGroup>> GetGroupsAsync(CancellationToken ct = default)
    {
        Lazy<Task<IReadOnlyList<ApiGroup>>> groups = _groups ?? new(ReadGroupsAsync);
        groups = Interlocked.CompareExchange(ref _groups, groups, null) ?? groups;
        try
        {
            return await groups.Value.WaitAsync(ct).ConfigureAwait(false);
        }
        catch (KubernetesException)
        {
            // An error is not kept.
            Interlocked.CompareExchange(ref _groups, null, groups);
            throw;
        }
    }

    /// <summary>The types of a group and version; empty if it is not served.</summary>
    /// <param name="apiVersion">Such as <c>apps/v1</c>.</param>
    /// <param name="ct">Cancels the wait.</param>
    public async Task<IReadOnlyList<ResourceType>> GetTypesAsync(string apiVersion, CancellationToken ct = default)
    {
        Lazy<Task<IReadOnlyList<ResourceType>>> types = _versions.GetOrAdd(apiVersion, version => new(() => ReadTypesAsync(version)));
        try
        {
            return await types.Value.WaitAsync(ct).ConfigureAwait(false);
        }
        catch (KubernetesException)
        {
            _versions.TryRemove(new(apiVersion, types));
            throw;
        }
    }

    /// <summary>Whether a group is served in a version.</summary>
    public async Task<bool> IsServedAsync(string apiVersion, CancellationToken ct = default) =>
        (await GetGroupsAsync(ct).ConfigureAwait(false)).Any(group => group.Versions.Contains(apiVersion));

    /// <summary>The type of a kind.</summary>
    /// <param name="apiVersion">Such as <c>apps/v1</c>.</param>
    /// <param name="kind">Such as <c>Deployment</c>.</param>
    /// <param name="ct">Cancels the wait.</param>
    /// <exception cref="KubernetesException">The server does not serve it.</exception>
    public async Task<ResourceType> ResolveAsync(string apiVersion, string kind, CancellationToken ct = default)
    {
        for (bool again = false; ; again = true)
        {
            IReadOnlyList<ResourceType> types = await GetTypesAsync(apiVersion, ct).ConfigureAwait(false);
            if (types.FirstOrDefault(type => type.Kind == kind) is { } found)
                return found;
            if (again)
                break;
            Forget();
        }

        string group = apiVersion.Split('/') is [var name, _] ? name : "";
        IReadOnlyList<ApiGroup> groups = await GetGroupsAsync(ct).ConfigureAwait(false);
        string[] served = [.. groups.Where(g => g.Name == group).SelectMany(static g => g.Versions).Where(version => version != apiVersion)];
        throw new KubernetesException(KubernetesErrorKind.NotFound,
            $"The server {_client.Connection.Server.Authority} does not serve {kind} in {apiVersion}.",
            served.Length > 0 ? $"Use another version ({string.Join(", ", served)}), or check the kind."
                : "Check apiVersion and kind; if it is a custom resource, install its definition first.")
        { StatusCode = 404, Reason = "NotFound", Server = _client.Connection.Server, Target = $"{apiVersion} {kind}" };
    }

    /// <summary>
    /// The type that a word means, as for kubectl: plural, singular, kind or short name, with a group or version or without
    /// (<c>deploy</c>, <c>deployments.apps</c>).
    /// </summary>
    /// <param name="name">The word; case does not matter.</param>
    /// <param name="ct">Cancels the wait.</param>
    /// <exception cref="KubernetesException">The server serves no such type.</exception>
    public async Task<ResourceType> FindAsync(string name, CancellationToken ct = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        for (bool again = false; ; again = true)
        {
            (IReadOnlyList<ResourceType> types, IReadOnlyList<KubernetesException> unreachable) = await GetPreferredAsync(ct).ConfigureAwait(false);
            if (Match(types, name) is { } found)
                return found;
            if (again)
            {
                string without = unreachable.Count > 0 ? $" ({string.Join(" ", unreachable.Select(static e => e.Message))})" : "";
                throw new KubernetesException(KubernetesErrorKind.NotFound,
                    $"The server {_client.Connection.Server.Authority} serves no type of resource '{name}'{without}.", "See kubectl api-resources for the names.")
                { StatusCode = 404, Reason = "NotFound", Server = _client.Connection.Server, Target = name };
            }

            Forget();
        }
    }

    /// <summary>
    /// All types, each in its group's preferred version, and the errors of the groups that could not be asked, such as one of an
    /// extension server that is down.
    /// </summary>
    public async Task<(IReadOnlyList<ResourceType> Types, IReadOnlyList<KubernetesException> Unreachable)> GetPreferredAsync(CancellationToken ct = default)
    {
        IReadOnlyList<ApiGroup> groups = await GetGroupsAsync(ct).ConfigureAwait(false);
        var errors = new List<KubernetesException>();
        IEnumerable<string> versions = groups.SelectMany(static group => group.Versions.OrderBy(version => version == group.Preferred ? 0 : 1));
        IReadOnlyList<ResourceType>[] found = await Task.WhenAll(versions.Select(async version =>
        {
            try
            {
                return await GetTypesAsync(version, ct).ConfigureAwait(false);
            }
            catch (KubernetesException e)
            {
                lock (errors)
                    errors.Add(e);
                return [];
            }
        })).ConfigureAwait(false);
        if (found.All(static types => types.Count == 0)
            && errors.FirstOrDefault(static e => e.Kind is KubernetesErrorKind.Unreachable or KubernetesErrorKind.Unauthorized) is { } all)
            throw all;
        // A type that only another version has is there, too.
        return ([.. found.SelectMany(static types => types).DistinctBy(static type => (type.Group, type.Plural))], errors);
    }

    /// <summary>The first of some versions that is served.</summary>
    /// <param name="kind">The kind, such as <c>HorizontalPodAutoscaler</c>.</param>
    /// <param name="apiVersions">The versions, the best first.</param>
    /// <param name="ct">Cancels the wait.</param>
    /// <exception cref="KubernetesException">None is served.</exception>
    public async Task<ResourceType> ChooseAsync(string kind, IReadOnlyList<string> apiVersions, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(apiVersions);
        foreach (string version in apiVersions)
        {
            if (await IsServedAsync(version, ct).ConfigureAwait(false)
                && (await GetTypesAsync(version, ct).ConfigureAwait(false)).FirstOrDefault(type => type.Kind == kind) is { } found)
            {
                return found;
            }
        }

        throw new KubernetesException(KubernetesErrorKind.NotFound,
            $"The server {_client.Connection.Server.Authority} serves {kind} in none of the versions known here: {string.Join(", ", apiVersions)}.",
            "Use a newer version of this module, or check the cluster.")
        { StatusCode = 404, Reason = "NotFound", Server = _client.Connection.Server, Target = kind };
    }

    /// <summary>The autoscaler's type: autoscaling/v2 where it is served, else v2beta2, else v1.</summary>
    public Task<ResourceType> AutoscalersAsync(CancellationToken ct = default) =>
        ChooseAsync("HorizontalPodAutoscaler", ["autoscaling/v2", "autoscaling/v2beta2", "autoscaling/v1"], ct);

    /// <summary>The disruption budget's type: policy/v1 where it is served, else v1beta1.</summary>
    public Task<ResourceType> DisruptionBudgetsAsync(CancellationToken ct = default) =>
        ChooseAsync("PodDisruptionBudget", ["policy/v1", "policy/v1beta1"], ct);

    /// <summary>Reads everything anew when it is next needed.</summary>
    public void Forget()
    {
        Interlocked.Exchange(ref _groups, null);
        _versions.Clear();
    }

    private static ResourceType? Match(IReadOnlyList<ResourceType> types, string name)
    {
        string resource = name, group = "";
        if (name.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot)
            (resource, group) = (name[..dot], name[(dot + 1)..]);
        bool InGroup(ResourceType type) => group.Length == 0 || type.Group.Equals(group, StringComparison.OrdinalIgnoreCase)
            || $"{type.Version}.{type.Group}".Equals(group, StringComparison.OrdinalIgnoreCase);
        bool Same(string text) => text.Equals(resource, StringComparison.OrdinalIgnoreCase);
        return types.FirstOrDefault(type => InGroup(type) && (Same(type.Plural) || Same(type.Singular) || Same(type.Kind)))
            ?? types.FirstOrDefault(type => InGroup(type) && type.ShortNames.Any(Same));
    }

    private async Task<IReadOnlyList<ApiGroup>> ReadGroupsAsync()
    {
        // Shared by all who wait: one who gives up must not take it from the others. The client's timeout ends it.
        Task<JsonObject> core = _client.SendAsync(new ApiRequest(HttpMethod.Get, "api", "discover", "the core API") { IsRepeatable = true }, CancellationToken.None);
        Task<JsonObject> named = _client.SendAsync(new ApiRequest(HttpMethod.Get, "apis", "discover", "the API groups") { IsRepeatable = true }, CancellationToken.None);
        await Task.WhenAll(core, named).ConfigureAwait(false);
        var groups = new List<ApiGroup>();
        string[] versions = [.. ((await core.ConfigureAwait(false)).Array("versions") ?? []).Select(static v => v!.ToString())];
        if (versions.Length > 0)
            groups.Add(new ApiGroup("", versions[0], versions));
        foreach (JsonObject group in (await named.ConfigureAwait(false)).Objects("groups"))
        {
            string[] served = [.. group.Objects("versions").Select(static v => v.Text("groupVersion") ?? "")];
            if (served.Length > 0)
                groups.Add(new ApiGroup(group.Text("name") ?? "", group.Object("preferredVersion").Text("groupVersion") ?? served[0], served));
        }

        return groups;
    }

    private async Task<IReadOnlyList<ResourceType>> ReadTypesAsync(string apiVersion)
    {
        (string group, string version) = apiVersion.Split('/') is [var g, var v] ? (g, v) : ("", apiVersion);
        JsonObject list;
        try
        {
            string path = group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}";
            list = await _client.SendAsync(new ApiRequest(HttpMethod.Get, path, "discover", apiVersion) { IsRepeatable = true }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (KubernetesException e) when (e.Kind == KubernetesErrorKind.NotFound)
        {
            return [];
        }

        JsonObject[] all = [.. list.Objects("resources")];
        return
        [
            .. all.Where(static r => r.Text("name") is { } name && !name.Contains('/', StringComparison.Ordinal)).Select(r =>
            {
                string plural = r.Text("name")!;
                return new ResourceType(group, version, plural, r.Text("kind") ?? "", r.Flag("namespaced") ?? false)
                {
                    Singular = r.Text("singularName") is { Length: > 0 } singular ? singular : (r.Text("kind") ?? "").ToLowerInvariant(),
                    ShortNames = [.. (r.Array("shortNames") ?? []).Select(static s => s!.ToString())],
                    Verbs = [.. (r.Array("verbs") ?? []).Select(static s => s!.ToString())],
                    Subresources = [.. all.Select(static other => other.Text("name")!)
                        .Where(name => name.StartsWith(plural + "/", StringComparison.Ordinal)).Select(name => name[(plural.Length + 1)..])],
                };
            }),
        ];
    }
}

/// <summary>An API group.</summary>
/// <param name="Name">Its name; empty for the core group.</param>
/// <param name="Preferred">The version that the server prefers, with the group: <c>apps/v1</c>.</param>
/// <param name="Versions">All versions served, with the group.</param>
public sealed record ApiGroup(string Name, string Preferred, IReadOnlyList<string> Versions);
