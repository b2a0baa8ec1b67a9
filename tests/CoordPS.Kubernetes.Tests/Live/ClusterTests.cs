using System.Text;
using System.Text.Json.Nodes;
using CoordPS.Testing;

namespace CoordPS.Kubernetes.Tests;

/// <summary>Who asks, what is served, and what happens when the way to the server breaks.</summary>
public sealed class ClusterTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [PeerFact(Peer.Kubernetes)]
    public async Task Versions_are_chosen_by_what_is_served()
    {
        using KubernetesClient client = KubernetesClient.Load(LiveNamespace.KubeConfigPath);
        Assert.StartsWith("v1.", await client.GetServerVersionAsync(), StringComparison.Ordinal);
        Assert.Equal(ResourceType.Deployments, await client.Discovery.FindAsync("deploy"));
        Assert.Equal("deployments", (await client.Discovery.FindAsync("Deployments.apps")).Plural);
        Assert.Contains("scale", (await client.Discovery.ResolveAsync("apps/v1", "Deployment")).Subresources);
        ResourceType hpa = await client.Discovery.AutoscalersAsync();
        Assert.Equal(await client.Discovery.IsServedAsync("autoscaling/v2") ? "v2" : "v2beta2", hpa.Version);
        Assert.Equal(await client.Discovery.IsServedAsync("policy/v1") ? "v1" : "v1beta1", (await client.Discovery.DisruptionBudgetsAsync()).Version);
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task An_autoscaler_is_applied_in_the_version_that_is_served()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        KubernetesObject asked = KubernetesYaml.Read("""
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: web}
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
              minReplicas: 2
              maxReplicas: 5
              metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70} } }]
            """).Single();
        await ns.Client.ApplyAsync(await ns.Client.AdaptAsync(asked));
        Assert.Equal(70, Autoscaler.TargetCpuOf(await ns.Client.GetAsync(await ns.Client.Discovery.AutoscalersAsync(), "web")));
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task A_service_account_may_do_what_its_role_allows_and_nothing_else()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        await ns.Client.CreateAsync(new KubernetesObject("v1", "ServiceAccount", "limited"));
        foreach (KubernetesObject rule in KubernetesYaml.Read($$"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: reader}
            rules: [{apiGroups: [''], resources: [configmaps], verbs: [get]}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: reader}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
            subjects: [{kind: ServiceAccount, name: limited, namespace: {{ns.Name}} }]
            """))
        {
            await ns.Client.ApplyAsync(rule);
        }

        await ns.Client.CreateAsync(LiveNamespace.ConfigMap("a"));
        KubernetesObject request = KubernetesObject.Parse("""{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":600}}""");
        ResourceType accounts = await ns.Client.Discovery.FindAsync("serviceaccounts");
        string token = (await ns.Client.PostAsync(accounts, "limited", null, "token", request)).Status.Text("token")!;
        File.WriteAllText(_temp.Combine("token"), token);
        using KubernetesClient limited = KubernetesClient.Load(Rewrite(user: new JsonObject { ["tokenFile"] = "token" }), namespaceOverride: ns.Name);
        // The server learns of new roles from its own watch.
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return (await limited.GetAsync(ResourceType.ConfigMaps, "a")).Name == "a";
            }
            catch (KubernetesException e) when (e.Kind == KubernetesErrorKind.Forbidden)
            {
                return false;
            }
        }, "the role is known");
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => limited.DeleteAsync(ResourceType.ConfigMaps, "a"));
        Assert.Equal(KubernetesErrorKind.Forbidden, e.Kind);
        Assert.Contains($"User \"system:serviceaccount:{ns.Name}:limited\" cannot delete resource \"configmaps\"", e.Message, StringComparison.Ordinal);
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task An_expired_client_certificate_says_whose_it_is_and_when_it_expired()
    {
        DateTimeOffset end = DateTimeOffset.UtcNow.AddDays(-2);
        (string certificate, string key) = TestCertificates.ClientPem(end);
        using KubernetesClient client = KubernetesClient.Load(Rewrite(user: new JsonObject { ["client-certificate-data"] = Base64(certificate), ["client-key-data"] = Base64(key) }));
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetAsync(ResourceType.Namespaces, "default"));
        Assert.Equal((KubernetesErrorKind.ClientCertificateExpired, 401), (e.Kind, e.StatusCode));
        Assert.Contains($"expired on {end:yyyy-MM-dd}", e.Message, StringComparison.Ordinal);
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task A_certificate_that_nobody_knows_is_not_authorized()
    {
        (string certificate, string key) = TestCertificates.ClientPem();
        using KubernetesClient client = KubernetesClient.Load(Rewrite(user: new JsonObject { ["client-certificate-data"] = Base64(certificate), ["client-key-data"] = Base64(key) }));
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetAsync(ResourceType.Namespaces, "default"));
        Assert.Equal((KubernetesErrorKind.Unauthorized, 401), (e.Kind, e.StatusCode));
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task A_watch_misses_nothing_while_the_server_is_away_and_tells_nothing_twice()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        await using var proxy = new FaultProxy(ns.Client.Connection.Server.Port);
        using KubernetesClient watching = KubernetesClient.Load(Rewrite(server: $"https://127.0.0.1:{proxy.Port}"), namespaceOverride: ns.Name);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watching.OnRetry = _ => lost.TrySetResult();
        using var patience = new CancellationTokenSource(LiveNamespace.Patience);
        var told = new List<string>();
        await foreach (WatchEvent change in watching.WatchAsync(ResourceType.ConfigMaps, options: new ListOptions { LabelSelector = "watched" }, ct: patience.Token))
        {
            told.Add($"{change.Type} {change.Object?.Name}".Trim());
            switch (told.Count)
            {
                case 1:
                    await CreateAsync(ns, "a");
                    break;
                case 2:
                    proxy.Refuse();
                    proxy.Cut();
                    await ns.Client.DeleteAsync(ResourceType.ConfigMaps, "a");
                    await CreateAsync(ns, "b");
                    _ = Task.Run(async () =>
                    {
                        await lost.Task;
                        proxy.Accept();
                    });
                    break;
                case 4:
                    await CreateAsync(ns, "c");
                    break;
            }

            if (told.Count == 5)
                break;
        }

        Assert.Equal(["Synced", "Added a", "Deleted a", "Added b", "Added c"], told);
        Assert.True(lost.Task.IsCompleted);
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task A_watch_from_a_version_long_past_tells_the_difference()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        await CreateAsync(ns, "b");
        KubernetesObject gone = LiveNamespace.ConfigMap("a");
        gone.Namespace = ns.Name;
        using var patience = new CancellationTokenSource(LiveNamespace.Patience);
        var told = new List<string>();
        await foreach (WatchEvent change in ns.Client.WatchAsync(ResourceType.ConfigMaps, options: new ListOptions { LabelSelector = "watched" }, from: new KubernetesList([gone], "1"), ct: patience.Token))
        {
            told.Add($"{change.Type} {change.Object?.Name}".Trim());
            // A server that was just made has kept all since version 1, and tells that: there "a" never was.
            if (change.Type == WatchEventType.Synced || told is ["Added b"])
                break;
        }

        if (told is not ["Added b"])
            Assert.Equal(["Deleted a", "Added b", "Synced"], told);
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task Many_requests_are_in_flight_at_once()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        KubernetesObject[] applied = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => ns.Client.ApplyAsync(LiveNamespace.ConfigMap($"many-{i}"))));
        Assert.Equal(200, applied.Select(o => o.Uid).Distinct().Count());
    }

    private static Task<KubernetesObject> CreateAsync(LiveNamespace ns, string name)
    {
        KubernetesObject value = LiveNamespace.ConfigMap(name);
        value.SetLabel("watched", "yes");
        return ns.Client.CreateAsync(value);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    /// <summary>The test cluster's kubeconfig with another user or server.</summary>
    private string Rewrite(JsonObject? user = null, string? server = null)
    {
        KubeConfig config = KubeConfig.Load(LiveNamespace.KubeConfigPath);
        KubeConfig.Entry context = config.Context(config.CurrentContext!)!, cluster = config.Cluster(context.Text("cluster")!)!, who = config.User(context.Text("user")!)!;
        var json = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Config",
            ["current-context"] = "x",
            ["contexts"] = new JsonArray(new JsonObject { ["name"] = "x", ["context"] = new JsonObject { ["cluster"] = "c", ["user"] = "u" } }),
            ["clusters"] = new JsonArray(new JsonObject { ["name"] = "c", ["cluster"] = cluster.Json.DeepClone() }),
            ["users"] = new JsonArray(new JsonObject { ["name"] = "u", ["user"] = user ?? who.Json.DeepClone() }),
        };
        if (server is not null)
            json["clusters"]![0]!["cluster"]!["server"] = server;
        string file = _temp.Combine("config");
        File.WriteAllText(file, json.ToJsonString());
        return file;
    }
}
