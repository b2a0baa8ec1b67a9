using System.Collections;
using System.Globalization;
using System.Text.Json.Nodes;

namespace CoordPS.Cmdlets;

/// <summary>The manifests of a ZooKeeper ensemble: each member a pod with a name and volumes of its own.</summary>
internal sealed class EnsembleManifest
{
    /// <summary>The image's user, in Apache's and in ours.</summary>
    private const int User = 1000;

    private const int ClientPort = 2181;

    public required string Name { get; init; }

    public required string Image { get; init; }

    public string? Namespace { get; init; }

    public int Members { get; init; } = 3;

    public CoordEnsembleDistribution Distribution { get; init; }

    public ResourceRange? Cpu { get; init; }

    public ResourceRange? Memory { get; init; }

    public IDictionary? Env { get; init; }

    public IDictionary? Labels { get; init; }

    public string? ServiceAccount { get; init; }

    public string StorageSize { get; init; } = "10Gi";

    public string? StorageClass { get; init; }

    public string ClusterDomain { get; init; } = "cluster.local";

    private string Headless => $"{Name}-headless";

    /// <summary>The manifests in the order they are to be applied.</summary>
    public IEnumerable<JsonObject> Build()
    {
        // Members find each other by their pods' names before they are ready: without that none would become so.
        yield return Create("v1", "Service", Headless, new JsonObject
        {
            ["clusterIP"] = "None",
            ["publishNotReadyAddresses"] = true,
            ["selector"] = Selector(),
            ["ports"] = new JsonArray(Port("client", ClientPort), Port("quorum", 2888), Port("election", 3888)),
        });
        yield return Create("v1", "Service", Name, new JsonObject
        {
            ["selector"] = Selector(),
            ["ports"] = new JsonArray(Port("client", ClientPort)),
        });
        // One at a time: three members bear the loss of one, and five are worked on one by one as well.
        yield return Create("policy/v1", "PodDisruptionBudget", Name, new JsonObject
        {
            ["maxUnavailable"] = 1,
            ["selector"] = new JsonObject { ["matchLabels"] = Selector() },
        });
        yield return StatefulSet();
    }

    private static JsonObject Port(string name, int port) => new() { ["name"] = name, ["protocol"] = "TCP", ["port"] = port, ["targetPort"] = port };

    private static JsonObject Probe(JsonObject how, int period, int failures)
    {
        how["periodSeconds"] = period;
        how["timeoutSeconds"] = 5;
        how["failureThreshold"] = failures;
        return how;
    }

    private JsonObject Selector() => new() { ["app"] = Name };

    private JsonObject Create(string apiVersion, string kind, string name, JsonObject spec) =>
        DeploymentManifest.Create(apiVersion, kind, name, Namespace, DeploymentManifest.LabelsOf(Labels, Name), ("spec", spec));

