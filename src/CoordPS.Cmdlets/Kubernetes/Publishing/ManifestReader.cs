using System.Management.Automation;
using CoordPS.Kubernetes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Manifests from files, folders and texts.</summary>
internal static class ManifestReader
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    /// <summary>The manifests of a file, or of the files in a folder, in the order that they are to be applied.</summary>
    /// <exception cref="CoordException">There is no such file, or it holds no manifests.</exception>
    public static IReadOnlyList<KubernetesObject> ReadPath(string path, bool recurse)
    {
        try
        {
            string[] files = Directory.Exists(path)
                ? [.. Directory.EnumerateFiles(path, "*", recurse ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly)
                    .Where(static file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)]
                : [path];
            KubernetesObject[] manifests = [.. ManifestOrder.Sort(files.SelectMany(KubernetesYaml.ReadFile))];
            return manifests.Length > 0 ? manifests : throw new FormatException($"There are no manifests in '{path}'.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CoordException("CannotRead", ErrorCode.SystemError, $"'{path}' can't be read: {e.Message.TrimEnd('.')}.", "Check the path.", path, e, ErrorCategory.ReadError);
        }
        catch (FormatException e)
        {
            throw Bad(e, path);
        }
    }

    /// <summary>The manifests of a text, in the order that they are to be applied.</summary>
    /// <exception cref="CoordException">It holds none.</exception>
    public static IReadOnlyList<KubernetesObject> ReadText(string text)
    {
        try
        {
            return [.. ManifestOrder.Sort(KubernetesYaml.Read(text))];
        }
        catch (FormatException e)
        {
            throw Bad(e, null);
        }
    }

    private static CoordException Bad(FormatException e, string? path) =>
        new("BadManifest", ErrorCode.BadArguments, e.Message, "Correct the manifest.", path, e, ErrorCategory.InvalidData);
}
