using System.Management.Automation;
using CoordPS.Client.Trees;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Makes a tree equal to another, in the same ensemble or in another: creates what is missing, overwrites what differs and, with <c>-Delete</c>,
/// removes what only the destination has. With <c>-Watch</c> it goes on until Ctrl+C, and emits a result for each round of changes.
/// <c>-WhatIf</c> emits the differences.
/// </summary>
[Cmdlet(VerbsData.Sync, "ZNode", SupportsShouldProcess = true)]
[OutputType(typeof(ZNodeTreeResult))]
[OutputType(typeof(ZNodeDifference))]
public sealed class SyncZNodeCommand : TreeCmdlet
{
    /// <summary>The root of the tree to follow, relative to the session's chroot.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string Path { get; set; } = "";

    /// <summary>The root of the tree to change; default: the same path, which takes <c>-DestinationSession</c>.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string? Destination { get; set; }

    /// <summary>The session to write with; default: the one to read with.</summary>
    [Parameter]
    public CoordSession? DestinationSession { get; set; }

    /// <summary>Removes what only the destination has, its root excepted. Asks, unless <c>-Force</c> or <c>-Confirm:$false</c> says not to.</summary>
    [Parameter]
    public SwitchParameter Delete { get; set; }

    /// <summary>Goes on with each change of the source, until Ctrl+C.</summary>
    [Parameter]
    public SwitchParameter Watch { get; set; }

    /// <summary>
    /// With <c>-Watch</c>, how often all is compared again: changes of access control lists raise no events, and servers before 3.6 raise none
    /// for trees. Default: never, or every 10 seconds where servers can't watch trees.
    /// </summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Interval { get; set; }

    /// <summary>Creates missing parents of the destination as well, persistent and with no data.</summary>
    [Parameter]
    public SwitchParameter Parents { get; set; }

    /// <summary>Does not ask before it removes.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        string destination = Destination ?? Path;
        if (!CheckPath(Path) || !CheckPath(destination))
            return;
        CoordSession source = CurrentSession, target = DestinationSession ?? source;
        if (source.ConnectionString == target.ConnectionString && (ZPath.IsSameOrBelow(destination, Path) || ZPath.IsSameOrBelow(Path, destination)))
        {
            WriteError(
                new CoordException(
                    "DestinationInSource", ErrorCode.BadArguments, $"'{destination}' and '{Path}' overlap: one can't be made equal to the other.",
                    "Choose trees apart from each other, or give -DestinationSession.", destination),
                destination);
            return;
        }

        if (Delete && !IsWhatIf && !await ConfirmDeleteAsync(target, destination))
            return;
        var options = new TreeCopyOptions { Overwrite = true, Delete = Delete };
        if (!Watch || IsWhatIf)
        {
            var tree = new EnsembleTree(source.Client, Path, TreeOptions());
            await CopyAsync(tree, Path, target, destination, options, Parents, showDifferences: true);
            return;
        }

        if (!ShouldProcess(destination, $"Keep equal to {Path}"))
            return;
        await FollowAsync(source, target, destination, options);
    }

    private async Task FollowAsync(CoordSession source, CoordSession target, string destination, TreeCopyOptions options)
    {
        var result = new ZNodeTreeResult(Path, destination);
        await RunAsync($"Keeping {destination} equal to {Path}", () => result.Progress.Total, async (poster, cancel) =>
        {
            if (Parents && destination.Length > 1)
                await target.Client.EnsurePathAsync(ZPath.Parent(destination), ct: cancel).ConfigureAwait(false);
            var mirror = new TreeMirror(source.Client, Path, target.Client, destination, TreeOptions(), new TreeCopyOptions
            {
                Overwrite = true,
                Delete = options.Delete,
                CopyAcl = !NoAcl,
            })
            {
                Interval = Interval,
                OnMessage = message => poster.Post(() => WriteVerbose(message)),
            };
            await mirror.RunAsync(
                () =>
                {
                    result = new ZNodeTreeResult(Path, destination)
                    {
                        Progress = new TreeCopyProgress((path, e) => poster.Post(() => WriteError(Known(e, path), path))),
                    };
                    return result.Progress;
                },
                _ =>
                {
                    ZNodeTreeResult round = result;
                    round.End();
                    return poster.PostAsync(() => WriteObject(round));
                },
                cancel).ConfigureAwait(false);
        });
    }

    private async Task<bool> ConfirmDeleteAsync(CoordSession target, string destination)
    {
        ConfirmImpact preference = GetPreference("ConfirmPreference", ConfirmImpact.High);
        if (Force || IsBound("Confirm") || preference != ConfirmImpact.High)
            return true;
        return await target.Client.ExistsAsync(destination, Cancellation) is not { NumChildren: > 0 }
            || ShouldContinue($"Remove all below '{destination}' that '{Path}' has not?", "Sync-ZNode -Delete");
    }
}
