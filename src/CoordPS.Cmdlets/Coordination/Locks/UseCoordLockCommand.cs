using System.Management.Automation;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Runs a script block while a lock is held, and gives the lock back whatever happens. When the connection to the ensemble is lost the block
/// is stopped at once, before the session can end and another get the lock. The lock is <c>$_</c> in the block; pass its
/// <c>FencingToken</c> on to what the lock protects.
/// </summary>
[Cmdlet(VerbsOther.Use, "CoordLock", DefaultParameterSetName = LockSet, SupportsShouldProcess = true)]
[OutputType(typeof(object))]
public sealed class UseCoordLockCommand : LockCmdlet
{
    /// <summary>What to do. It runs in the caller's scope, and what it emits is passed on as it comes.</summary>
    [Parameter(Position = 1, Mandatory = true)]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (!ShouldProcess(string.Join(", ", Path), "Run the script block with lock"))
            return;
        IReadOnlyList<CoordLock> held = await AcquireAsync();
        bool finished;
        try
        {
            using var lost = CancellationTokenSource.CreateLinkedTokenSource([Cancellation, .. held.Select(one => one.LostToken)]);
            finished = ScriptBlockRunner.Run(this, ScriptBlock, held.Count == 1 ? held[0] : held, lost.Token);
        }
        finally
        {
            foreach (CoordLock one in held.Reverse())
                await ReleaseAsync(one);
        }

        Cancellation.ThrowIfCancellationRequested();
        if (finished)
            return;
        ThrowTerminatingError(ErrorRecords.From(
            new CoordException(
                "LockLost", ErrorCode.ConnectionLoss,
                $"The script block was stopped: lock '{string.Join(", ", Path)}' could no longer be relied on, because the connection to the ensemble was lost or the lock's znode was deleted.",
                "See what the block had done by then, and run it again: it will wait for its turn.", Path[0], null, ErrorCategory.OperationStopped),
            Path[0]));
    }
}
