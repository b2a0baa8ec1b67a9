using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Leaves elections; a leader's successor follows at once.</summary>
[Cmdlet(VerbsCommon.Exit, "CoordElection", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class ExitCoordElectionCommand : ExitCmdlet
{
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
        foreach (CoordElection election in Find(Election, Path, static one => one.Path, static path => Missing("NotTakingPart", path, $"This runspace takes no part in election '{path}'.", "See who does with Get-CoordLeader -All.")))
        {
            if (!ShouldProcess(election.Path, "Leave election"))
                continue;
            HeldSet.Remove(election);
            await election.Latch.DisposeAsync();
        }
    }
}
