using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Shows who leads, by elections of these cmdlets, of Curator and of kazoo. Nothing is emitted while nobody does.</summary>
[Cmdlet(VerbsCommon.Get, "CoordLeader")]
[OutputType(typeof(CoordLockEntry))]
public sealed class GetCoordLeaderCommand : ParticipantCmdlet
{
    /// <summary>The elections' paths.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>The candidates too, in the order in which they will follow.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override Task SubmitInputAsync() => SubmitParticipantsAsync(Path, (place, _) => All || place == 0);
}
