using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>
/// A lock that many readers or one writer have at a time, first come first served: readers wait for the writers that came before them,
/// writers for everyone that did. Curator's <c>InterProcessReadWriteLock</c>; kazoo's <c>ReadLock</c> and <c>WriteLock</c> with <see cref="LockNaming.Kazoo"/>.
/// A <see cref="DistributedLock"/> on the same path counts as a writer.
/// </summary>
public sealed class DistributedReadWriteLock
{
    private readonly ZooKeeperClient _client;
    private readonly LockOptions _options;

    /// <summary>A read/write lock on a znode, which is created, as a container, when it is first needed.</summary>
    /// <param name="client">The session it is held by.</param>
    /// <param name="path">The znode.</param>
    /// <param name="options">How its znodes are written; null for the defaults.</param>
    public DistributedReadWriteLock(ZooKeeperClient client, string path, LockOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        _options = options ?? LockOptions.Default;
        bool kazoo = _options.Naming == LockNaming.Kazoo;
        ReadLock = new ContendedLock(client, path, kazoo ? ContenderName.KazooRead : ContenderName.Read, _options, Contention.Shared);
        WriteLock = new ContendedLock(client, path, kazoo ? ContenderName.KazooLock : ContenderName.Write, _options, Contention.Exclusive);
    }

    /// <summary>The znode that contenders gather below.</summary>
    public string Path => ReadLock.Path;

    /// <summary>The side that many may hold.</summary>
    public ILock ReadLock { get; }

    /// <summary>The side that one may hold.</summary>
    public ILock WriteLock { get; }

    /// <summary>
    /// Turns the write lock into a read lock without letting a writer in between. The other way there is none: two readers that both wait to
    /// become the writer would wait for ever.
    /// </summary>
    /// <param name="write">A handle of <see cref="WriteLock"/>, which is given back.</param>
    /// <param name="ct">Ends the wait; the write lock is then still held.</param>
    /// <returns>A handle of <see cref="ReadLock"/>.</returns>
    /// <exception cref="InvalidOperationException">The write lock is not held any more.</exception>
    /// <exception cref="NotSupportedException">The naming is kazoo's, which has no way to say it.</exception>
    public async Task<LockHandle> DowngradeAsync(LockHandle write, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(write);
        if (_options.Naming != LockNaming.Curator)
            throw new NotSupportedException("kazoo's names can't say that a writer becomes a reader. Give the write lock back and acquire the read lock.");
        if (write.Lock != WriteLock || ContenderName.Parse(ZPath.Name(write.Path)) is not { } name)
            throw new ArgumentException($"'{write.Path}' is not a handle of this lock's write side.", nameof(write));
        if (write.State is LockState.Lost or LockState.Released)
            throw new InvalidOperationException($"The write lock '{Path}' is not held any more.");
        // With the writer's own number the reader stands where the writer stands, before everyone that waits.
        string sequence = name.Name[(name.Name.LastIndexOf(name.Marker, StringComparison.Ordinal) + name.Marker.Length)..];
        var reader = new ProtectedNode(_client, Path, ContenderName.Read + sequence, LockNaming.Curator);
        string path = await reader.CreateAsync(_options.DataOrDefault, CreateMode.Ephemeral, ct).ConfigureAwait(false);
        try
        {
            HeldNode node = await HeldNode.WatchAsync(_client, path, ct).ConfigureAwait(false)
                ?? throw new InvalidOperationException($"The read lock '{path}' was deleted by someone else.");
            // Not cancelled: the write lock would be given back all the same.
            await write.DisposeAsync().ConfigureAwait(false);
            return new LockHandle(ReadLock, node, _client);
        }
        catch
        {
            reader.Abandon();
            throw;
        }
    }

    /// <summary>Who holds either side and who waits, first come first.</summary>
    public Task<IReadOnlyList<LockParticipant>> GetParticipantsAsync(CancellationToken ct = default) => LockParticipants.ReadAsync(_client, Path, ct);
}
