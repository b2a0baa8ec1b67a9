using System.Collections.Concurrent;
using CoordPS.Client.Trees;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <content>Copies and moves.</content>
public sealed partial class ZooKeeperProvider
{
    /// <summary>
    /// Copies a znode, and with <paramref name="recurse"/> all below it but ephemerals, with data and access control lists, also to another drive.
    /// What is there and differs is an error; with <c>-Force</c> it is made equal. Not a transaction.
    /// </summary>
    protected override void CopyItem(string path, string copyPath, bool recurse) => Try(path, async cancel =>
    {
        Place from = Locate(path), to = await DestinationAsync(from, Locate(copyPath), cancel);
        RefuseInto(from, to, "copied", withinToo: recurse);
        if (!ShouldProcess($"Item: {from.Path} Destination: {to.Path}", recurse ? "Copy znode and all below it" : "Copy znode"))
            return;
        CoordSession source = await from.SessionAsync(cancel), target = await to.SessionAsync(cancel);
        // An ephemeral is copied only when it is what is to be copied.
        bool ephemeral = await StatAsync(from, cancel) is { } stat && !MayHaveChildren(stat);
        var failures = new ConcurrentQueue<(string Path, Exception Error)>();
        var copied = new TreeCopyProgress((at, e) => failures.Enqueue((at, e)));
        var tree = new EnsembleTreeOptions { MaxDepth = recurse ? int.MaxValue : 0, IncludeEphemerals = ephemeral };
        var options = new TreeCopyOptions { Overwrite = Force };
        Task copying = Task.Run(
            () => TreeCopy.ToEnsembleAsync(new EnsembleTree(source.Client, from.Path, tree), target.Client, to.Path, tree, options, copied, cancel), cancel);
        var progress = new ProgressReporter(WriteProgress, $"Copying {from.Path}");
        while (!copying.IsCompleted)
        {
            await Task.WhenAny(copying, Task.Delay(TimeSpan.FromMilliseconds(250), cancel));
            cancel.ThrowIfCancellationRequested();
            progress.Report(copied.Total, "znodes");
            WriteFailures();
        }

        WriteFailures();
        progress.Complete();
        await copying;
        if (copied.Failed > 0)
            return;
        await WriteAsync(to, target, cancel);

        void WriteFailures()
        {
            while (failures.TryDequeue(out (string Path, Exception Error) failure))
                WriteError(ErrorRecords.From(TreeCmdlet.Known(failure.Error, failure.Path), failure.Path));
        }
    });

    /// <summary>
    /// Moves a znode and all below it, in one transaction. What does not fit into one is refused: so are trees larger than a request may be,
    /// ephemerals of other sessions, and other drives.
    /// </summary>
    protected override void MoveItem(string path, string destination) => Try(path, async cancel =>
    {
        Place from = Locate(path);
        await MoveAsync(from, await DestinationAsync(from, Locate(destination), cancel), "Move znode", cancel);
    });

    /// <summary>Moves a znode and all below it to another name, in one transaction.</summary>
    protected override void RenameItem(string path, string newName) => Try(path, async cancel =>
    {
        Place from = Locate(path);
        string name = ProviderPath.Unescape(newName);
        if (name.Contains('/', StringComparison.Ordinal))
        {
            throw new CoordException(
                nameof(ErrorCode.BadArguments), ErrorCode.BadArguments, $"'{newName}' is no name for '{from.Path}': it has a slash.",
                "Give a name, or use Move-Item for another place.", from.Path);
        }

        Place to = from.At(ZPath.Combine(ZPath.Parent(from.Path), name));
        if (ZPath.Check(to.Path) is { } reason)
            throw ErrorRecords.BadPath(to.Path, reason);
        await MoveAsync(from, to, "Rename znode", cancel);
    });

    /// <summary>Below the destination if that is there and can have children, as on a disk; else the destination itself.</summary>
    private static async Task<Place> DestinationAsync(Place from, Place to, CancellationToken cancellationToken) =>
        from.Path != ZPath.Root && await StatAsync(to, cancellationToken) is { } stat && MayHaveChildren(stat) ? to.Child(ZPath.Name(from.Path)) : to;

    private static void RefuseInto(Place from, Place to, string done, bool withinToo = true)
    {
        if (from.Drive.Root != to.Drive.Root || !(withinToo ? ZPath.IsSameOrBelow(to.Path, from.Path) : to.Path == from.Path))
            return;
        throw new CoordException(
            nameof(ErrorCode.BadArguments), ErrorCode.BadArguments, $"'{from.Path}' can't be {done} into itself: '{to.Path}' is it or below it.",
            "Choose another destination.", from.Path);
    }

    private async Task MoveAsync(Place from, Place to, string action, CancellationToken cancellationToken)
    {
        RefuseInto(from, to, "moved");
        CoordSession session = await from.SessionAsync(cancellationToken);
        if (await to.SessionAsync(cancellationToken) != session)
        {
            throw new CoordException(
                "MoveBetweenDrives", ErrorCode.BadArguments, $"'{from.Path}' can't be moved to drive {to.Drive.Name}: in one transaction.",
                "Copy it with Copy-Item -Recurse, look at the copy, then Remove-Item -Recurse.", from.Path);
        }

        if (!ShouldProcess($"Item: {from.Path} Destination: {to.Path}", action))
            return;
        await session.Client.MultiAsync(await TreeMove.PlanAsync(session.Client, from.Path, to.Path, cancellationToken), cancellationToken);
        await WriteAsync(to, session, cancellationToken);
    }

    private async Task WriteAsync(Place place, CoordSession session, CancellationToken cancellationToken)
    {
        (byte[]? data, Stat stat) = await session.Client.GetDataAsync(place.Path, cancellationToken);
        WriteZNode(place, new ZNodeReader(default, EncodingTransformationAttribute.Default, false, InvokeCommand).Create(session, place.Path, data, stat));
    }
}
