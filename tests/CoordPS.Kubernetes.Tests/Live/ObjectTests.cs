using System.Text.Json.Nodes;
using CoordPS.Testing;

namespace CoordPS.Kubernetes.Tests;

public class ObjectTests
{
    [PeerFact(Peer.Kubernetes)]
    public async Task Applying_the_same_again_changes_nothing()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        KubernetesObject first = await ns.Client.ApplyAsync(LiveNamespace.ConfigMap("a"));
        KubernetesObject second = await ns.Client.ApplyAsync(LiveNamespace.ConfigMap("a"));
        Assert.NotEmpty(first.Uid);
        Assert.Equal(first.ResourceVersion, second.ResourceVersion);
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task A_dry_run_shows_the_result_and_changes_nothing()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        KubernetesObject would = await ns.Client.ApplyAsync(LiveNamespace.Deployment("web"), new ApplyOptions { DryRun = true });
        Assert.Equal("RollingUpdate", would.Spec.Object("strategy").Text("type"));
        Assert.Null(await ns.Client.FindAsync(ResourceType.Deployments, "web"));
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task A_conflict_names_each_field_and_who_manages_it_and_force_takes_it_over()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        await ns.Client.ApplyAsync(LiveNamespace.Deployment("web", 1), new ApplyOptions { FieldManager = "other" });
        KubernetesObject mine = LiveNamespace.Deployment("web", 3, "example/app:2");
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => ns.Client.ApplyAsync(mine));
        Assert.Equal((KubernetesErrorKind.Conflict, 409), (e.Kind, e.StatusCode));
        Assert.Equal(
            [(".spec.replicas", "other"), (".spec.template.spec.containers[name=\"app\"].image", "other")],
            e.Causes.Select(c => (c.Field, c.Manager)).Order());
        Assert.Contains(".spec.replicas is managed by \"other\"", e.Message, StringComparison.Ordinal);
        KubernetesObject forced = await ns.Client.ApplyAsync(mine, new ApplyOptions { Force = true });
        Assert.Equal(3, forced.Spec.Int("replicas"));
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task An_invalid_object_is_refused_field_by_field()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        KubernetesObject bad = LiveNamespace.Deployment("web", -1);
        bad.Json["spec"]!["selector"]!["matchLabels"]!["app"] = "other";
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => ns.Client.ApplyAsync(bad));
        Assert.Equal(KubernetesErrorKind.Invalid, e.Kind);
        Assert.Contains(e.Causes, c => c.Field == "spec.replicas");
        Assert.Contains(e.Causes, c => c.Field == "spec.template.metadata.labels");
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task Patches_of_each_kind_change_what_they_name()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        await ns.Client.CreateAsync(LiveNamespace.Deployment("web"));
        KubernetesObject merged = await ns.Client.PatchAsync(ResourceType.Deployments, "web", null, PatchKind.Merge, new JsonObject { ["spec"] = new JsonObject { ["paused"] = true } });
        Assert.Equal(true, merged.Spec.Flag("paused"));
        KubernetesObject strategic = await ns.Client.PatchAsync(ResourceType.Deployments, "web", null, PatchKind.Strategic,
            JsonNode.Parse("""{"spec":{"template":{"spec":{"containers":[{"name":"app","image":"example/app:9"}]}}}}""")!);
        Assert.Equal("example/app:9", strategic.At("spec", "template", "spec", "containers", 0, "image")!.ToString());
        KubernetesObject json = await ns.Client.PatchAsync(ResourceType.Deployments, "web", null, PatchKind.Json,
            JsonNode.Parse("""[{"op":"replace","path":"/spec/paused","value":false}]""")!);
        Assert.NotEqual(true, json.Spec.Flag("paused"));
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task Scale_reads_and_sets_the_replicas()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        await ns.Client.CreateAsync(LiveNamespace.Deployment("web", 1));
        ScaleState set = await ns.Client.SetScaleAsync(ResourceType.Deployments, "web", null, 4);
        Assert.Equal(4, set.Desired);
        Assert.Equal(("app=web", 4), ((await ns.Client.GetScaleAsync(ResourceType.Deployments, "web")).Selector, (await ns.Client.GetScaleAsync(ResourceType.Deployments, "web")).Desired));
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task An_update_of_an_outdated_version_is_a_conflict()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        KubernetesObject old = await ns.Client.CreateAsync(LiveNamespace.ConfigMap("a"));
        KubernetesObject changed = old.Clone();
        changed.SetLabel("x", "1");
        await ns.Client.UpdateAsync(changed);
        old.SetLabel("x", "2");
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => ns.Client.UpdateAsync(old));
        Assert.Equal((KubernetesErrorKind.Conflict, "Conflict"), (e.Kind, e.Reason));
    }

    [PeerTheory(Peer.Kubernetes)]
    [InlineData(DeletePropagation.Background, true)]
    [InlineData(DeletePropagation.Foreground, true)]
    [InlineData(DeletePropagation.Orphan, false)]
    public async Task Deleting_a_deployment_does_to_its_replica_sets_what_the_propagation_says(DeletePropagation propagation, bool gone)
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        KubernetesObject web = await ns.Client.CreateAsync(LiveNamespace.Deployment("web", 0));
        KubernetesObject set = await FirstAsync(ns.Client, ResourceType.ReplicaSets);
        Assert.True(await ns.Client.DeleteAsync(ResourceType.Deployments, "web", options: new DeleteOptions { Propagation = propagation, Uid = web.Uid }));
        await ns.Client.WaitUntilGoneAsync(ResourceType.Deployments, "web", uid: web.Uid).WaitAsync(LiveNamespace.Patience);
        if (gone)
            await ns.Client.WaitUntilGoneAsync(ResourceType.ReplicaSets, set.Name).WaitAsync(LiveNamespace.Patience);
        else
            Assert.Empty((await ns.Client.GetAsync(ResourceType.ReplicaSets, set.Name)).Owners);
        Assert.False(await ns.Client.DeleteAsync(ResourceType.Deployments, "web"));
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task A_namespace_that_one_may_not_write_to_says_who_may_not_what()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        using var nobody = new KubernetesClient(ns.Client.Connection.As(new Impersonation("nobody")));
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => nobody.ApplyAsync(LiveNamespace.ConfigMap("a")));
        Assert.Equal((KubernetesErrorKind.Forbidden, 403), (e.Kind, e.StatusCode));
        Assert.Contains("User \"nobody\" cannot patch resource \"configmaps\"", e.Message, StringComparison.Ordinal);
        Assert.Contains($"configmaps \"a\" in namespace {ns.Name}", e.Message, StringComparison.Ordinal);
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task What_is_not_there_is_not_found()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => ns.Client.GetAsync(ResourceType.Deployments, "none"));
        Assert.Equal((KubernetesErrorKind.NotFound, "NotFound"), (e.Kind, e.Reason));
        Assert.Null(await ns.Client.FindAsync(ResourceType.Deployments, "none"));
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task Lists_are_read_page_by_page_and_complete()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        await Task.WhenAll(Enumerable.Range(0, 25).Select(i => ns.Client.CreateAsync(LiveNamespace.ConfigMap($"page-{i:00}"))));
        var pages = new ListOptions { PageSize = 7 };
        KubernetesList list = await ns.Client.ListAsync(ResourceType.ConfigMaps, options: pages);
        string[] streamed = await ns.Client.EnumerateAsync(ResourceType.ConfigMaps, options: pages).Select(o => o.Name).Where(n => n.StartsWith("page-", StringComparison.Ordinal)).ToArrayAsync();
        string[] expected = [.. Enumerable.Range(0, 25).Select(i => $"page-{i:00}")];
        Assert.Equal(expected, list.Items.Select(o => o.Name).Where(n => n.StartsWith("page-", StringComparison.Ordinal)));
        Assert.Equal(expected, streamed);
        Assert.All(list.Items, o => Assert.Equal(("v1", "ConfigMap"), (o.ApiVersion, o.Kind)));
    }

    private static async Task<KubernetesObject> FirstAsync(KubernetesClient client, ResourceType type)
    {
        using var patience = new CancellationTokenSource(LiveNamespace.Patience);
        await foreach (WatchEvent change in client.WatchAsync(type, ct: patience.Token))
        {
            if (change.Object is { } found)
                return found;
        }

        throw new InvalidOperationException();
    }
}
