using System.Management.Automation;
using CoordPS.Client.Trees;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Compares two trees, or a tree with one in a file or directory, and emits an object for each difference as it is found. Equal trees emit
/// nothing. Both are walked at once: memory does not grow with them.
/// </summary>
[Cmdlet(VerbsData.Compare, "ZNode", DefaultParameterSetName = ZNodeSet)]
[OutputType(typeof(ZNodeDifference))]
[OutputType(typeof(bool))]
public sealed class CompareZNodeCommand : TreeCmdlet
{
    private const string ZNodeSet = "ZNode";
    private const string FileSet = "File";

    /// <summary>The root of the reference tree, relative to the session's chroot.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    [Alias("ReferencePath")]
    public string Path { get; set; } = "";

    /// <summary>The root of the other tree; default: the same path, which takes <c>-DifferenceSession</c>.</summary>
    [Parameter(Position = 1, ParameterSetName = ZNodeSet)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string? DifferencePath { get; set; }

    /// <summary>The session to read the other tree with; default: the same.</summary>
    [Parameter(ParameterSetName = ZNodeSet)]
    public CoordSession? DifferenceSession { get; set; }

    /// <summary>A file or directory of <c>Export-ZNode</c> to compare with.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FileSet)]
    [ValidateNotNullOrEmpty]
    public string FilePath { get; set; } = "";

    /// <summary>What the file is; default: by its name.</summary>
    [Parameter(ParameterSetName = FileSet)]
    public ZNodeArchiveFormat As { get; set; }

    /// <summary>Emits only whether the trees are equal, at the first difference.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        string other = DifferencePath ?? Path;
        if (!CheckPath(Path) || !CheckPath(other))
            return;
        CoordSession session = CurrentSession;
        var reference = new EnsembleTree(session.Client, Path, TreeOptions());
        ITreeSource difference = ParameterSetName == FileSet
            ? new EphemeralFilter(ZNodeArchive.Open(FileOf(FilePath), As, Filter), IncludeEphemeral)
            : new EnsembleTree((DifferenceSession ?? session).Client, other, TreeOptions(mayBeMissing: true));
        long compared = 0;
        bool equal = true, failed = false;
        await RunAsync($"Comparing {Path}", () => Interlocked.Read(ref compared), async (poster, cancel) =>
        {
            await foreach (TreePair pair in TreeDiff.CompareAsync(reference, difference, cancel).ConfigureAwait(false))
            {
                Interlocked.Increment(ref compared);
                if (pair.Failure is { } failure)
                {
                    failed = true;
                    poster.Post(() => WriteError(Known(failure, pair.Path), TreePath.ToAbsolute(Path, pair.Path)));
                }
                else if ((NoAcl ? pair.Differences & ~TreeDifferences.Acl : pair.Differences) != TreeDifferences.None)
                {
                    equal = false;
                    if (Quiet)
                        return;
                    await poster.PostAsync(() => WriteDifferences(pair, Path, session, NoAcl)).ConfigureAwait(false);
                }
            }
        });
        // What could not be read is neither equal nor different.
        if (Quiet && (!equal || !failed))
            WriteObject(equal);
        WriteVerbose($"Compared {compared} znodes.");
    }
}
