using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <content>Copies and moves.</content>
public sealed partial class ZooKeeperProvider
{
    /// <summary>
    /// Copies a znode, and with <paramref name="recurse"/> all below it but ephemerals, with data and access control lists, also to another drive.
    /// What is there already is an error; with <c>-Force</c> its data is replaced. Not a transaction.
    /// </summary>
    protected override void CopyItem(string path, string copyPath, bool recurse) => Try(path, async cancel =>
    {
        Place from = Locate(path), to = await DestinationAsync(from, Locate(copyPath), cancel);
        if (recurse)
            RefuseInto(from, to, "copied");
        if (!ShouldProcess($"Item: {from.Path} Destination: {to.Path}", recurse ? "Copy znode and all below it" : "Copy znode"))
            return;
        CoordSession source = await from.SessionAsync(cancel), target = await to.SessionAsync(cancel);
        var copy = new TreeCopy(source.Client, target.Client, Force, Window);
        var progress = new ProgressReporter(WriteProgress, $"Copying {from.Path}");
        await copy.CopyAsync(from.Path, to.Path, recurse, count => progress.Report(count, "znodes"), cancel);
        progress.Complete();
        await WriteAsync(to, target, cancel);
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

    private static void RefuseInto(Place from, Place to, string done)
    {
        if (from.Drive.Root != to.Drive.Root || !ZPath.IsSameOrBelow(to.Path, from.Path))
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
        await session.Client.MultiAsync(await TreeMove.PlanAsync(session.Client, from.Path, to.Path, Window, cancellationToken), cancellationToken);
        await WriteAsync(to, session, cancellationToken);
    }

    private async Task WriteAsync(Place place, CoordSession session, CancellationToken cancellationToken)
    {
        (byte[]? data, Stat stat) = await session.Client.GetDataAsync(place.Path, cancellationToken);
        WriteZNode(place, new ZNodeReader(default, EncodingTransformationAttribute.Default, false, InvokeCommand).Create(session, place.Path, data, stat));
    }
}
