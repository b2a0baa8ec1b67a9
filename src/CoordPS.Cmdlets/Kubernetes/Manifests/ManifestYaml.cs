using System.Text.Json.Nodes;

namespace CoordPS.Cmdlets;

/// <summary>Manifests as YAML.</summary>
internal static class ManifestYaml
{
    /// <summary>A document, without the mark of its beginning.</summary>
    public static string Write(JsonObject manifest) => ConfigYaml.Write(manifest).TrimEnd();
}
