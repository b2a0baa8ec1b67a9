using System.Runtime.CompilerServices;
using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>A configuration: a tree of znodes, read as it was at one moment, watched, and changed by one transaction.</summary>
public sealed class ConfigStore
{
    private readonly ZooKeeperClient _client;

    /// <summary>The configuration below a znode.</summary>
    /// <param name="client">The session; watching goes on with new ones when it expires, until this client is disposed.</param>
    /// <param name="root">The top of the tree, which need not exist.</param>
    public ConfigStore(ZooKeeperClient client, string root)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        Root = ContendedLock.Checked(root);
    }

    /// <summary>The top of the tree.</summary>
    public string Root { get; }

    /// <summary>
    /// Reads the configuration as it was at one moment: every znode twice, and all of it again when one of them was changed between. Ephemerals
    /// are left out.
    /// </summary>
    public async Task<ConfigSnapshot> LoadAsync(CancellationToken ct = default)
    {
        ZooKeeperClient client = await _client.Succession.CurrentAsync(ct).ConfigureAwait(false);
        await client.RepeatAsync(() => client.SyncAsync(Root, ct), ct).ConfigureAwait(false);
        while (true)
        {
            Dictionary<string, ZNodeData> nodes = await ReadAsync(client, ct).ConfigureAwait(false);
            // Each was what it was from its first read to its second, so all were so between the two rounds.
            KeyValuePair<string, ZNodeData>[] read = [.. nodes];
            Stat?[] again = await Task.WhenAll(read.Select(node => client.RepeatAsync(() => client.ExistsAsync(node.Key, ct), ct))).ConfigureAwait(false);
            bool steady = nodes.Count > 0
                ? !read.Where((node, i) => again[i] is not { } stat || Differ(node.Value.Stat, stat)).Any()
                : await client.RepeatAsync(() => client.ExistsAsync(Root, ct), ct).ConfigureAwait(false) is null;
            if (steady)
                return ToSnapshot(nodes);
        }
    }

    /// <summary>Applies changes as one transaction: all of them, or none when the configuration was changed since it was read.</summary>
    /// <param name="diff">The changes, of this configuration.</param>
    /// <param name="ct">Ends the wait; the changes may or may not be applied.</param>
    /// <returns>The configuration as it is then.</returns>
    /// <exception cref="ConfigConflictException">It was changed since it was read.</exception>
    /// <exception cref="RequestTooLargeException">The changes don't fit in one request.</exception>
    public Task<ConfigSnapshot> ApplyAsync(ConfigDiff diff, CancellationToken ct = default) => ApplyAsync(diff, [], ct);

    /// <summary>Applies changes, and other operations with them, as one transaction: all of it, or nothing.</summary>
    /// <param name="diff">The changes, of this configuration.</param>
    /// <param name="together">The other operations. They are only done when there are changes.</param>
    /// <param name="ct">Ends the wait; the changes may or may not be applied.</param>
    /// <returns>The configuration as it is then.</returns>
    /// <exception cref="ConfigConflictException">It was changed since it was read, or an operation's znode is not as it asks for.</exception>
    /// <exception cref="RequestTooLargeException">The changes don't fit in one request.</exception>
    public async Task<ConfigSnapshot> ApplyAsync(ConfigDiff diff, IReadOnlyList<ZooKeeperOperation> together, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(diff);
        ArgumentNullException.ThrowIfNull(together);
        if (diff.Root != Root)
            throw new ArgumentException($"The changes are for '{diff.Root}', not for '{Root}'.", nameof(diff));
        ZooKeeperClient client = await _client.Succession.CurrentAsync(ct).ConfigureAwait(false);
        if (diff.IsEmpty)
            return await LoadAsync(ct).ConfigureAwait(false);
        if (Root.Length > 1 && diff.Changes.Any(change => change.Type == ConfigChangeType.Add && change.Path.Length == 0))
            await client.RepeatAsync(() => client.EnsurePathAsync(ZPath.Parent(Root), null, ct), ct).ConfigureAwait(false);
        ZooKeeperOperation[] operations = [.. diff.Changes.Select(ToOperation), .. together];
        while (true)
        {
            try
            {
                await client.MultiAsync(operations, ct).ConfigureAwait(false);
                return await LoadAsync(ct).ConfigureAwait(false);
            }
            catch (ZooKeeperTransactionException e) when (e.Error is ErrorCode.BadVersion or ErrorCode.NoNode or ErrorCode.NodeExists or ErrorCode.NotEmpty)
            {
                throw new ConfigConflictException(operations[e.FailedIndex].Path, e);
            }
            catch (ZooKeeperException e) when (e.IsOutage())
            {
                await client.WhenServedAsync(ct).ConfigureAwait(false);
                if (!e.IsOutcomeUnknown())
                    continue;
                ConfigSnapshot now = await LoadAsync(ct).ConfigureAwait(false);
                if (diff.Changes.All(change => IsApplied(now, change)))
                    return now;
                // None of it: then it is as it was, and can be tried again. Some of it: by others.
                if (!diff.Changes.All(change => IsPending(now, change)))
                    throw;
            }
        }
    }

    /// <summary>The configuration now, and again whenever it has changed, until the enumeration is left.</summary>
    /// <param name="debounce">How long it must be quiet after a change before it is read; a change that goes on is reported after ten times that. Default 200 ms.</param>
    /// <param name="ct">Ends the enumeration.</param>
    public async IAsyncEnumerable<ConfigUpdate> WatchAsync(TimeSpan? debounce = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        TimeSpan quiet = debounce ?? TimeSpan.FromMilliseconds(200);
        var signal = new Signal();
        TreeCache cache = await TreeCache.StartAsync(_client, Root, (_, e) =>
        {
            if (e.Type != TreeCacheEventType.Suspended)
                signal.Set();
        }, ct: ct).ConfigureAwait(false);
        await using (cache.ConfigureAwait(false))
        {
            ConfigSnapshot? previous = null;
            while (true)
            {
                ConfigSnapshot snapshot = await LoadWatchedAsync(ct).ConfigureAwait(false);
                ConfigDiff diff = ConfigDiff.Between(previous ?? Empty(), Values(snapshot), prune: true);
                if (previous is null || !diff.IsEmpty)
                    yield return new ConfigUpdate(snapshot, diff.Changes);
                previous = snapshot;
                Task failed = cache.Completion;
                if (await Task.WhenAny(signal.WaitAsync(ct), failed).ConfigureAwait(false) == failed)
                    await failed.ConfigureAwait(false);
                ct.ThrowIfCancellationRequested();
                await QuietAsync(signal, quiet, ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A configuration without anything.</summary>
    internal ConfigSnapshot Empty() => new(Root, 0, []);

    private static Dictionary<string, byte[]?> Values(ConfigSnapshot snapshot) =>
        snapshot.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Data, StringComparer.Ordinal);

    private async Task<ConfigSnapshot> LoadWatchedAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return await LoadAsync(ct).ConfigureAwait(false);
            }
            catch (SessionExpiredException)
            {
                // Again, with a new session.
            }
        }
    }

    /// <summary>Waits until nothing was signaled for a while, but not for ever.</summary>
    private static async Task QuietAsync(Signal signal, TimeSpan quiet, CancellationToken ct)
    {
        long until = Environment.TickCount64 + (long)(quiet.TotalMilliseconds * 10);
        while (quiet > TimeSpan.Zero && Environment.TickCount64 < until)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(quiet);
            try
            {
                await signal.WaitAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static bool Differ(in Stat one, in Stat other) => one.Czxid != other.Czxid || one.Mzxid != other.Mzxid || one.Pzxid != other.Pzxid;

    private static bool IsApplied(ConfigSnapshot now, ConfigChange change)
    {
        bool there = now.Entries.TryGetValue(change.Path, out ConfigEntry? entry);
        return change.Type == ConfigChangeType.Remove
            ? !there
            : there && entry!.Version == change.Version + 1 && (entry.Data ?? []).AsSpan().SequenceEqual(change.NewData ?? []);
    }

    private static bool IsPending(ConfigSnapshot now, ConfigChange change) =>
        now.Entries.TryGetValue(change.Path, out ConfigEntry? entry) ? entry.Version == change.Version : change.Type == ConfigChangeType.Add;

    private string PathOf(string relative) => relative.Length == 0 ? Root : ZPath.Combine(Root, relative);

    private ZooKeeperOperation ToOperation(ConfigChange change) => change.Type switch
    {
        ConfigChangeType.Add => ZooKeeperOperation.Create(PathOf(change.Path), change.NewData),
        ConfigChangeType.Set => ZooKeeperOperation.SetData(PathOf(change.Path), change.NewData, change.Version),
        _ => ZooKeeperOperation.Delete(PathOf(change.Path), change.Version),
    };

    private async Task<Dictionary<string, ZNodeData>> ReadAsync(ZooKeeperClient client, CancellationToken ct)
    {
        Dictionary<string, ZNodeData> nodes = new(StringComparer.Ordinal);
        List<string> level = [Root];
        while (level.Count > 0)
        {
            List<string> next = [];
            foreach (string[] chunk in level.Chunk(256))
            {
                var reads = chunk.Select(path => (Path: path, Node: client.TryGetDataAsync(path, null, ct), Children: client.TryGetChildrenAsync(path, null, ct))).ToArray();
                foreach ((string path, Task<ZNodeData?> node, Task<ChildrenResult?> children) in reads)
                {
                    ZNodeData? found = await node.ConfigureAwait(false);
                    ChildrenResult? below = await children.ConfigureAwait(false);
                    if (found is not { } data || EphemeralOwner.KindOf(data.Stat.EphemeralOwner) == EphemeralKind.Ephemeral)
                        continue;
                    nodes[path] = data;
                    next.AddRange((below?.Children ?? []).Select(name => ZPath.Combine(path, name)).Where(child => child != "/zookeeper"));
                }
            }

            level = next;
        }

        return nodes;
    }

    private ConfigSnapshot ToSnapshot(Dictionary<string, ZNodeData> nodes)
    {
        SortedDictionary<string, ConfigEntry> entries = new(StringComparer.Ordinal);
        long zxid = 0;
        foreach ((string path, ZNodeData node) in nodes)
        {
            string relative = path.Length <= Root.Length ? "" : path[(Root.Length == 1 ? 1 : Root.Length + 1)..];
            entries[relative] = new ConfigEntry(node.Data, node.Stat.Version, node.Stat.Mzxid);
            zxid = Math.Max(zxid, Math.Max(node.Stat.Mzxid, node.Stat.Pzxid));
        }

        return new ConfigSnapshot(Root, zxid, entries);
    }
}
