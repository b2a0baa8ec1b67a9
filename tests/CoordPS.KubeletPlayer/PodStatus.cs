using System.Globalization;
using System.Text.Json.Nodes;
using CoordPS.Kubernetes;

namespace CoordPS.KubeletPlayer;

/// <summary>Statuses as a kubelet writes them.</summary>
internal static class PodStatus
{
    public static JsonObject Condition(string type, bool holds, string? reason = null, string? message = null)
    {
        var condition = new JsonObject { ["type"] = type, ["status"] = holds ? "True" : "False", ["lastTransitionTime"] = Now };
        if (type == "Ready" && reason == "KubeletPlayed")
            condition["lastHeartbeatTime"] = Now;
        if (reason is not null)
            condition["reason"] = reason;
        if (message is not null)
            condition["message"] = message;
        return condition;
    }

    public static string Now => DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static JsonObject Running(KubernetesObject pod, bool ready, string ip) =>
        Patch(pod, "Running", ready, ip, _ => new JsonObject { ["running"] = new JsonObject { ["startedAt"] = Now } });

    public static JsonObject Waiting(KubernetesObject pod, string phase, string reason, string message, string ip, int restarts = 0) =>
        Patch(pod, phase, false, ip, container => new JsonObject
        {
            ["waiting"] = new JsonObject { ["reason"] = reason, ["message"] = message.Replace("{image}", container["image"]?.ToString(), StringComparison.Ordinal).Replace("{name}", container["name"]?.ToString(), StringComparison.Ordinal) },
        }, restarts);

    private static JsonObject Patch(KubernetesObject pod, string phase, bool ready, string ip, Func<JsonObject, JsonObject> state, int restarts = 0)
    {
        var statuses = new JsonArray();
        foreach (JsonObject container in pod.Spec!["containers"]!.AsArray().OfType<JsonObject>())
        {
            JsonObject now = state(container);
            var status = new JsonObject
            {
                ["name"] = container["name"]!.ToString(),
                ["image"] = container["image"]!.ToString(),
                ["imageID"] = now.ContainsKey("running") || restarts > 0 ? $"played://{container["image"]}" : "",
                ["ready"] = ready,
                ["started"] = now.ContainsKey("running"),
                ["restartCount"] = restarts,
                ["state"] = now,
            };
            if (restarts > 0)
            {
                status["lastState"] = new JsonObject
                {
                    ["terminated"] = new JsonObject { ["exitCode"] = 1, ["reason"] = "Error", ["startedAt"] = Now, ["finishedAt"] = Now, ["containerID"] = $"played://{pod.Uid}/{restarts}" },
                };
            }

            statuses.Add(status);
        }

        string? why = ready ? null : "ContainersNotReady", which = ready ? null : $"containers with unready status: [{string.Join(' ', statuses.Select(s => s!["name"]))}]";
        return new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["phase"] = phase,
                ["hostIP"] = "127.0.0.1",
                ["podIP"] = ip,
                ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = ip }),
                ["startTime"] = pod.Status?["startTime"]?.ToString() ?? Now,
                ["conditions"] = new JsonArray(
                    Condition("Initialized", true), Condition("Ready", ready, why, which), Condition("ContainersReady", ready, why, which), Condition("PodScheduled", true)),
                ["containerStatuses"] = statuses,
            },
        };
    }
}