    private JsonObject StatefulSet()
    {
        var pod = new JsonObject
        {
            ["terminationGracePeriodSeconds"] = 30,
            ["securityContext"] = new JsonObject
            {
                ["runAsNonRoot"] = true,
                ["runAsUser"] = User,
                ["runAsGroup"] = User,
                ["fsGroup"] = User,
                ["fsGroupChangePolicy"] = "OnRootMismatch",
                ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
            },
            ["affinity"] = new JsonObject
            {
                ["podAntiAffinity"] = new JsonObject
                {
                    // Two members on one node are lost together; in one zone only if there is no other way.
                    ["requiredDuringSchedulingIgnoredDuringExecution"] = new JsonArray(AffinityTerm("kubernetes.io/hostname")),
                    ["preferredDuringSchedulingIgnoredDuringExecution"] = new JsonArray(
                        new JsonObject { ["weight"] = 100, ["podAffinityTerm"] = AffinityTerm("topology.kubernetes.io/zone") }),
                },
            },
            ["containers"] = new JsonArray(Container()),
            ["volumes"] = new JsonArray(Scratch("conf"), Scratch("logs")),
        };
        if (Distribution == CoordEnsembleDistribution.Apache)
        {
            // The image's own folder of settings is not empty: what it holds is kept, and zoo.cfg written beside it.
            pod["volumes"] = new JsonArray(Scratch("logs"));
        }

        if (ServiceAccount is not null)
            pod["serviceAccountName"] = ServiceAccount;
        return Create("apps/v1", "StatefulSet", Name, new JsonObject
        {
            ["replicas"] = Members,
            ["serviceName"] = Headless,
            // A quorum can't form by members that wait for the one before to be ready.
            ["podManagementPolicy"] = "Parallel",
            ["updateStrategy"] = new JsonObject { ["type"] = "RollingUpdate" },
            ["selector"] = new JsonObject { ["matchLabels"] = Selector() },
            ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = DeploymentManifest.LabelsOf(Labels, Name) }, ["spec"] = pod },
            ["volumeClaimTemplates"] = new JsonArray(Claim("data"), Claim("datalog")),
        });
    }

    private JsonObject Container()
    {
        var container = new JsonObject { ["name"] = "zookeeper", ["image"] = Image };
        if (Distribution == CoordEnsembleDistribution.Apache)
        {
            // The ordinal of the pod's name, from 0, makes the member's number, from 1; the rest is the image's own beginning.
            container["command"] = new JsonArray("/bin/bash", "-c", "export ZOO_MY_ID=$((${HOSTNAME##*-} + 1)) && exec /docker-entrypoint.sh zkServer.sh start-foreground");
        }

        container["ports"] = new JsonArray([.. new[] { ("client", ClientPort), ("quorum", 2888), ("election", 3888) }.Select(static port =>
            new JsonObject { ["name"] = port.Item1, ["containerPort"] = port.Item2, ["protocol"] = "TCP" })]);
        container["env"] = Environment();
        if (DeploymentManifest.Resources(Cpu, Memory) is { } resources)
            container["resources"] = resources;
        container["startupProbe"] = Probe(AliveProbe(), 5, 60);
        container["livenessProbe"] = Probe(AliveProbe(), 10, 6);
        container["readinessProbe"] = Probe(ServingProbe(), 5, 2);
        container["securityContext"] = new JsonObject
        {
            ["allowPrivilegeEscalation"] = false,
            ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
        };
        var mounts = new JsonArray(Mount("data", "/data"), Mount("datalog", "/datalog"), Mount("logs", "/logs"));
        if (Distribution == CoordEnsembleDistribution.CoordPS)
        {
            container["securityContext"]!["readOnlyRootFilesystem"] = true;
            mounts.Add((JsonNode)Mount("conf", "/conf"));
        }

        container["volumeMounts"] = mounts;
        return container;
    }

    /// <summary>Whether the process answers at all: one that looks for a leader does.</summary>
    private JsonObject AliveProbe() => Distribution == CoordEnsembleDistribution.CoordPS
        ? new JsonObject { ["exec"] = new JsonObject { ["command"] = new JsonArray("coordps", "health", "--alive") } }
        : ProbeText.Exec($"[ \"$(echo ruok | nc -w 3 127.0.0.1 {ClientPort})\" = imok ]");

    /// <summary>Whether it serves, as a leader, follower or observer.</summary>
    private JsonObject ServingProbe() => Distribution == CoordEnsembleDistribution.CoordPS
        ? new JsonObject { ["exec"] = new JsonObject { ["command"] = new JsonArray("coordps", "health") } }
        : ProbeText.Exec($"echo srvr | nc -w 3 127.0.0.1 {ClientPort} | grep -q ^Mode:");

    private JsonArray Environment()
    {
        string suffix = $"{Headless}{(Namespace is null ? "" : $".{Namespace}.svc.{ClusterDomain}")}";
        var variables = new JsonArray
        {
            Variable("ZOO_SERVERS", string.Join(' ', Enumerable.Range(0, Members).Select(i => $"server.{i + 1}={Name}-{i}.{suffix}:2888:3888;{ClientPort}"))),
            Variable("ZOO_4LW_COMMANDS_WHITELIST", "srvr,ruok,mntr"),
            Variable("ZOO_STANDALONE_ENABLED", Members == 1 ? "true" : "false"),
            Variable("ZOO_AUTOPURGE_PURGEINTERVAL", "12"),
            Variable("ZOO_AUTOPURGE_SNAPRETAINCOUNT", "5"),
            Variable("ZOO_INIT_LIMIT", "10"),
            Variable("ZOO_SYNC_LIMIT", "5"),
            // A pod's own name may not resolve to its address yet when it starts to listen.
            Variable("ZOO_CFG_EXTRA", "quorumListenOnAllIPs=true"),
        };
        if (Distribution == CoordEnsembleDistribution.Apache && Memory is not null)
        {
            // In MiB; the other half is for Java itself and the page cache.
            long heap = (long)(ResourceRange.ValueOf(Memory.Limit) / 2 / (1 << 20));
            variables.Add((JsonNode)Variable("ZK_SERVER_HEAP", Math.Max(64, heap).ToString(CultureInfo.InvariantCulture)));
        }

        if (DeploymentManifest.Variables(Env) is { } given)
        {
            HashSet<string> named = [.. given.Select(static one => one!["name"]!.GetValue<string>())];
            foreach (JsonNode? mine in variables.Where(one => named.Contains(one!["name"]!.GetValue<string>())).ToList())
                variables.Remove(mine);
            foreach (JsonNode? one in given.ToList())
            {
                given.Remove(one);
                variables.Add(one);
            }
        }

        return variables;
    }

    private static JsonObject Variable(string name, string value) => new() { ["name"] = name, ["value"] = value };

    private static JsonObject Mount(string name, string path) => new() { ["name"] = name, ["mountPath"] = path };

    private static JsonObject Scratch(string name) => new() { ["name"] = name, ["emptyDir"] = new JsonObject() };

    private JsonObject AffinityTerm(string topology) => new()
    {
        ["labelSelector"] = new JsonObject { ["matchLabels"] = Selector() },
        ["topologyKey"] = topology,
    };

    private JsonObject Claim(string name)
    {
        var spec = new JsonObject
        {
            ["accessModes"] = new JsonArray("ReadWriteOnce"),
            ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = StorageSize } },
        };
        if (StorageClass is not null)
            spec["storageClassName"] = StorageClass;
        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "PersistentVolumeClaim", ["metadata"] = new JsonObject { ["name"] = name }, ["spec"] = spec };
    }
}
