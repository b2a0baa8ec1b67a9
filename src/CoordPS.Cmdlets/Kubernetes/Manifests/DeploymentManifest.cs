using System.Collections;
using System.Text.Json.Nodes;

namespace CoordPS.Cmdlets;

/// <summary>What a service is to be like: the manifests of its Deployment, Service, HorizontalPodAutoscaler and ConfigMap.</summary>
internal sealed class DeploymentManifest
{
    /// <summary>The annotation of pods that changes with their configuration, so that they are replaced then.</summary>
    public const string ConfigHashAnnotation = "coordps.io/config-hash";

    public required string Name { get; init; }

    public required string Image { get; init; }

    public string? Namespace { get; init; }

    /// <summary>Null leaves the number to whoever scales it.</summary>
    public int? Replicas { get; init; }

    public IReadOnlyList<PublishedPort> Ports { get; init; } = [];

    public ResourceRange? Cpu { get; init; }

    public ResourceRange? Memory { get; init; }

    public IDictionary? Env { get; init; }

    public IDictionary? Labels { get; init; }

    public string? ServiceAccount { get; init; }

    /// <summary>By readiness, liveness and startup.</summary>
    public IReadOnlyDictionary<string, string> Probes { get; init; } = new Dictionary<string, string>();

    public int? MinReplicas { get; init; }

    public int? MaxReplicas { get; init; }

    /// <summary>Percent of what is requested.</summary>
    public int TargetCpu { get; init; } = 80;

    /// <summary>The ConfigMap whose entries are variables of the container.</summary>
    public JsonObject? Config { get; init; }

    /// <summary>The manifests in the order they are to be applied.</summary>
    /// <exception cref="FormatException">Something can't be written as a manifest.</exception>
    public IEnumerable<JsonObject> Build()
    {
        if (Config is not null)
            yield return Config;
        yield return Deployment();
        if (Ports.Count > 0)
            yield return Service();
        if (MaxReplicas is not null)
            yield return Autoscaler(Name, Namespace, LabelsOf(Labels, Name), MinReplicas, MaxReplicas.Value, TargetCpu, "Deployment");
    }

