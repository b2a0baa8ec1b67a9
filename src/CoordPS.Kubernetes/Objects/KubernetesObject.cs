using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>An object of the API, of any kind: a view of its JSON, which is what is sent. Not thread-safe.</summary>
public class KubernetesObject
{
    /// <summary>Wraps JSON; changes go to it.</summary>
    /// <param name="json">The object, at least with its <c>apiVersion</c> and <c>kind</c> when it is to be sent.</param>
    public KubernetesObject(JsonObject json)
    {
        ArgumentNullException.ThrowIfNull(json);
        Json = json;
    }

    /// <summary>A new object with a name.</summary>
    /// <param name="apiVersion">Group and version, such as <c>apps/v1</c>; <c>v1</c> for the core group.</param>
    /// <param name="kind">The kind, such as <c>Deployment</c>.</param>
    /// <param name="name">Its name.</param>
    /// <param name="ns">Its namespace; null for the client's, or for kinds that have none.</param>
    public KubernetesObject(string apiVersion, string kind, string name, string? ns = null)
        : this(new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name } })
    {
        if (ns is not null)
            Namespace = ns;
    }

    /// <summary>All of it.</summary>
    public JsonObject Json { get; }

    /// <summary>Group and version, such as <c>apps/v1</c>; empty if it has none.</summary>
    public string ApiVersion
    {
        get => Json.Text("apiVersion") ?? "";
        set => Json["apiVersion"] = value;
    }

    /// <summary>The kind, such as <c>Deployment</c>; empty if it has none.</summary>
    public string Kind
    {
        get => Json.Text("kind") ?? "";
        set => Json["kind"] = value;
    }

    /// <summary>The API group; empty for the core group.</summary>
    public string Group => ApiVersion.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash ? ApiVersion[..slash] : "";

    /// <summary>The name; empty if it has none.</summary>
    public string Name
    {
        get => Metadata.Text("name") ?? "";
        set => EnsureMetadata()["name"] = value;
    }

    /// <summary>The namespace; null if it has none.</summary>
    public string? Namespace
    {
        get => Metadata.Text("namespace");
        set
        {
            if (value is null)
                Metadata?.Remove("namespace");
            else
                EnsureMetadata()["namespace"] = value;
        }
    }

    /// <summary>The server's identity of this very object, which another object of the same name does not have; empty if it was not created.</summary>
    public string Uid => Metadata.Text("uid") ?? "";

    /// <summary>The server's version of the object; empty if it was not created. Opaque: only good for equality and to send back.</summary>
    public string ResourceVersion => Metadata.Text("resourceVersion") ?? "";

    /// <summary>Counts the changes of what is asked for (<c>spec</c>); 0 for kinds that have none.</summary>
    public long Generation => Metadata.Number("generation") ?? 0;

    /// <summary>When it was created; null if it was not.</summary>
    public DateTimeOffset? CreationTimestamp => Metadata.Time("creationTimestamp");

    /// <summary>When it was asked to be deleted; null if it was not.</summary>
    public DateTimeOffset? DeletionTimestamp => Metadata.Time("deletionTimestamp");

    /// <summary>The labels: a copy. Change them with <see cref="SetLabel"/>.</summary>
    public IReadOnlyDictionary<string, string> Labels => Metadata.Object("labels").Texts();

    /// <summary>The annotations: a copy. Change them with <see cref="SetAnnotation"/>.</summary>
    public IReadOnlyDictionary<string, string> Annotations => Metadata.Object("annotations").Texts();

    /// <summary>The owners.</summary>
    public IReadOnlyList<OwnerReference> Owners => [.. Metadata.Objects("ownerReferences").Select(static owner => new OwnerReference(owner))];

    /// <summary>The owner that controls it; null if none does.</summary>
    public OwnerReference? Controller => Owners.FirstOrDefault(static owner => owner.IsController);

    /// <summary>What is asked for; null if there is none.</summary>
    public JsonObject? Spec => Json.Object("spec");

    /// <summary>What was observed; null if there is none.</summary>
    public JsonObject? Status => Json.Object("status");

    /// <summary>The metadata; null if there is none.</summary>
    public JsonObject? Metadata => Json.Object("metadata");

    /// <summary>What it is called in messages: <c>Deployment.apps/web</c>, with its namespace when it has one.</summary>
    public string Description => $"{Kind}{(Group.Length > 0 ? "." + Group : "")}/{Name}{(Namespace is { } ns ? $" in namespace {ns}" : "")}";

    /// <summary>Reads an object's JSON.</summary>
    /// <exception cref="FormatException">It is no JSON object.</exception>
    public static KubernetesObject Parse(string json)
    {
        try
        {
            return JsonNode.Parse(json) is JsonObject node ? new KubernetesObject(node) : throw new FormatException("It is no JSON object.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"It is no JSON: {e.Message}", e);
        }
    }

    /// <summary>Sets a label, or removes it.</summary>
    /// <param name="name">Its key.</param>
    /// <param name="value">Its value; null to remove it.</param>
    public void SetLabel(string name, string? value) => Set("labels", name, value);

    /// <summary>Sets an annotation, or removes it.</summary>
    /// <param name="name">Its key.</param>
    /// <param name="value">Its value; null to remove it.</param>
    public void SetAnnotation(string name, string? value) => Set("annotations", name, value);

    /// <summary>The part at a path of field names, numbers for places in lists; null where there is none.</summary>
    /// <param name="path">Such as <c>"spec", "template", "spec", "containers", 0</c>.</param>
    public JsonNode? At(params ReadOnlySpan<object> path)
    {
        JsonNode? node = Json;
        foreach (object step in path)
        {
            node = (node, step) switch
            {
                (JsonObject map, string name) => map[name],
                (JsonArray list, int index) => index >= 0 && index < list.Count ? list[index] : null,
                _ => null,
            };
        }

        return node;
    }

    /// <summary>A copy that shares nothing.</summary>
    public KubernetesObject Clone() => new((JsonObject)Json.DeepClone());

    /// <summary>The JSON, indented.</summary>
    public string ToJson() => Json.ToJsonString(JsonText.Indented);

    /// <inheritdoc/>
    public override string ToString() => Description;

    private JsonObject EnsureMetadata() => Json.Ensure("metadata");

    private void Set(string field, string name, string? value)
    {
        if (value is not null)
            EnsureMetadata().Ensure(field)[name] = value;
        else if (Metadata.Object(field) is { } map && map.Remove(name) && map.Count == 0)
            Metadata!.Remove(field);
    }
}

/// <summary>Who owns an object.</summary>
public sealed class OwnerReference
{
    internal OwnerReference(JsonObject json)
    {
        Kind = json.Text("kind") ?? "";
        Name = json.Text("name") ?? "";
        Uid = json.Text("uid") ?? "";
        IsController = json.Flag("controller") ?? false;
    }

    /// <summary>The owner's kind.</summary>
    public string Kind { get; }

    /// <summary>The owner's name.</summary>
    public string Name { get; }

    /// <summary>The owner's identity.</summary>
    public string Uid { get; }

    /// <summary>Whether it is the one that controls the object.</summary>
    public bool IsController { get; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind}/{Name}");
}
