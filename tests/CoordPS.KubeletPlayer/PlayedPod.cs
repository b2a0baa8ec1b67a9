using System.Text.Json.Nodes;
using CoordPS.Kubernetes;

namespace CoordPS.KubeletPlayer;

/// <summary>One pod and what becomes of it.</summary>
#pragma warning disable CA1001 // Its cancellation source has no timer and holds nothing to dispose of; whoever follows the log may ask for its token late.
internal sealed class PlayedPod(KubeletPlayer player, KubernetesClient client, KubernetesObject first)
#pragma warning restore CA1001
{
    private static int _lastAddress;

    private readonly CancellationTokenSource _gone = new();
    private readonly Lock _gate = new();
    private KubernetesObject _latest = first;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Playing { get; private set; } = Task.CompletedTask;

    public DateTimeOffset StartedAt { get; } = DateTimeOffset.UtcNow;

    /// <summary>Ends when the pod is gone.</summary>
    public CancellationToken WhenGone => _gone.Token;

    public KubernetesObject Latest
    {
        get
        {
            lock (_gate)
                return _latest;
        }
        set
        {
            lock (_gate)
            {
                _latest = value;
                _changed.SetResult();
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>Ends at the next change.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
                return _changed.Task;
        }
    }

    public void Start(CancellationToken stop) => Playing = Task.Run(() => PlayAsync(stop), CancellationToken.None);

    public void Gone() => _gone.Cancel();

    private async Task PlayAsync(CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, _gone.Token);
        using var alive = CancellationTokenSource.CreateLinkedTokenSource(end.Token);
        try
        {
            // Its life ends when it is let go; an error of its life shows when the player is disposed.
            await Task.WhenAll(LiveAsync(alive.Token), LetGoAsync(alive, end.Token));
        }
        catch (OperationCanceledException)
        {
            // The pod is gone, or the play is over.
        }
    }

    private async Task LiveAsync(CancellationToken ct)
    {
        KubernetesObject pod = Latest;
        PodBehavior behavior = PodBehaviors.Of(pod);
        if (behavior == PodBehavior.Pending || pod.DeletionTimestamp is not null)
            return;
        if (behavior == PodBehavior.Unschedulable)
        {
            await StatusAsync(new JsonObject
            {
                ["status"] = new JsonObject
                {
                    ["phase"] = "Pending",
                    ["conditions"] = new JsonArray(PodStatus.Condition("PodScheduled", false, "Unschedulable", "0/1 nodes are available: 1 Insufficient cpu.")),
                },
            }, ct);
            return;
        }

        if (pod.Spec?["nodeName"] is null)
            await BindAsync(pod, ct);
        int address = Interlocked.Increment(ref _lastAddress);
        string ip = $"10.1.{(address >> 8) & 255}.{address & 255}";
        switch (behavior)
        {
            case PodBehavior.Ready:
                if (player.ReadyAfter > TimeSpan.Zero)
                {
                    await StatusAsync(PodStatus.Running(pod, false, ip), ct);
                    await Task.Delay(player.ReadyAfter, ct);
                }

                await StatusAsync(PodStatus.Running(pod, true, ip), ct);
                break;
            case PodBehavior.NotReady:
                await StatusAsync(PodStatus.Running(pod, false, ip), ct);
                break;
            case PodBehavior.BadImage:
                await StatusAsync(PodStatus.Waiting(pod, "Pending", "ErrImagePull", "rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": not found", ip), ct);
                await Task.Delay(player.RestartAfter, ct);
                await StatusAsync(PodStatus.Waiting(pod, "Pending", "ImagePullBackOff", "Back-off pulling image \"{image}\"", ip), ct);
                break;
            case PodBehavior.ConfigError:
                await StatusAsync(PodStatus.Waiting(pod, "Pending", "CreateContainerConfigError", "secret \"missing\" not found", ip), ct);
                break;
            case PodBehavior.CrashLoop:
                await StatusAsync(PodStatus.Running(pod, false, ip), ct);
                for (int restarts = 1; ; restarts++)
                {
                    await Task.Delay(player.RestartAfter, ct);
                    await StatusAsync(PodStatus.Waiting(pod, "Running", "CrashLoopBackOff", $"back-off 10s restarting failed container={{name}} pod={pod.Name}_{pod.Namespace}({pod.Uid})", ip, restarts), ct);
                }
        }
    }

    /// <summary>Once it is to be deleted, its containers are as good as stopped.</summary>
    private async Task LetGoAsync(CancellationTokenSource alive, CancellationToken ct)
    {
        while (true)
        {
            Task changed = Changed;
            if (Latest.DeletionTimestamp is not null)
                break;
            await changed.WaitAsync(ct);
        }

        await alive.CancelAsync();
        KubernetesObject pod = Latest;
        await PatientlyAsync(() => client.DeleteAsync(ResourceType.Pods, pod.Name, pod.Namespace, new DeleteOptions { GracePeriodSeconds = 0, Uid = pod.Uid }, ct), ct);
    }

    private Task BindAsync(KubernetesObject pod, CancellationToken ct)
    {
        var binding = new KubernetesObject("v1", "Binding", pod.Name, pod.Namespace);
        binding.Json["target"] = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Node", ["name"] = player.NodeName };
        return PatientlyAsync(() => client.PostAsync(ResourceType.Pods, pod.Name, pod.Namespace, "binding", binding, ct), ct);
    }

    private Task StatusAsync(JsonObject patch, CancellationToken ct) =>
        PatientlyAsync(() => client.PatchAsync(ResourceType.Pods, Latest.Name, Latest.Namespace, PatchKind.Merge, patch, "status", ct: ct), ct);

    /// <summary>As a kubelet does when the API server is away: it tries until it is back. What is no longer there needs nothing.</summary>
    private static async Task PatientlyAsync(Func<Task> act, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await act();
                return;
            }
            catch (KubernetesException e) when (e.IsTransient)
            {
                await Task.Delay(200, ct);
            }
            catch (KubernetesException e) when (e.Kind is KubernetesErrorKind.NotFound or KubernetesErrorKind.Conflict)
            {
                return;
            }
        }
    }
}
