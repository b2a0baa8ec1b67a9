using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>
/// Acquires locks and emits them: until <c>Unlock-Coord</c>, or the end of the session. For one block of a script <c>Use-CoordLock</c> is
/// safer: it gives the lock back whatever happens, and stops the block when the lock is lost.
/// </summary>
[Cmdlet(VerbsCommon.Lock, "Coord", DefaultParameterSetName = LockSet, SupportsShouldProcess = true)]
[OutputType(typeof(CoordLock))]
public sealed class LockCoordCommand : LockCmdlet
{
    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (!ShouldProcess(string.Join(", ", Path), "Acquire lock"))
            return;
        IReadOnlyList<CoordLock> acquired = await AcquireAsync();
        try
        {
            foreach (CoordLock held in acquired)
                WriteObject(held);
        }
        catch (PipelineStoppedException)
        {
            foreach (CoordLock held in acquired)
                await ReleaseAsync(held);
            throw;
        }
    }
}
