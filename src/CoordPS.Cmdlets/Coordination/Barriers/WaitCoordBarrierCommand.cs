using System.Management.Automation;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Waits until a barrier is open: a znode that stands in everyone's way for as long as it exists. <c>New-ZNode</c> sets it,
/// <c>Remove-ZNode</c> opens it. It is Curator's <c>DistributedBarrier</c>.
/// </summary>
[Cmdlet(VerbsLifecycle.Wait, "CoordBarrier")]
[OutputType(typeof(void))]
public sealed class WaitCoordBarrierCommand : RecipeCmdlet
{
    /// <summary>The barrier's path.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string Path { get; set; } = "";

    /// <summary>How long to wait; default: as long as it takes.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (Check(Path) is { } bad)
        {
            WriteError(bad, Path);
            return;
        }

        var barrier = new DistributedBarrier(CurrentSession.Client, Path);
        bool open = await WaitAsync(
            Timeout is { } timeout ? barrier.WaitAsync(timeout, Cancellation) : DoneAsync(barrier.WaitAsync(Cancellation)), $"Waiting for barrier {Path}", _ => Task.FromResult("closed"));
        if (!open)
        {
            WriteError(
                new CoordException(
                    "BarrierTimeout", ErrorCode.OperationTimeout, $"Barrier '{Path}' did not open within {Timeout!.Value.TotalSeconds:0.###} s.",
                    "Wait longer with -Timeout, or open it: Remove-ZNode.", Path),
                Path);
        }
    }
}
