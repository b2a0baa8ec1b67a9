using System.Management.Automation;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Waits until all who entered a barrier together are done, and leaves it with them.</summary>
[Cmdlet(VerbsCommon.Exit, "CoordBarrier", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class ExitCoordBarrierCommand : ExitCmdlet
{
    private const string BarrierSet = "Barrier";

    /// <summary>The paths of barriers that this runspace has entered.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = PathSet)]
    public string[] Path { get; set; } = [];

    /// <summary>The places taken, as <c>Enter-CoordBarrier</c> emitted them.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ParameterSetName = BarrierSet)]
    public CoordBarrier[] Barrier { get; set; } = [];

    /// <summary>How long to wait for the others; default: as long as it takes. When it is over this one leaves all the same, with an error.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (CoordBarrier place in Find(Barrier, Path, static one => one.Path, static path => Missing("NotEntered", path, $"This runspace has not entered barrier '{path}'.", "Enter it first: Enter-CoordBarrier.")))
        {
            if (place.Barrier.MemberPath is null)
            {
                WriteError(new CoordException("NotEntered", ErrorCode.NoNode, $"Barrier '{place.Path}' was left already.", "Enter it again first: Enter-CoordBarrier.", place.Path), place.Path);
                continue;
            }

            if (!ShouldProcess(place.Path, "Leave barrier"))
                continue;
            HeldSet.Remove(place);
            bool left = false;
            try
            {
                left = await WaitAsync(
                    Timeout is { } timeout ? place.Barrier.LeaveAsync(timeout, Cancellation) : DoneAsync(place.Barrier.LeaveAsync(Cancellation)), $"Leaving barrier {place.Path}",
                    async cancel => $"{(await place.Session.Client.GetChildrenAsync(place.Path, cancel)).Children.Count} are still there");
            }
            finally
            {
                if (!left)
                    place.Barrier.Abandon();
            }

            if (!left)
            {
                WriteError(
                    new CoordException(
                        "BarrierTimeout", ErrorCode.OperationTimeout, $"Not all left barrier '{place.Path}' within {Timeout!.Value.TotalSeconds:0.###} s.",
                        "See who is still there with Get-ZNodeChild.", place.Path),
                    place.Path);
            }
        }
    }
}
