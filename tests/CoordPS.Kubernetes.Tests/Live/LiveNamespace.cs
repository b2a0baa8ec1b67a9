namespace CoordPS.Kubernetes.Tests;

/// <summary>A namespace of its own in the cluster of <c>COORDPS_TEST_KUBECONFIG</c>, deleted at the end.</summary>
internal sealed class LiveNamespace : IAsyncDisposable
{
    private LiveNamespace(KubernetesClient client) => Client = client;

    public static string KubeConfigPath => Environment.GetEnvironmentVariable("COORDPS_TEST_KUBECONFIG")!;

    /// <summary>The longest that tests wait for what controllers do on a busy machine. Only failures take so long.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(2);

    /// <summary>A client for which it is the default.</summary>
    public KubernetesClient Client { get; }

    public string Name => Client.Namespace;

    public static async Task<LiveNamespace> CreateAsync()
    {
        string name = $"coordps-test-{Guid.NewGuid():N}"[..24];
        var client = KubernetesClient.Load(KubeConfigPath, namespaceOverride: name);
        await client.CreateAsync(new KubernetesObject("v1", "Namespace", name));
        return new LiveNamespace(client);
    }

    /// <summary>A Deployment, with no more than it must have.</summary>
    public static KubernetesObject Deployment(string name, int replicas = 1, string image = "example/app:1") => KubernetesYaml.Read($$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: {{name}}, labels: {app: {{name}} } }
        spec:
          replicas: {{replicas}}
          selector: {matchLabels: {app: {{name}} } }
          template:
            metadata: {labels: {app: {{name}} } }
            spec:
              containers:
              - {name: app, image: '{{image}}'}
        """).Single();

    public static KubernetesObject ConfigMap(string name, string key = "key", string value = "value") =>
        new(new System.Text.Json.Nodes.JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["name"] = name },
            ["data"] = new System.Text.Json.Nodes.JsonObject { [key] = value },
        });

    public async ValueTask DisposeAsync()
    {
        await Client.DeleteAsync(ResourceType.Namespaces, Name);
        Client.Dispose();
    }
}
