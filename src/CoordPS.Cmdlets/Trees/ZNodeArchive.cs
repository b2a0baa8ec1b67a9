using CoordPS.Client.Trees;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Finds out what a tree is kept in.</summary>
internal static class ZNodeArchive
{
    /// <summary>What <see cref="ZNodeArchiveFormat.Auto"/> stands for.</summary>
    public static ZNodeArchiveFormat FormatOf(string file, ZNodeArchiveFormat format)
    {
        if (format != ZNodeArchiveFormat.Auto)
            return format;
        if (Directory.Exists(file))
            return ZNodeArchiveFormat.Directory;
        return Path.GetExtension(file).ToUpperInvariant() switch
        {
            ".JSON" => ZNodeArchiveFormat.Json,
            ".YAML" or ".YML" => ZNodeArchiveFormat.Yaml,
            _ => ZNodeArchiveFormat.Directory,
        };
    }

    /// <summary>The form of a file; null for a directory.</summary>
    public static ITreeArchiveFormat? FileFormat(ZNodeArchiveFormat format) => format switch
    {
        ZNodeArchiveFormat.Json => new JsonTreeFormat(),
        ZNodeArchiveFormat.Yaml => new YamlTreeFormat(),
        _ => null,
    };

    /// <summary>A tree to be read.</summary>
    /// <exception cref="CoordException">It is not there.</exception>
    public static ITreeSource Open(string file, ZNodeArchiveFormat format, TreeFilter? filter)
    {
        format = FormatOf(file, format);
        bool exists = format == ZNodeArchiveFormat.Directory ? Directory.Exists(file) : File.Exists(file);
        if (!exists)
        {
            bool partial = File.Exists(file + TreeArchiveFile.PartialSuffix);
            throw new CoordException(
                "FileNotFound", ErrorCode.BadArguments,
                partial ? $"The export to '{file}' was interrupted, and the file is not whole." : $"There is no {(format == ZNodeArchiveFormat.Directory ? "directory" : "file")} '{file}'.",
                partial ? "Run the export again: it goes on where it was." : "Check the path; -As says what it is, where its name does not.", file,
                category: System.Management.Automation.ErrorCategory.ObjectNotFound);
        }

        return FileFormat(format) is { } form ? new TreeArchiveFile(file, form, filter) : new DirectoryTree(file, filter);
    }
}
