using System.Diagnostics;
using System.Text.Json.Nodes;
using CoordPS.Testing;
using Player = CoordPS.KubeletPlayer.KubeletPlayer;

namespace CoordPS.Kubernetes.Tests;

/// <summary>Rollouts by the real controllers; the kubelet is played.</summary>
public class LiveRolloutTests
{
    [PeerFact(Peer.Kubernetes, Peer.Kubectl)]
    public async Task A_rollout_that_gets_ready_is_complete_and_kubectl_agrees()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        await using Player player = await Player.StartAsync(ns.Client);
        await ns.Client.ApplyAsync(LiveNamespace.Deployment("web", 3));
        RolloutStatus status = await FollowAsync(ns.Client);
        Assert.Equal((RolloutPhase.Complete, 3, 3, 1), (status.Phase, status.Updated, status.Available, status.Revision));
        Assert.Contains("successfully rolled out", await KubectlAsync(ns, "rollout", "status", "deployment/web", "--timeout=60s"), StringComparison.Ordinal);
    }

    [PeerTheory(Peer.Kubernetes, Peer.Kubectl)]
    [InlineData("crash-loop", RolloutProblemKind.CrashLoop, "CrashLoopBackOff")]
    [InlineData("bad-image", RolloutProblemKind.ImagePull, "ErrImagePull")]
    public async Task A_rollout_that_can_not_end_well_fails_as_soon_as_that_is_certain_and_can_be_undone(string behavior, RolloutProblemKind kind, string reason)
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        await using Player player = await Player.StartAsync(ns.Client);
        // What the registry said must be there however late it is looked at: afterwards there is only a back-off, which may pass.
        if (kind == RolloutProblemKind.ImagePull)
            player.RestartAfter = Timeout.InfiniteTimeSpan;
        await ns.Client.ApplyAsync(LiveNamespace.Deployment("web", 2));
        Assert.True((await FollowAsync(ns.Client)).IsComplete);
        await ns.Client.ApplyAsync(LiveNamespace.Deployment("web", 2, $"example/app:{behavior}"));
        RolloutStatus failed = await FollowAsync(ns.Client);
        Assert.Equal((RolloutPhase.Failed, kind, reason, 2), (failed.Phase, failed.Problems[0].Kind, failed.Problems[0].Reason, failed.Revision));
        Assert.NotNull(failed.Problems[0].Pod);

        KubernetesObject deployment = await ns.Client.GetAsync(ResourceType.Deployments, "web");
        KubernetesList sets = await ns.Client.ListAsync(ResourceType.ReplicaSets);
        (RolloutRevision to, JsonArray? patch) = RolloutHistory.Undo(deployment, sets.Items);
        Assert.Equal(1, to.Revision);
        await ns.Client.PatchAsync(ResourceType.Deployments, "web", null, PatchKind.Json, patch!);
        RolloutStatus undone = await FollowAsync(ns.Client);
        Assert.Equal((RolloutPhase.Complete, 3), (undone.Phase, undone.Revision));
        Assert.Contains("successfully rolled out", await KubectlAsync(ns, "rollout", "status", "deployment/web", "--timeout=60s"), StringComparison.Ordinal);

        // An apply after an undo is in nobody's way.
        await ns.Client.ApplyAsync(LiveNamespace.Deployment("web", 2, "example/app:3"));
        Assert.True((await FollowAsync(ns.Client)).IsComplete);
    }

    [PeerFact(Peer.Kubernetes)]
    public async Task What_controllers_did_is_told_by_events()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        KubernetesObject web = await ns.Client.ApplyAsync(LiveNamespace.Deployment("web"));
        await Eventually.TrueAsync(async () => (await ns.Client.GetEventsAsync(web)).Count > 0, "there is an event");
        KubernetesEvent told = Assert.Single(await ns.Client.GetEventsAsync(web));
        Assert.Equal(("ScalingReplicaSet", "Deployment/web", false, "deployment-controller"), (told.Reason, told.InvolvedObject, told.IsWarning, told.Source));
        Assert.StartsWith("Scaled up replica set web-", told.Message, StringComparison.Ordinal);
    }

    [PeerFact(Peer.Kubernetes, Peer.Kubectl)]
    public async Task A_rollout_without_progress_fails_at_its_deadline_and_kubectl_agrees()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        KubernetesObject web = LiveNamespace.Deployment("web");
        web.Spec!["progressDeadlineSeconds"] = 1;
        web.Spec["template"]!["metadata"]!["annotations"] = new JsonObject { ["coordps.test/ready"] = "false" };
        await ns.Client.ApplyAsync(web);
        RolloutStatus failed = await FollowAsync(ns.Client);
        Assert.Equal((RolloutPhase.Failed, RolloutProblemKind.ProgressDeadlineExceeded), (failed.Phase, failed.Problems[0].Kind));
        Assert.Contains("exceeded its progress deadline", await KubectlAsync(ns, "rollout", "status", "deployment/web", "--timeout=60s"), StringComparison.Ordinal);
    }

    [PeerFact(Peer.Kubernetes, Peer.Kubectl)]
    public async Task A_dry_run_of_what_is_there_differs_in_nothing_and_kubectl_diff_agrees()
    {
        await using LiveNamespace ns = await LiveNamespace.CreateAsync();
        KubernetesObject live = await ns.Client.ApplyAsync(LiveNamespace.Deployment("web"));
        // kubectl compares statuses, too: the controllers must be done with it between its two requests.
        await Eventually.TrueAsync(async () => (await ns.Client.GetAsync(ResourceType.Deployments, "web")).Status.Int("updatedReplicas") == 1, "the controllers have made the pod");
        var dry = new ApplyOptions { DryRun = true };
        Assert.Empty(ObjectDifference.Compare(live, await ns.Client.ApplyAsync(LiveNamespace.Deployment("web"), dry)));
        FieldChange change = Assert.Single(ObjectDifference.Compare(live, await ns.Client.ApplyAsync(LiveNamespace.Deployment("web", 1, "example/app:2"), dry)));
        Assert.Equal("spec.template.spec.containers[app].image: \"example/app:1\" -> \"example/app:2\"", change.ToString());
        using var temp = new TempDirectory();
        File.WriteAllText(temp.Combine("web.yaml"), KubernetesYaml.Write(LiveNamespace.Deployment("web")));
        Assert.Equal("", await KubectlAsync(ns, "diff", "--server-side", "-f", temp.Combine("web.yaml")));
    }

    private static async Task<RolloutStatus> FollowAsync(KubernetesClient client)
    {
        using var patience = new CancellationTokenSource(LiveNamespace.Patience);
        var tracker = new RolloutTracker();
        while (true)
        {
            KubernetesObject deployment = await client.GetAsync(ResourceType.Deployments, "web", ct: patience.Token);
            KubernetesList sets = await client.ListAsync(ResourceType.ReplicaSets, ct: patience.Token), pods = await client.ListAsync(ResourceType.Pods, ct: patience.Token);
            RolloutStatus status = tracker.Update(deployment, sets.Items, pods.Items, DateTimeOffset.UtcNow);
            if (status.IsComplete || status.IsFailed)
                return status;
            await Task.Delay(50, patience.Token);
        }
    }

    /// <summary>What kubectl writes.</summary>
    private static async Task<string> KubectlAsync(LiveNamespace ns, params string[] arguments)
    {
        var start = new ProcessStartInfo("kubectl", ["--kubeconfig", LiveNamespace.KubeConfigPath, "-n", ns.Name, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        return output + await errors;
    }
}
