using System.Management.Automation;
using CoordPS.Client.Trees;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Copies a znode, or with <c>-Recurse</c> a tree, within an ensemble or to another. The destination is the path of the copy itself. What is
/// there already and equal is passed over, so that a copy that was interrupted goes on when it is run again; what differs is an error unless
/// <c>-Force</c> is given.
/// </summary>
[Cmdlet(VerbsCommon.Copy, "ZNode", SupportsShouldProcess = true)]
[OutputType(typeof(ZNodeTreeResult))]
public sealed class CopyZNodeCommand : TreeCmdlet
{
    /// <summary>The znode to copy, relative to the session's chroot.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string Path { get; set; } = "";

    /// <summary>The path of the copy, relative to the chroot of its session.</summary>
    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string Destination { get; set; } = "";

    /// <summary>The session to write with; default: the one to read with.</summary>
    [Parameter]
    public CoordSession? DestinationSession { get; set; }

    /// <summary>Copies all below as well.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    /// <summary>Overwrites what is there and differs.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Creates missing parents of the destination as well, persistent and with no data.</summary>
    [Parameter]
    public SwitchParameter Parents { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (!CheckPath(Path) || !CheckPath(Destination))
            return;
        CoordSession source = CurrentSession, target = DestinationSession ?? source;
        if (source.ConnectionString == target.ConnectionString && (Recurse ? ZPath.IsSameOrBelow(Destination, Path) : Destination == Path))
        {
            WriteError(
                new CoordException(
                    "DestinationInSource", ErrorCode.BadArguments, $"'{Destination}' is within '{Path}': the copy would be copied too, without end.",
                    "Choose a destination that is not below the source.", Destination),
                Destination);
            return;
        }

        int depth = Recurse ? int.MaxValue : 0;
        await CopyAsync(
            new EnsembleTree(source.Client, Path, TreeOptions(maxDepth: depth)), Path, target, Destination, new TreeCopyOptions { Overwrite = Force }, Parents, depth);
    }
}
