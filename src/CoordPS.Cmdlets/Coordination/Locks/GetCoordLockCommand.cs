using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>
/// Shows who holds locks and who waits for them, first come first: locks, read/write locks, semaphores and elections of these cmdlets, of
/// Curator and of kazoo.
/// </summary>
[Cmdlet(VerbsCommon.Get, "CoordLock")]
[OutputType(typeof(CoordLockEntry))]
public sealed class GetCoordLockCommand : ParticipantCmdlet
{
    /// <summary>The locks' paths.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>Only those who hold it.</summary>
    [Parameter]
    public SwitchParameter Holder { get; set; }

    /// <inheritdoc/>
    protected override Task SubmitInputAsync() => SubmitParticipantsAsync(Path, (_, participant) => !Holder || participant.IsHolder);
}
