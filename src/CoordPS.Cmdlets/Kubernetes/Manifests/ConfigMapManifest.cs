using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CoordPS.Client.Recipes;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>A configuration as a ConfigMap, whose entries are named as the configuration's environment variables are.</summary>
internal static class ConfigMapManifest
{
    /// <summary>The path that a ConfigMap was made from.</summary>
    public const string PathAnnotation = "coordps.io/config-path";

    /// <summary>The last transaction that changed what a ConfigMap was made from.</summary>
    public const string ZxidAnnotation = "coordps.io/config-zxid";

    /// <summary>What one ConfigMap can hold, as the API server limits it.</summary>
    private const int MaxBytes = 1 << 20;

    /// <summary>The manifest for a configuration.</summary>
    /// <exception cref="FormatException">It holds what no ConfigMap can.</exception>
    public static JsonObject From(ConfigSnapshot snapshot, string name, string? ns, string prefix = "", JsonObject? labels = null)
    {
        var data = new JsonObject();
        int size = 0;
        var content = new StringBuilder();
        foreach ((string variable, string value) in snapshot.ToEnvironment(prefix))
        {
            data[variable] = value;
            size += Encoding.UTF8.GetByteCount(variable) + Encoding.UTF8.GetByteCount(value);
            content.Append(variable).Append('\0').Append(value).Append('\0');
        }

        if (size > MaxBytes)
            throw new FormatException($"Configuration '{snapshot.Root}' has {size} bytes; a ConfigMap holds {MaxBytes}.");
        JsonObject manifest = DeploymentManifest.Create("v1", "ConfigMap", name, ns, labels, ("data", data));
        manifest["metadata"]!["annotations"] = new JsonObject
        {
            [PathAnnotation] = snapshot.Root,
            [ZxidAnnotation] = $"0x{snapshot.Zxid:x}",
            [DeploymentManifest.ConfigHashAnnotation] = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content.ToString())))}",
        };
        return manifest;
    }

    /// <summary>What the ConfigMap of a configuration is called where nobody says it.</summary>
    public static string NameFor(string path)
    {
        string name = string.Concat(path.ToLowerInvariant().Select(static c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
        return name.Length > 0 ? name : "config";
    }

    /// <summary>The entries of the one ConfigMap in a text.</summary>
    /// <exception cref="FormatException">There is none, or there are several.</exception>
    public static IEnumerable<KeyValuePair<string, string>> Read(string text)
    {
        KubernetesObject[] maps = [.. KubernetesYaml.Read(text).Where(static one => one.Kind == "ConfigMap")];
        return maps.Length == 1 ? maps[0].Json.Object("data").Texts() : throw new FormatException($"There are {maps.Length} ConfigMaps where one is asked for.");
    }
}
