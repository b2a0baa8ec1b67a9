using System.Management.Automation;
using CoordPS.Client.Recipes;

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
            await SubmitAsync(path, cancel => UseAsync(counter, cancel), value => WriteObject(new CoordCounter(path, value.Value, value.Version, session)));
        }
    }

    /// <summary>Whether it is to be done.</summary>
    private protected virtual bool Agreed(string path) => true;

    private protected abstract Task<VersionedValue<long>> UseAsync(DistributedCounter counter, CancellationToken cancellationToken);
}
