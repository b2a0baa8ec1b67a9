using CoordPS.Testing;
using Player = CoordPS.KubeletPlayer.KubeletPlayer;

namespace CoordPS.Kubernetes.Tests;

/// <summary>Logs as the API server gives them; who writes them is played, as there is no kubelet on such a machine.</summary>
public class LogTests
{
    [PeerFact(Peer.Kubernetes)]
    public async Task The_last_lines_with_their_times_are_read()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        await using Player player = await Player.StartAsync(ns.Client);
        await CreatePodAsync(ns.Client, "p", "one\ntwo\nthree");
        Assert.Equal(["one", "two", "three"], await ns.Client.ReadLogAsync("p").ToArrayAsync());
        Assert.Equal(["two", "three"], await ns.Client.ReadLogAsync("p", options: new LogOptions { TailLines = 2, Container = "app" }).ToArrayAsync());
        string stamped = Assert.Single(await ns.Client.ReadLogAsync("p", options: new LogOptions { TailLines = 1, Timestamps = true }).ToArrayAsync());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\S+Z three$", stamped);
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task A_followed_log_goes_on_until_the_pod_is_gone()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        await using Player player = await Player.StartAsync(ns.Client);
        await CreatePodAsync(ns.Client, "p", "one");
        using var patience = new CancellationTokenSource(LiveNamespace.Patience);
        var seen = new List<string>();
        await foreach (string line in ns.Client.ReadLogAsync("p", options: new LogOptions { Follow = true }, ct: patience.Token))
        {
            seen.Add(line);
            if (line == "one")
                await AnnotateAsync(ns.Client, "p", "one\ntwo");
            else
                await ns.Client.DeleteAsync(ResourceType.Pods, "p", ct: patience.Token);
        }

        Assert.Equal(["one", "two"], seen);
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task A_log_that_is_not_there_says_why()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        await using Player player = await Player.StartAsync(ns.Client);
        await CreatePodAsync(ns.Client, "p", "one");
        KubernetesException pod = await Assert.ThrowsAsync<KubernetesException>(async () => await ns.Client.ReadLogAsync("none").ToArrayAsync());
        Assert.Equal(KubernetesErrorKind.NotFound, pod.Kind);
        KubernetesException container = await Assert.ThrowsAsync<KubernetesException>(async () => await ns.Client.ReadLogAsync("p", options: new LogOptions { Container = "none" }).ToArrayAsync());
        Assert.Contains("container none is not valid for pod p", container.Message, StringComparison.Ordinal);
        KubernetesException previous = await Assert.ThrowsAsync<KubernetesException>(async () => await ns.Client.ReadLogAsync("p", options: new LogOptions { Previous = true }).ToArrayAsync());
        Assert.Contains("previous terminated container \"app\"", previous.Message, StringComparison.Ordinal);
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task A_container_that_crashed_keeps_the_log_of_its_last_run()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        await using Player player = await Player.StartAsync(ns.Client);
        KubernetesObject pod = Pod("p");
        pod.SetAnnotation("coordps.test/behavior", "crash-loop");
        await ns.Client.CreateAsync(pod);
        await Eventually.TrueAsync(async () => (await ns.Client.GetAsync(ResourceType.Pods, "p")).At("status", "containerStatuses", 0, "restartCount")?.GetValue<int>() > 1, "the container has crashed twice");
        Assert.Equal(["app starts", "fatal: the database is not there"], await ns.Client.ReadLogAsync("p", options: new LogOptions { Previous = true }).ToArrayAsync());
    }

    private static async Task CreatePodAsync(KubernetesClient client, string name, string log)
    {
        KubernetesObject pod = Pod(name);
        pod.SetAnnotation("coordps.test/log", log);
        await client.CreateAsync(pod);
        await Eventually.TrueAsync(async () => (await client.GetAsync(ResourceType.Pods, name)).Status.Text("phase") == "Running", "the pod runs");
    }

    private static Task<KubernetesObject> AnnotateAsync(KubernetesClient client, string name, string log)
    {
        var patch = new KubernetesObject([]);
        patch.SetAnnotation("coordps.test/log", log);
        return client.PatchAsync(ResourceType.Pods, name, null, PatchKind.Merge, patch.Json);
    }

    private static KubernetesObject Pod(string name) => KubernetesYaml.Read($$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{name}} }
        spec: {containers: [{name: app, image: 'example/app:1'}], terminationGracePeriodSeconds: 0}
        """).Single();
}
