using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <content>Paths: by their letters alone, where the base class would ask the servers.</content>
public sealed partial class ZooKeeperProvider
{
    /// <inheritdoc/>
    protected override string MakePath(string parent, string child) => ProviderPath.Combine(parent, child);

    /// <inheritdoc/>
    protected override string GetParentPath(string path, string root) => ProviderPath.Parent(path, root ?? PSDriveInfo?.Root ?? "");

    /// <inheritdoc/>
    protected override string GetChildName(string path) => ProviderPath.Leaf(path);

    /// <inheritdoc/>
    protected override bool IsValidPath(string path) => Find(path) is { } place && ZPath.IsValid(place.Path);

    /// <summary>Whether the znode exists; false, with an error, where that is not to be learned.</summary>
    protected override bool ItemExists(string path)
    {
        if (Find(path) is { } place && !ZPath.IsValid(place.Path))
            return false;
        // PowerShell passes over what is thrown here, and says that the path is missing.
        bool exists = false;
        Try(path, async cancel => exists = await StatAsync(Locate(path), cancel) is not null);
        return exists;
    }

    /// <summary>Every znode may have children, but for ephemerals.</summary>
    protected override bool IsItemContainer(string path) =>
        Ask(path, async cancel => await StatAsync(Locate(path), cancel) is { } stat && MayHaveChildren(stat));

    /// <inheritdoc/>
    protected override bool HasChildItems(string path) => Ask(path, async cancel => await StatAsync(Locate(path), cancel) is { NumChildren: > 0 });

    private static bool MayHaveChildren(Stat stat) => EphemeralOwner.KindOf(stat.EphemeralOwner) != EphemeralKind.Ephemeral;

    private static async Task<Stat?> StatAsync(Place place, CancellationToken cancellationToken) =>
        await (await place.SessionAsync(cancellationToken)).Client.ExistsAsync(place.Path, cancellationToken);
}
