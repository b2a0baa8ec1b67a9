using System.Globalization;
using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Client.Trees;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Writes a tree to a directory of files or to a JSON or YAML file: data byte for byte, access control lists, and modes as far as servers tell.
/// A directory that has the same tree from before is brought up to date. An export that was interrupted goes on when it is run again.
/// </summary>
/// <remarks>
/// Servers tell clients which znodes are ephemeral, but not which are containers or have a time to live: those are exported as persistent.
/// </remarks>
[Cmdlet(VerbsData.Export, "ZNode", SupportsShouldProcess = true)]
[OutputType(typeof(ZNodeTreeResult))]
public sealed class ExportZNodeCommand : TreeCmdlet
{
    /// <summary>The root of the tree, relative to the session's chroot.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string Path { get; set; } = "";

    /// <summary>The file or directory to write.</summary>
    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string FilePath { get; set; } = "";

    /// <summary>What to write; default: by the name, <c>.json</c>, <c>.yaml</c>, <c>.yml</c>, and else a directory.</summary>
    [Parameter]
    public ZNodeArchiveFormat As { get; set; }

    /// <summary>Replaces an existing file, a directory's export of another tree, and an export that was interrupted.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (!CheckPath(Path))
            return;
        string file = FileOf(FilePath);
        CoordSession session = CurrentSession;
        ZNodeArchiveFormat format = ZNodeArchive.FormatOf(file, As);
        var result = new ZNodeTreeResult(Path, file);
        bool whatIf = IsWhatIf;
        if (!whatIf && !ShouldProcess(file, $"Export {Path}"))
            return;
        try
        {
            if (ZNodeArchive.FileFormat(format) is { } form)
                await ExportFileAsync(session, file, form, result, whatIf);
            else
                await ExportDirectoryAsync(session, file, result, whatIf);
        }
        catch (TreeArchiveException e)
        {
            throw Known(e, file);
        }

        result.End();
        if (whatIf)
            ShouldProcess(file, $"Export {Path}: write {result.Created} znodes ({result.Bytes} bytes), overwrite {result.Updated}, delete {result.Deleted}, leave {result.Unchanged} as they are");
        else
            WriteObject(result);
    }

    private async Task ExportFileAsync(CoordSession session, string file, ITreeArchiveFormat format, ZNodeTreeResult result, bool whatIf)
    {
        if (Directory.Exists(file) || (File.Exists(file) && !Force))
        {
            throw new CoordException(
                "FileExists", ErrorCode.NodeExists, $"'{file}' exists already.", "Replace a file with -Force, or choose another.", file, category: ErrorCategory.ResourceExists);
        }

        var header = new TreeArchiveHeader
        {
            Source = session.ConnectionString,
            Root = Path,
            Exported = DateTimeOffset.UtcNow,
            Options = DescribeOptions(),
            Sorted = true,
        };
        await RunAsync($"Exporting {Path}", () => result.Progress.Total, async (poster, cancel) =>
        {
            result.Progress = NewProgress(poster);
            if (whatIf)
            {
                await foreach (TreeNode node in Source(session, null, poster).ReadAsync(cancel).ConfigureAwait(false))
                    result.Progress.OnRead(node);
                return;
            }

            await new TreeArchiveFile(file, format).WriteAsync(
                header, after => Source(session, after, poster), !Force,
                (found, count) => poster.Post(() => WriteWarning(string.Create(
                    CultureInfo.CurrentCulture,
                    $"Going on with the export of {Path} that was interrupted: {count} znodes written since {found.Exported?.ToLocalTime():g} are not read again. -Force begins anew."))),
                result.Progress, cancel).ConfigureAwait(false);
        });
    }

    private async Task ExportDirectoryAsync(CoordSession session, string directory, ZNodeTreeResult result, bool whatIf)
    {
        var existing = new DirectoryTree(directory);
        if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
        {
            if (!existing.IsExport)
            {
                throw new CoordException(
                    "DirectoryInUse", ErrorCode.NodeExists, $"'{directory}' has files that are no export of a tree.", "Choose an empty or new directory.", directory,
                    category: ErrorCategory.ResourceExists);
            }

            if (existing.Root != Path && !Force)
            {
                throw new CoordException(
                    "DirectoryInUse", ErrorCode.NodeExists, $"'{directory}' has an export of '{existing.Root}'.", "Replace it with -Force, or choose another directory.", directory,
                    category: ErrorCategory.ResourceExists);
            }
        }

        await RunAsync($"Exporting {Path}", () => result.Progress.Total, async (poster, cancel) =>
        {
            result.Progress = NewProgress(poster);
            var options = new TreeCopyOptions { Overwrite = true, Delete = true, DryRun = whatIf };
            await TreeCopy.ToDirectoryAsync(Source(session, null, poster), directory, Path, null, options, result.Progress, cancel).ConfigureAwait(false);
        });
    }

    private TreeSourceWithWarnings Source(CoordSession session, string? after, TreePoster poster) => new(
        new EnsembleTree(session.Client, Path, TreeOptions(after: after)), NoAcl,
        path => poster.Post(() => WriteWarning(
            $"The access control list of '{TreePath.ToAbsolute(Path, path)}', and perhaps of others, came without its hashes, as the session may not change it: nobody could use it "
            + "where it is imported. Connect as one who may, or leave lists out with -NoAcl.")));

    private TreeCopyProgress NewProgress(TreePoster poster) => new((path, e) =>
    {
        string absolute = TreePath.ToAbsolute(Path, path.StartsWith('/') ? path : "/" + path);
        object target = e is ZooKeeperException { Path: { } known } ? known : absolute;
        poster.Post(() => WriteError(Known(e, absolute), target));
    });

    private string? DescribeOptions()
    {
        List<string> options = [];
        if (IncludeEphemeral)
            options.Add("-IncludeEphemeral");
        if (NoAcl)
            options.Add("-NoAcl");
        if (Include is not null)
            options.Add($"-Include {string.Join(',', Include)}");
        if (Exclude is not null)
            options.Add($"-Exclude {string.Join(',', Exclude)}");
        return options.Count == 0 ? null : string.Join(' ', options);
    }
}
