using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Client.Trees;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <content>Single znodes, and their children.</content>
public sealed partial class ZooKeeperProvider
{
    /// <summary>Of <see cref="GetChildItems(string, bool, uint)"/>: PowerShell's word for all levels.</summary>
    private const uint AllLevels = uint.MaxValue;

    /// <inheritdoc/>
    protected override object GetItemDynamicParameters(string path) => new ReadItemParameters();

    /// <inheritdoc/>
    protected override void GetItem(string path) => Try(path, async cancel =>
    {
        Place place = Locate(path);
        CoordSession session = await place.SessionAsync(cancel);
        ZNodeReader reader = Reader();
        (byte[]? data, Stat stat) = await reader.ReadAsync(session.Client, place.Path, cancel);
        WriteZNode(place, reader.Create(session, place.Path, data, stat));
    });

    /// <inheritdoc/>
    protected override object GetChildItemsDynamicParameters(string path, bool recurse) => new ReadItemParameters();

    /// <inheritdoc/>
    protected override void GetChildItems(string path, bool recurse) => GetChildItems(path, recurse, AllLevels);

    /// <summary>Lists children, and with <paramref name="recurse"/> theirs, in the order of their paths, many reads in flight.</summary>
    protected override void GetChildItems(string path, bool recurse, uint depth) => Try(path, async cancel =>
    {
        Place place = Locate(path);
        CoordSession session = await place.SessionAsync(cancel);
        ZNodeReader reader = Reader();
        WildcardPattern? filter = NameFilter();
        int levels = !recurse ? 1 : depth >= int.MaxValue ? int.MaxValue : (int)depth + 1;
        var progress = new ProgressReporter(WriteProgress, $"Reading {place.Path}");
        long count = 0;
        await foreach (TreeEntry entry in new TreeWalker(
            session.Client, new TreeWalkOptions { Window = Window, MaxDepth = levels, WithData = reader.WithData }).WalkAsync(place.Path, cancel))
        {
            if (entry.Failure is { } failure)
            {
                WriteError(ErrorRecords.From(failure, entry.Path));
                continue;
            }

            progress.Report(++count, "znodes");
            if (entry.Depth == 0 || filter?.IsMatch(ZPath.Name(entry.Path)) == false)
                continue;
            try
            {
                WriteZNode(place.At(entry.Path), reader.Create(session, entry.Path, entry.Data, entry.Stat));
            }
            catch (CoordException e)
            {
                WriteError(ErrorRecords.From(e, entry.Path));
            }
        }

        progress.Complete();
    });

    /// <inheritdoc/>
    protected override void GetChildNames(string path, ReturnContainers returnContainers) => Try(path, async cancel =>
    {
        Place place = Locate(path);
        // For a recursion PowerShell asks for all that may have children, and filters by itself.
        WildcardPattern? filter = returnContainers == ReturnContainers.ReturnAllContainers ? null : NameFilter();
        ChildrenResult listed = await (await place.SessionAsync(cancel)).Client.GetChildrenAsync(place.Path, cancel);
        foreach (string name in listed.Children.Where(name => filter?.IsMatch(name) != false).Order(StringComparer.Ordinal))
        {
            cancel.ThrowIfCancellationRequested();
            WriteItemObject(ProviderPath.Escape(name, place.Path, place.Drive.Name), place.Child(name).ProviderPath, isContainer: true);
        }
    });

    /// <inheritdoc/>
    protected override object NewItemDynamicParameters(string path, string itemTypeName, object newItemValue) => new NewItemParameters();

    /// <summary>Creates a znode. <c>-Force</c> creates missing parents, and takes one that is there.</summary>
    protected override void NewItem(string path, string itemTypeName, object newItemValue) => Try(path, async cancel =>
    {
        Place place = Locate(path);
        var parameters = DynamicParameters as NewItemParameters ?? new NewItemParameters();
        CreateMode mode = parameters.ModeFor(itemTypeName, place.Path);
        var converter = new DataConverter(parameters.As, parameters.Encoding, InvokeCommand);
        byte[]? data = converter.ToBytes(newItemValue, place.Path);
        if (!ShouldProcess(place.Path, $"Create znode ({mode})"))
            return;
        CoordSession session = await place.SessionAsync(cancel);
        (string at, Stat stat) = await CreateAsync(session.Client, place.Path, data, newItemValue is not null, mode, parameters, cancel);
        WriteZNode(place.At(at), new ZNode(session, at, stat)
        {
            Data = data,
            HasData = true,
            Value = converter.ToValue(data, at),
            Mode = mode.IsTtl ? ZNodeMode.Ttl : mode.IsContainer ? ZNodeMode.Container : mode.IsEphemeral ? ZNodeMode.Ephemeral : ZNodeMode.Persistent,
            TimeToLive = parameters.TimeToLive,
        });
    });

    /// <inheritdoc/>
    protected override object SetItemDynamicParameters(string path, object value) => new SetItemParameters();

    /// <summary>Sets the data.</summary>
    protected override void SetItem(string path, object value) => Try(path, async cancel =>
    {
        Place place = Locate(path);
        var parameters = DynamicParameters as SetItemParameters ?? new SetItemParameters();
        var converter = new DataConverter(parameters.As, parameters.Encoding, InvokeCommand);
        byte[]? data = converter.ToBytes(value, place.Path);
        if (!ShouldProcess(place.Path, "Set data"))
            return;
        CoordSession session = await place.SessionAsync(cancel);
        Stat stat = await session.Client.SetDataAsync(place.Path, data, ct: cancel);
        WriteZNode(place, new ZNode(session, place.Path, stat) { Data = data, HasData = true, Value = converter.ToValue(data, place.Path) });
    });

