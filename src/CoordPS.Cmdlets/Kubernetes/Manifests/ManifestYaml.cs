using System.Text.Json.Nodes;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>Manifests as YAML.</summary>
internal static class ManifestYaml
{
    /// <summary>A document, without the mark of its beginning.</summary>
    public static string Write(JsonObject manifest) => KubernetesYaml.Write(new KubernetesObject(manifest)).TrimEnd();
}
