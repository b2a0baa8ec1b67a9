using CoordPS.Storage;

namespace CoordPS.Server.Quorum;

/// <summary>A snapshot from the leader: as a tree, and as a file that has not got its name yet.</summary>
internal sealed class ReceivedSnapshot(DataTree tree, SessionTable sessions, SnapshotWriter file) : IDisposable
{
    public DataTree Tree { get; } = tree;

    public SessionTable Sessions { get; } = sessions;

    /// <summary>Makes the file a snapshot of this member. It is durable on return.</summary>
    /// <exception cref="StorageException">The disk is full or failed.</exception>
    public void Install() => file.Complete();

    /// <summary>Removes the file unless it was installed.</summary>
    public void Dispose() => file.Dispose();
}
