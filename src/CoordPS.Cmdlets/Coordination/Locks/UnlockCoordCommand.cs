using System.Management.Automation;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>Gives back locks that this runspace holds. One that was lost meanwhile is a warning.</summary>
[Cmdlet(VerbsCommon.Unlock, "Coord", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class UnlockCoordCommand : ExitCmdlet
{
    private const string LockSet = "Lock";

    /// <summary>The paths of the locks, as <c>Lock-Coord</c> was given them; of several holds of the same path the last goes.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = PathSet)]
    [ArgumentCompleter(typeof(HeldLockCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>The locks, as <c>Lock-Coord</c> emitted them.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ParameterSetName = LockSet)]
    public CoordLock[] Lock { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (CoordLock held in Find(Lock, Path, static one => one.Path, static path => Missing("NotHeld", path, $"This runspace holds no lock '{path}'.", "See who holds it with Get-CoordLock.")))
        {
            if (!ShouldProcess(held.Path, "Give back lock"))
                continue;
            if (held.State == LockState.Lost)
                WriteWarning($"Lock '{held.Path}' was lost before it was given back: someone else may have held it since.");
            HeldSet.Remove(held);
            await held.Handle.DisposeAsync();
        }
    }
}
