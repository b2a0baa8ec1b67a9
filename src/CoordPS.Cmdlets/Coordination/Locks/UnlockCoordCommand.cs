using System.Management.Automation;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Gives back locks that this runspace holds. One that was lost meanwhile is a warning.</summary>
[Cmdlet(VerbsCommon.Unlock, "Coord", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class UnlockCoordCommand : RecipeCmdlet
{
    private const string PathSet = "Path";
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
        foreach (CoordLock held in ParameterSetName == LockSet ? Lock : [.. Find()])
        {
            if (!ShouldProcess(held.Path, "Give back lock"))
                continue;
            if (held.State == LockState.Lost)
                WriteWarning($"Lock '{held.Path}' was lost before it was given back: someone else may have held it since.");
            HeldSet.Remove(held);
            await held.Handle.DisposeAsync();
        }
    }

    private List<CoordLock> Find()
    {
        List<CoordLock> found = [];
        foreach (string path in Path)
        {
            CoordLock? held = RunspaceState.Current.Held.Find<CoordLock>(held => held.Path == path && (Session is null || held.Session == Session) && !found.Contains(held));
            if (held is not null)
            {
                found.Add(held);
                continue;
            }

            WriteError(
                new CoordException("NotHeld", ErrorCode.NoNode, $"This runspace holds no lock '{path}'.", "See who holds it with Get-CoordLock.", path), path);
        }

        return found;
    }
}
