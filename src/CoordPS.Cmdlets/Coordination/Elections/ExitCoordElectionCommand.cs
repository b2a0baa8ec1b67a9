using System.Management.Automation;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Leaves elections; a leader's successor follows at once.</summary>
[Cmdlet(VerbsCommon.Exit, "CoordElection", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class ExitCoordElectionCommand : AsyncCmdlet
{
    private const string PathSet = "Path";
    private const string ElectionSet = "Election";

    /// <summary>The paths of elections that this runspace takes part in.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = PathSet)]
    public string[] Path { get; set; } = [];

    /// <summary>The elections, as <c>Enter-CoordElection</c> emitted them.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ParameterSetName = ElectionSet)]
    public CoordElection[] Election { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        List<CoordElection> elections = [.. Election];
        foreach (string path in Path)
        {
            if (RunspaceState.Current.Held.Find<CoordElection>(one => one.Path == path && !elections.Contains(one)) is { } found)
                elections.Add(found);
            else
                WriteError(new CoordException("NotTakingPart", ErrorCode.NoNode, $"This runspace takes no part in election '{path}'.", "See who does with Get-CoordLeader -All.", path), path);
        }

        foreach (CoordElection election in elections)
        {
            if (!ShouldProcess(election.Path, "Leave election"))
                continue;
            HeldSet.Remove(election);
            await election.Latch.DisposeAsync();
        }
    }
}
