using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Methods of the objects that manifests are.</summary>
public static class ManifestMethods
{
    /// <summary>A manifest as a YAML document, which begins with <c>---</c>.</summary>
    /// <param name="manifest">The manifest.</param>
    public static string ToYaml(PSObject manifest) => "---\n" + ManifestYaml.Write(Manifest.ToJson(manifest));
}