    /// <summary>The manifest of an autoscaler.</summary>
    public static JsonObject Autoscaler(string name, string? ns, JsonObject? labels, int? minimum, int maximum, int targetCpu, string kind)
    {
        var spec = new JsonObject
        {
            ["scaleTargetRef"] = new JsonObject { ["apiVersion"] = "apps/v1", ["kind"] = kind, ["name"] = name },
            ["maxReplicas"] = maximum,
            ["metrics"] = new JsonArray(new JsonObject
            {
                ["type"] = "Resource",
                ["resource"] = new JsonObject
                {
                    ["name"] = "cpu",
                    ["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = targetCpu },
                },
            }),
        };
        if (minimum is { } least)
            spec["minReplicas"] = least;
        return Create("autoscaling/v2", "HorizontalPodAutoscaler", name, ns, labels, ("spec", spec));
    }

    /// <summary>A manifest with the usual beginning.</summary>
    public static JsonObject Create(string apiVersion, string kind, string name, string? ns, JsonObject? labels, params (string Name, JsonNode Value)[] content)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (ns is not null)
            metadata["namespace"] = ns;
        if (labels is { Count: > 0 })
            metadata["labels"] = labels;
        var result = new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = metadata };
        foreach ((string property, JsonNode value) in content)
            result[property] = value;
        return result;
    }

    /// <summary>The labels of a manifest: <c>app</c>, and what is given.</summary>
    public static JsonObject LabelsOf(IDictionary? given, string name)
    {
        var labels = new JsonObject { ["app"] = name };
        foreach ((string key, string value) in Texts(given))
            labels[key] = value;
        return labels;
    }

    /// <summary>Variables of a container; a value that is a dictionary says where it comes from.</summary>
    public static JsonArray? Variables(IDictionary? given)
    {
        if (given is not { Count: > 0 })
            return null;
        var variables = new JsonArray();
        IEnumerable<DictionaryEntry> entries = given.Cast<DictionaryEntry>();
        if (given is Hashtable)
            entries = entries.OrderBy(static entry => entry.Key.ToString(), StringComparer.Ordinal);
        foreach (DictionaryEntry entry in entries)
        {
            var variable = new JsonObject { ["name"] = entry.Key.ToString() };
            JsonNode? value = Manifest.ToNode(entry.Value);
            if (value is JsonObject source)
                variable["valueFrom"] = source;
            else if (value is JsonArray)
                throw new FormatException($"The variable '{entry.Key}' is a list: give text, a number, a boolean, or a hashtable such as @{{ secretKeyRef = @{{ name = 'db'; key = 'password' }} }}.");
            else
                variable["value"] = Text(value);
            variables.Add((JsonNode)variable);
        }

        return variables;
    }

    /// <summary>Requests and limits of a container; null when there are none.</summary>
    public static JsonObject? Resources(ResourceRange? cpu, ResourceRange? memory)
    {
        if (cpu is null && memory is null)
            return null;
        JsonObject requests = [], limits = [];
        foreach ((string name, ResourceRange? range) in new[] { ("cpu", cpu), ("memory", memory) })
        {
            if (range is null)
                continue;
            limits[name] = range.Limit;
            requests[name] = range.Request;
        }

        return new JsonObject { ["limits"] = limits, ["requests"] = requests };
    }

    private static IEnumerable<(string Name, string Value)> Texts(IDictionary? given) =>
        given is null ? [] : given.Cast<DictionaryEntry>().Select(static entry => (entry.Key.ToString()!, Text(Manifest.ToNode(entry.Value))))
            .OrderBy(static pair => pair.Item1, StringComparer.Ordinal);

    private static string Text(JsonNode? value) => value switch
    {
        null => "",
        JsonValue scalar => scalar.ToString(),
        _ => throw new FormatException($"{value.ToJsonString()} is no text."),
    };

    private JsonObject Deployment()
    {
        var container = new JsonObject { ["name"] = Name, ["image"] = Image };
        if (Ports.Count > 0)
        {
            container["ports"] = new JsonArray([.. Ports.DistinctBy(static port => (port.ContainerPort, port.Protocol)).Select(static port =>
            {
                var json = new JsonObject { ["containerPort"] = port.ContainerPort, ["protocol"] = port.Protocol };
                if (port.Name is not null)
                    json["name"] = port.Name;
                return json;
            })]);
        }

        if (Variables(Env) is { } variables)
            container["env"] = variables;
        if (Config is not null)
            container["envFrom"] = new JsonArray(new JsonObject { ["configMapRef"] = new JsonObject { ["name"] = Config["metadata"]!["name"]!.GetValue<string>() } });
        if (Resources(Cpu, Memory) is { } resources)
            container["resources"] = resources;
        foreach ((string kind, string text) in Probes)
        {
            JsonObject probe = ProbeText.Parse(text, Ports.Count > 0 ? Ports[0].ContainerPort : null);
            if (kind == "livenessProbe")
            {
                // A container that is slow to answer is taken out of service long before it is killed.
                probe["initialDelaySeconds"] = 10;
                probe["failureThreshold"] = 6;
            }
            else if (kind == "startupProbe")
            {
                probe["failureThreshold"] = 30;
            }

            probe["periodSeconds"] = kind == "livenessProbe" ? 10 : 5;
            container[kind] = probe;
        }

        var template = new JsonObject { ["labels"] = LabelsOf(Labels, Name) };
        if (Config?["metadata"]?["annotations"]?[ConfigHashAnnotation] is { } hash)
            template["annotations"] = new JsonObject { [ConfigHashAnnotation] = hash.GetValue<string>() };
        var pod = new JsonObject { ["containers"] = new JsonArray(container) };
        if (ServiceAccount is not null)
            pod["serviceAccountName"] = ServiceAccount;
        var spec = new JsonObject();
        if (Replicas is { } replicas)
            spec["replicas"] = replicas;
        // Only what can't change: a selector is for life.
        spec["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = Name } };
        spec["template"] = new JsonObject { ["metadata"] = template, ["spec"] = pod };
        return Create("apps/v1", "Deployment", Name, Namespace, LabelsOf(Labels, Name), ("spec", spec));
    }

    private JsonObject Service() => Create("v1", "Service", Name, Namespace, LabelsOf(Labels, Name), ("spec", new JsonObject
    {
        ["selector"] = new JsonObject { ["app"] = Name },
        ["ports"] = new JsonArray([.. Ports.Select(static port =>
        {
            // Server-side apply tells ports apart by number and protocol: without a protocol it can't.
            var json = new JsonObject { ["protocol"] = port.Protocol, ["port"] = port.ServicePort, ["targetPort"] = port.ContainerPort };
            if (port.Name is not null)
                json["name"] = port.Name;
            return json;
        })]),
    }));
}
