using System.Management.Automation;
using CoordPS.Client.Trees;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Creates the znodes of a directory or a JSON or YAML file that <c>Export-ZNode</c> wrote, or that was written by hand. What is there already and
/// equal is passed over, so that an import that was interrupted goes on when it is run again; what differs is an error unless <c>-Force</c> is
/// given. Ephemerals in the file are left out; with <c>-IncludeEphemeral</c> they become persistent.
/// </summary>
[Cmdlet(VerbsData.Import, "ZNode", SupportsShouldProcess = true)]
[OutputType(typeof(ZNodeTreeResult))]
public sealed class ImportZNodeCommand : TreeCmdlet
{
    /// <summary>The file or directory to read.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string FilePath { get; set; } = "";

    /// <summary>The znode that becomes the root of the tree, relative to the session's chroot; default: the one it was exported from.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string? Path { get; set; }

    /// <summary>What the file is; default: by its name.</summary>
    [Parameter]
    public ZNodeArchiveFormat As { get; set; }

    /// <summary>Overwrites what is there and differs.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Creates missing parents of the root as well, persistent and with no data.</summary>
    [Parameter]
    public SwitchParameter Parents { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        string file = FileOf(FilePath);
        CoordSession session = CurrentSession;
        string root;
        ITreeSource source;
        try
        {
            source = ZNodeArchive.Open(file, As, Filter);
            root = Path ?? await RootOfAsync(source) ?? throw new CoordException(
                "NoRoot", ErrorCode.BadArguments, $"'{file}' does not say which znode the tree is of.", "Give -Path.", file);
            if (source is DirectoryTree { IsIncomplete: true })
                WriteWarning($"The export to '{file}' was interrupted or had errors: znodes are missing.");
        }
        catch (TreeArchiveException e)
        {
            throw Known(e, file);
        }

        if (!CheckPath(root))
            return;
        await CopyAsync(new EphemeralFilter(source, IncludeEphemeral), file, session, root, new TreeCopyOptions { Overwrite = Force }, Parents);
    }

    private async Task<string?> RootOfAsync(ITreeSource source) => source switch
    {
        TreeArchiveFile file => (await file.ReadHeaderAsync(Cancellation)).Root,
        DirectoryTree directory => directory.Root,
        _ => null,
    };
}
