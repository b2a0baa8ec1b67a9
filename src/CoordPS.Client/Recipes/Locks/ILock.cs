namespace CoordPS.Client.Recipes;

/// <summary>Something that one acquires, holds for a while and gives back: a lock, either side of a read/write lock, a semaphore's lease.</summary>
public interface ILock
{
    /// <summary>The znode that contenders gather below.</summary>
    string Path { get; }

    /// <summary>Waits for it, however long that takes.</summary>
    /// <param name="ct">Ends the wait; the contender's znode is deleted, in the background if need be.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="SessionExpiredException">The session has expired.</exception>
    Task<LockHandle> AcquireAsync(CancellationToken ct = default);

    /// <summary>Waits for it for a while.</summary>
    /// <param name="timeout">How long; zero looks once, and not at all without a connection.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The handle, or null when the time was over first.</returns>
    Task<LockHandle?> TryAcquireAsync(TimeSpan timeout, CancellationToken ct = default);

    /// <summary>Who holds it and who waits, first come first.</summary>
    Task<IReadOnlyList<LockParticipant>> GetParticipantsAsync(CancellationToken ct = default);
}
