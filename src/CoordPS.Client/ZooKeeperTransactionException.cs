using CoordPS.Protocol;

namespace CoordPS.Client;

/// <summary>A transaction failed as a whole: nothing of it was done.</summary>
public sealed class ZooKeeperTransactionException : ZooKeeperException
{
    internal ZooKeeperTransactionException(IReadOnlyList<OperationResult> results, int failedIndex, ZooKeeperException cause)
        : base(cause.Error, $"Operation {failedIndex + 1} of {results.Count} ({results[failedIndex].Operation}) failed, and with it the transaction",
            cause.Path, cause.Server, cause.RecommendedAction, cause)
    {
        Results = results;
        FailedIndex = failedIndex;
    }

    /// <summary>What became of each operation, in order.</summary>
    public IReadOnlyList<OperationResult> Results { get; }

    /// <summary>Index of the operation that failed; its exception is the <see cref="Exception.InnerException"/>.</summary>
    public int FailedIndex { get; }
}
