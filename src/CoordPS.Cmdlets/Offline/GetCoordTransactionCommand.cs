using System.Management.Automation;
using CoordPS.Protocol;
using CoordPS.Storage;

namespace CoordPS.Cmdlets;

/// <summary>
/// Reads transaction logs, CoordPS's or Apache's, of a server that runs or not, and emits who changed what and when. Logs of a folder are read as
/// one, in the order of their zxids; each transaction is emitted as it is read.
/// </summary>
[Cmdlet(VerbsCommon.Get, "CoordTransaction", DefaultParameterSetName = PathSet)]
[OutputType(typeof(LoggedTransaction))]
public sealed class GetCoordTransactionCommand : FileCmdlet
{
    /// <summary>The first zxid wanted.</summary>
    [Parameter]
    public long FromZxid { get; set; }

    /// <summary>The last zxid wanted.</summary>
    [Parameter]
    public long ToZxid { get; set; } = long.MaxValue;

    /// <summary>Only what was made at this time or later.</summary>
    [Parameter]
    public DateTimeOffset After { get; set; } = DateTimeOffset.MinValue;

    /// <summary>Only what was made at this time or earlier.</summary>
    [Parameter]
    public DateTimeOffset Before { get; set; } = DateTimeOffset.MaxValue;

    /// <summary>Only what names such a znode, with <c>*</c>, <c>?</c> and <c>[]</c>: <c>/app</c>, <c>/app/*</c>.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? ZNodePath { get; set; }

    /// <summary>Only what these sessions did.</summary>
    [Parameter]
    [Alias("Session")]
    public long[]? SessionId { get; set; }

    /// <summary>Only such operations, and multis that have one among their parts.</summary>
    [Parameter]
    public TransactionOperation[]? Operation { get; set; }

    /// <summary>Only the last so many.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Tail { get; set; }

    /// <summary>Goes on with what a server appends, until Ctrl+C. For one folder or file.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessPathAsync(string path)
    {
        TransactionFilter filter = Filter();
        // Nothing that was there before -Tail's last ones is emitted twice.
        long next = filter.FromZxid;
        foreach (LoggedTransaction transaction in Tail == 0 && Follow ? [] : Read(path, filter))
        {
            WriteObject(transaction);
            next = transaction.Zxid + 1;
        }

        if (!Follow)
            return;
        await foreach (LoggedTransaction transaction in TransactionReader.FollowAsync(path, filter with { FromZxid = next }, Cancellation))
            WriteObject(transaction);
    }

    private IEnumerable<LoggedTransaction> Read(string path, TransactionFilter filter)
    {
        IEnumerable<LoggedTransaction> all = TransactionReader.Read(path, filter, Warn, Cancellation);
        return Tail > 0 ? all.TakeLast(Tail) : all;
    }

    private TransactionFilter Filter()
    {
        WildcardPattern[]? patterns = ZNodePath?.Select(static p => new WildcardPattern(p, WildcardOptions.CultureInvariant)).ToArray();
        return new TransactionFilter
        {
            FromZxid = FromZxid,
            ToZxid = ToZxid,
            After = After,
            Before = Before,
            Sessions = SessionId,
            Operations = Operation,
            Path = patterns is null ? null : path => patterns.Any(p => p.IsMatch(path)),
        };
    }

    private void Warn(TornTail tail) => WriteWarning(
        $"'{tail.File}' ends in {tail.Length} bytes at offset {tail.Offset} that are no whole record: {tail.Reason}. A server that runs is writing it; else a crash has cut it off, and it was never committed.");
}
