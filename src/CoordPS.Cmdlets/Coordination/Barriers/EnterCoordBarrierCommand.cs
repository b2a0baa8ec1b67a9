using System.Management.Automation;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Waits at a barrier until as many as agreed on are there, and emits the place taken; all go on together. <c>Exit-CoordBarrier</c> waits in
/// the same way until all are done.
/// </summary>
[Cmdlet(VerbsCommon.Enter, "CoordBarrier", SupportsShouldProcess = true)]
[OutputType(typeof(CoordBarrier))]
public sealed class EnterCoordBarrierCommand : RecipeCmdlet
{
    /// <summary>The barrier's path; created if need be.</summary>
    [Parameter(Position = 0, Mandatory = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string Path { get; set; } = "";

    /// <summary>How many must be there. All must give the same number.</summary>
    [Parameter(Position = 1, Mandatory = true)]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; }

    /// <summary>How long to wait for the others; default: as long as it takes. When it is over the barrier is left.</summary>
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

        if (!ShouldProcess(Path, $"Wait at the barrier until {Count} are there"))
            return;
        CoordSession session = CurrentSession;
        var barrier = new DistributedDoubleBarrier(session.Client, Path, Count);
        Task<bool> entering = Timeout is { } timeout ? barrier.EnterAsync(timeout, Cancellation) : DoneAsync(barrier.EnterAsync(Cancellation));
        bool entered;
        try
        {
            entered = await WaitAsync(
                entering, $"Waiting at barrier {Path}",
                async cancel => $"{(await session.Client.GetChildrenAsync(Path, cancel)).Children.Count} of {Count} are there");
        }
        catch
        {
            // Entered in the moment of Ctrl+C, the place would never be emitted.
            _ = entering.ContinueWith(_ => barrier.Abandon(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }

        if (!entered)
        {
            WriteError(
                new CoordException(
                    "BarrierTimeout", ErrorCode.OperationTimeout, $"Not all {Count} came to barrier '{Path}' within {Timeout!.Value.TotalSeconds:0.###} s.",
                    "See who is there with Get-ZNodeChild, and wait longer with -Timeout.", Path),
                Path);
            return;
        }

        var place = new CoordBarrier(session, barrier);
        RunspaceState.Current.Held.Add(place);
        WriteObject(place);
    }
}