    /// <summary>Sets the data to none.</summary>
    protected override void ClearItem(string path) => Try(path, async cancel =>
    {
        Place place = Locate(path);
        if (!ShouldProcess(place.Path, "Clear data"))
            return;
        CoordSession session = await place.SessionAsync(cancel);
        Stat stat = await session.Client.SetDataAsync(place.Path, [], ct: cancel);
        WriteZNode(place, new ZNode(session, place.Path, stat) { Data = [], HasData = true, Value = "" });
    });

    /// <inheritdoc/>
    protected override void InvokeDefaultAction(string path) => ThrowTerminatingError(ErrorRecords.From(
        new CoordException("NotSupported", ErrorCode.Unimplemented, $"There is nothing to run in a znode such as '{path}'.", "Read it with Get-Content or Get-Item."), path));

    /// <inheritdoc/>
    protected override object RemoveItemDynamicParameters(string path, bool recurse) => new RemoveItemParameters(recurse);

    /// <summary>Removes a znode; with all below it, it asks first, as <c>Remove-ZNode -Recurse</c> does.</summary>
    protected override void RemoveItem(string path, bool recurse) => Try(path, async cancel =>
    {
        Place place = Locate(path);
        CoordSession session = await place.SessionAsync(cancel);
        if (!recurse)
        {
            if (ShouldProcess(place.Path, "Remove znode"))
                await session.Client.DeleteAsync(place.Path, ct: cancel);
            return;
        }

        if (!ShouldProcess(place.Path, "Remove znode and all below it") || !await ConfirmTreeAsync(place, cancel))
            return;
        int removed = 0;
        var progress = new ProgressReporter(WriteProgress, $"Removing {place.Path}");
        Task<int> removing = session.Client.DeleteRecursiveAsync(place.Path, new Counter(count => Volatile.Write(ref removed, count)), cancel);
        while (await Task.WhenAny(removing, Task.Delay(TimeSpan.FromMilliseconds(250), cancel)) != removing && !cancel.IsCancellationRequested)
            progress.Report(Volatile.Read(ref removed), "znodes removed");
        progress.Complete();
        if (await removing == 0 && place.Path != ZPath.Root)
            await session.Client.StatAsync(place.Path, cancel);
    });

    private static async Task<(string Path, Stat Stat)> SetExistingAsync(ZooKeeperClient client, string path, byte[]? data, bool replace, CancellationToken cancellationToken) =>
        (path, replace ? await client.SetDataAsync(path, data, ct: cancellationToken) : await client.StatAsync(path, cancellationToken));

    private async Task<(string Path, Stat Stat)> CreateAsync(
        ZooKeeperClient client, string path, byte[]? data, bool replace, CreateMode mode, NewItemParameters parameters, CancellationToken cancellationToken)
    {
        CreateResult created;
        try
        {
            created = await client.CreateAsync(path, data, mode, parameters.Acl, parameters.TimeToLive, cancellationToken);
        }
        catch (NodeExistsException) when (Force && mode == CreateMode.Persistent)
        {
            return await SetExistingAsync(client, path, data, replace, cancellationToken);
        }
        catch (NoNodeException) when (Force)
        {
            await client.EnsurePathAsync(ZPath.Parent(path), ct: cancellationToken);
            created = await client.CreateAsync(path, data, mode, parameters.Acl, parameters.TimeToLive, cancellationToken);
        }

        // Servers before 3.5 answer with the path alone.
        return (created.Path, created.Stat ?? await client.StatAsync(created.Path, cancellationToken));
    }

    private async Task<bool> ConfirmTreeAsync(Place place, CancellationToken cancellationToken)
    {
        // Without -Recurse PowerShell itself has asked, and so has ShouldProcess where the preference is not the default.
        if (Force || DynamicParameters is RemoveItemParameters { Recurse: false } || Invocation.IsBound(this, "Confirm")
            || (LanguagePrimitives.TryConvertTo(SessionState.PSVariable.GetValue("ConfirmPreference"), out ConfirmImpact preference) && preference != ConfirmImpact.High))
        {
            return true;
        }

        return await StatAsync(place, cancellationToken) is not { NumChildren: > 0 } stat
            || ShouldContinue($"Remove '{place.Path}' and all below it ({stat.NumChildren} children and theirs)?", "Remove-Item -Recurse");
    }

    private ZNodeReader Reader()
    {
        var parameters = DynamicParameters as ReadItemParameters ?? new ReadItemParameters();
        return new ZNodeReader(parameters.As, parameters.Encoding, parameters.NoData, InvokeCommand);
    }

    private WildcardPattern? NameFilter() =>
        string.IsNullOrEmpty(Filter) ? null : new WildcardPattern(Filter, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);

    private void WriteZNode(Place place, ZNode node)
    {
        var item = new PSObject(node);
        item.Properties.Add(new PSNoteProperty(nameof(ZNode.Path), new ZNodePath(node.Path)));
        item.TypeNames.Insert(0, "CoordPS.ZNode#Drive");
        WriteItemObject(item, place.ProviderPath, node.Mode != ZNodeMode.Ephemeral);
    }

    /// <summary>Passes a count on from any thread, at once.</summary>
    private sealed class Counter(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
