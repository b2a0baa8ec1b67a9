namespace CoordPS.Client.Trees;

/// <summary>How far a copy is. It may be read from any thread at any time.</summary>
/// <param name="onFailure">Told each znode that could not be read or written, by its path where it was tried, on any thread, one at a time. The copy goes on.</param>
public sealed class TreeCopyProgress(Action<string, Exception>? onFailure = null)
{
    private readonly Lock _gate = new();
    private long _created;
    private long _updated;
    private long _deleted;
    private long _unchanged;
    private long _failed;
    private long _bytes;

    /// <summary>Znodes created.</summary>
    public long Created => Interlocked.Read(ref _created);

    /// <summary>Znodes whose data or access control list was replaced.</summary>
    public long Updated => Interlocked.Read(ref _updated);

    /// <summary>Znodes deleted.</summary>
    public long Deleted => Interlocked.Read(ref _deleted);

    /// <summary>Znodes that were equal already.</summary>
    public long Unchanged => Interlocked.Read(ref _unchanged);

    /// <summary>Znodes that could not be read or written; those below one that could not be created included.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Bytes of data written.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Znodes dealt with so far.</summary>
    public long Total => Created + Updated + Deleted + Unchanged + Failed;

    /// <summary>Counts a znode that was read to be written, and tells if it could not be read.</summary>
    public void OnRead(TreeNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (node.Failure is { } failure)
            OnFailed(node.Path, failure);
        else
            OnCreated(node.Data?.Length ?? 0);
    }

    internal void OnCreated(long bytes)
    {
        Interlocked.Increment(ref _created);
        Interlocked.Add(ref _bytes, bytes);
    }

    internal void OnUpdated(long bytes)
    {
        Interlocked.Increment(ref _updated);
        Interlocked.Add(ref _bytes, bytes);
    }

    internal void OnDeleted() => Interlocked.Increment(ref _deleted);

    internal void OnUnchanged() => Interlocked.Increment(ref _unchanged);

    /// <summary>Counts a failure; null for one whose reason has been told before.</summary>
    internal void OnFailed(string path, Exception? failure)
    {
        Interlocked.Increment(ref _failed);
        if (failure is null || onFailure is null)
            return;
        lock (_gate)
            onFailure(path, failure);
    }
}
