using System.Management.Automation;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet over counters.</summary>
public abstract class CounterCmdlet : PipelinedCmdlet
{
    /// <summary>The counters' paths.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>How the number is written in the znode. Who shares the counter must write it the same way.</summary>
    [Parameter]
    public CounterFormat Format { get; set; }

    /// <inheritdoc/>
    protected override async Task SubmitInputAsync()
    {
        foreach (string path in Path)
        {
            if (!await CheckPathAsync(path))
                continue;
            CoordSession session = CurrentSession;
            var counter = new DistributedCounter(session.Client, path, Format);
            if (!Agreed(path))
                continue;
            await SubmitAsync(path, cancel => UseAsync(counter, path, cancel), value => WriteObject(new CoordCounter(path, value.Value, value.Version, session)));
        }
    }

    private async Task<VersionedValue<long>> UseAsync(DistributedCounter counter, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await UseAsync(counter, cancellationToken).ConfigureAwait(false);
        }
        catch (FormatException e)
        {
            throw new CoordException("NotANumber", ErrorCode.MarshallingError, e.Message, "Give the -Format it was written in, or see what it holds with Get-ZNode.", path, e, ErrorCategory.InvalidData);
        }
        catch (OverflowException e)
        {
            throw new CoordException(
                "CounterOverflow", ErrorCode.BadArguments, $"Counter '{path}' can't hold the sum: it was left as it is.", "Add less, or set it anew with Set-ZNode.", path, e, ErrorCategory.LimitsExceeded);
        }
    }

    /// <summary>Whether it is to be done.</summary>
    private protected virtual bool Agreed(string path) => true;

    private protected abstract Task<VersionedValue<long>> UseAsync(DistributedCounter counter, CancellationToken cancellationToken);
}
