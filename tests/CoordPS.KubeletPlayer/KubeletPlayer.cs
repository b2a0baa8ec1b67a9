using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using CoordPS.Kubernetes;

namespace CoordPS.KubeletPlayer;

/// <summary>
/// A fake kubelet, and a fake scheduler, for an API server that has neither: tests run where no container can be. It registers a node,
/// binds pods to it, and writes the statuses that a kubelet would write of containers that it never runs; it answers for their logs; and it
/// lets go of pods that are deleted. See <see cref="PodBehavior"/> for how a pod says what becomes of it, and <see cref="PodLog"/> for what its log is.
/// </summary>
public sealed class KubeletPlayer : IAsyncDisposable
{
    private readonly KubernetesClient _client;
    private readonly bool _allNamespaces;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, PlayedPod> _pods = new(StringComparer.Ordinal);
    private readonly LogServer _logs;

    private KubeletPlayer(KubernetesClient client, bool allNamespaces, TimeSpan readyAfter)
    {
        _client = client;
        _allNamespaces = allNamespaces;
        ReadyAfter = readyAfter;
        _logs = new LogServer((ns, name) => _pods.Values.FirstOrDefault(pod => pod.Latest.Name == name && pod.Latest.Namespace == ns));
    }

    /// <summary>The node's name.</summary>
    public string NodeName { get; } = $"coordps-player-{Guid.NewGuid():N}"[..24];

    /// <summary>How long a pod takes to get ready.</summary>
    public TimeSpan ReadyAfter { get; set; }

    /// <summary>How long it takes until a container that ended is started again. A kubelet takes 10 s and more.</summary>
    public TimeSpan RestartAfter { get; set; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Ends when it does not play any more; with an error if it can't.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Begins to play.</summary>
    /// <param name="client">The cluster, and the namespace. It must stay until the player is disposed.</param>
    /// <param name="allNamespaces">Whether it plays for all namespaces.</param>
    /// <param name="readyAfter">How long a pod takes to get ready.</param>
    /// <param name="ct">Cancels the start.</param>
    public static async Task<KubeletPlayer> StartAsync(KubernetesClient client, bool allNamespaces = false, TimeSpan readyAfter = default, CancellationToken ct = default)
    {
        var player = new KubeletPlayer(client, allNamespaces, readyAfter);
        await player.RegisterAsync(ct);
        player.Completion = Task.Run(player.PlayAsync, CancellationToken.None);
        return player;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_pods.Values.Select(pod => pod.Playing));
        await _logs.DisposeAsync();
        try
        {
            // Nobody else could let go of its pods: they, and their namespaces, would stay for ever.
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            var mine = new ListOptions { AllNamespaces = true, FieldSelector = $"spec.nodeName={NodeName}" };
            KubernetesList pods = await _client.ListAsync(ResourceType.Pods, options: mine, ct: patience.Token);
            await Task.WhenAll(pods.Items.Select(pod => _client.DeleteAsync(ResourceType.Pods, pod.Name, pod.Namespace, new DeleteOptions { GracePeriodSeconds = 0 }, patience.Token)));
            await _client.DeleteAsync(ResourceType.Nodes, NodeName, ct: patience.Token);
        }
        catch (Exception e) when (e is KubernetesException or OperationCanceledException)
        {
            // The cluster went before the player: the node went with it.
        }

        _stop.Dispose();
    }

    private async Task RegisterAsync(CancellationToken ct)
    {
        var node = new KubernetesObject("v1", "Node", NodeName);
        node.SetLabel("kubernetes.io/hostname", NodeName);
        await _client.CreateAsync(node, ct: ct);
        // The server marks new nodes as not ready; a node controller would take that away.
        await _client.PatchAsync(ResourceType.Nodes, NodeName, null, PatchKind.Merge, new JsonObject { ["spec"] = new JsonObject { ["taints"] = null } }, ct: ct);
        await _client.PatchAsync(ResourceType.Nodes, NodeName, null, PatchKind.Merge, new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["addresses"] = new JsonArray(new JsonObject { ["type"] = "InternalIP", ["address"] = "127.0.0.1" }),
                ["daemonEndpoints"] = new JsonObject { ["kubeletEndpoint"] = new JsonObject { ["Port"] = _logs.Port } },
                ["capacity"] = new JsonObject { ["cpu"] = "1000", ["memory"] = "1000Gi", ["pods"] = "10000" },
                ["allocatable"] = new JsonObject { ["cpu"] = "1000", ["memory"] = "1000Gi", ["pods"] = "10000" },
                ["conditions"] = new JsonArray(PodStatus.Condition("Ready", true, "KubeletPlayed", "There is no kubelet; one is played.")),
            },
        }, "status", ct: ct);
    }

    private async Task PlayAsync()
    {
        try
        {
            await foreach (WatchEvent change in _client.WatchAsync(ResourceType.Pods, options: new ListOptions { AllNamespaces = _allNamespaces }, ct: _stop.Token))
            {
                if (change.Object is not { } pod)
                    continue;
                if (change.Type == WatchEventType.Deleted)
                {
                    if (_pods.TryRemove(pod.Uid, out PlayedPod? gone))
                        gone.Gone();
                }
                else if (_pods.TryGetValue(pod.Uid, out PlayedPod? known))
                {
                    known.Latest = pod;
                }
                else if (pod.Spec?["nodeName"]?.ToString() is null or "" || pod.Spec!["nodeName"]!.ToString() == NodeName)
                {
                    var played = new PlayedPod(this, _client, pod);
                    _pods[pod.Uid] = played;
                    played.Start(_stop.Token);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end.
        }
    }
}
