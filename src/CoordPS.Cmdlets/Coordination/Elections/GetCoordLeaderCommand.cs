using System.Management.Automation;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>Shows who leads, by elections of these cmdlets, of Curator and of kazoo. Nothing is emitted while nobody does.</summary>
[Cmdlet(VerbsCommon.Get, "CoordLeader")]
[OutputType(typeof(CoordLockEntry))]
public sealed class GetCoordLeaderCommand : PipelinedCmdlet
{
    /// <summary>The elections' paths.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>The candidates too, in the order in which they will follow.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override async Task SubmitInputAsync()
    {
        foreach (string path in Path)
        {
            if (!await CheckPathAsync(path))
                continue;
            CoordSession session = CurrentSession;
            await SubmitAsync(path, cancel => LockParticipants.ReadAsync(session.Client, path, cancel), participants =>
            {
                for (int i = 0; i < (All ? participants.Count : Math.Min(1, participants.Count)); i++)
                    WriteObject(new CoordLockEntry(session, path, i + 1, participants[i]));
            });
        }
    }
}
