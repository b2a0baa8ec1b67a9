using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>
/// A value that many change and nobody overwrites unseen: bytes at a znode, changed by comparing its version. Curator's
/// <c>DistributedAtomicValue</c> and <c>SharedValue</c> hold theirs likewise.
/// <para>
/// A change whose answer was lost is looked into: when the znode has the version it had, it is tried again; when it has another, nobody can
/// tell whose change that was, and the call fails with the <see cref="ConnectionLossException"/> whose outcome is unknown.
/// </para>
/// </summary>
public sealed class AtomicValue
{
    private readonly ZooKeeperClient _client;

    /// <summary>A value at a znode, which is created by the first change.</summary>
    public AtomicValue(ZooKeeperClient client, string path)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        Path = ContendedLock.Checked(path);
    }

    /// <summary>The znode.</summary>
    public string Path { get; }

    /// <summary>Reads the value; empty, with version -1, when there is none yet.</summary>
    public async Task<VersionedValue<byte[]>> GetAsync(CancellationToken ct = default) =>
        await _client.TryGetDataAsync(Path, null, ct).ConfigureAwait(false) is { } node
            ? new VersionedValue<byte[]>(node.Data ?? [], node.Stat.Version)
            : new VersionedValue<byte[]>([], -1);

    /// <summary>Sets the value whatever it was.</summary>
    public async Task<VersionedValue<byte[]>> SetAsync(byte[] value, CancellationToken ct = default) =>
        await UpdateAsync(_ => value, ct).ConfigureAwait(false);

    /// <summary>Sets the value when the znode has the version given.</summary>
    /// <param name="value">The new value.</param>
    /// <param name="version">The version it must have; -1 when there must be none yet.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The value with its new version, or null when the znode has another version.</returns>
    public async Task<VersionedValue<byte[]>?> TrySetAsync(byte[] value, int version, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        while (true)
        {
            try
            {
                if (version >= 0)
                    return new VersionedValue<byte[]>(value, (await _client.SetDataAsync(Path, value, version, ct).ConfigureAwait(false)).Version);
                await _client.CreateAsync(Path, value, CreateMode.Persistent, null, null, ct).ConfigureAwait(false);
                return new VersionedValue<byte[]>(value, 0);
            }
            catch (Exception e) when (e is BadVersionException or NodeExistsException || (e is NoNodeException && version >= 0))
            {
                return null;
            }
            catch (NoNodeException)
            {
                await _client.EnsureContainersAsync(ZPath.Parent(Path), ct).ConfigureAwait(false);
            }
            catch (ZooKeeperException e) when (e.IsOutcomeUnknown())
            {
                await _client.RepeatAsync(() => _client.SyncAsync(Path, ct), ct).ConfigureAwait(false);
                if ((await GetAsync(ct).ConfigureAwait(false)).Version != version)
                    throw;
            }
            catch (ConnectionLossException)
            {
                await _client.WhenServedAsync(ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sets the value when it is equal, byte by byte, to the one expected.</summary>
    /// <returns>Whether it was.</returns>
    public async Task<bool> CompareAndSetAsync(ReadOnlyMemory<byte> expected, byte[] value, CancellationToken ct = default)
    {
        while (true)
        {
            VersionedValue<byte[]> current = await GetAsync(ct).ConfigureAwait(false);
            if (!current.Value.AsSpan().SequenceEqual(expected.Span))
                return false;
            if (await TrySetAsync(value, current.Version, ct).ConfigureAwait(false) is not null)
                return true;
        }
    }

    /// <summary>Makes the new value from the present one, again whenever another change comes first, until it is set.</summary>
    /// <param name="change">Called with the present value, which it must not change; perhaps several times.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The new value.</returns>
    public async Task<VersionedValue<byte[]>> UpdateAsync(Func<byte[], byte[]> change, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        while (true)
        {
            VersionedValue<byte[]> current = await GetAsync(ct).ConfigureAwait(false);
            if (await TrySetAsync(change(current.Value), current.Version, ct).ConfigureAwait(false) is { } changed)
                return changed;
        }
    }
}
