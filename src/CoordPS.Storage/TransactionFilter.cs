using CoordPS.Protocol;

namespace CoordPS.Storage;

/// <summary>Which transactions of a log are wanted. What is unset asks for nothing.</summary>
public sealed record TransactionFilter
{
    /// <summary>The first zxid wanted.</summary>
    public long FromZxid { get; init; }

    /// <summary>The last zxid wanted.</summary>
    public long ToZxid { get; init; } = long.MaxValue;

    /// <summary>Made at this time or later.</summary>
    public DateTimeOffset After { get; init; } = DateTimeOffset.MinValue;

    /// <summary>Made at this time or earlier.</summary>
    public DateTimeOffset Before { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>The sessions wanted; null for all.</summary>
    public IReadOnlyCollection<long>? Sessions { get; init; }

    /// <summary>The operations wanted, of a multi also those of its parts; null for all.</summary>
    public IReadOnlyCollection<TransactionOperation>? Operations { get; init; }

    /// <summary>Whether a path is wanted; a transaction is if one of its paths is. Null for all.</summary>
    public Func<string, bool>? Path { get; init; }

    /// <summary>What the header alone tells, before the record is decoded.</summary>
    internal bool Matches(in TxnHeader header)
    {
        if (header.Zxid < FromZxid || header.Zxid > ToZxid)
            return false;
        if (header.Time < After.ToUnixTimeMilliseconds() || header.Time > Before.ToUnixTimeMilliseconds())
            return false;
        return Sessions?.Contains(header.ClientId) != false;
    }

    internal bool Matches(LoggedTransaction transaction)
    {
        if (Operations is { } wanted && !wanted.Contains(transaction.Operation) && !transaction.Operations.Any(o => wanted.Contains(o.Operation)))
            return false;
        return Path is null || transaction.Operations.Any(o => o.Paths.Any(Path));
    }
}
