using System.Management.Automation;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Shows who holds locks and who waits for them, first come first: locks, read/write locks, semaphores and elections of these cmdlets, of
/// Curator and of kazoo.
/// </summary>
[Cmdlet(VerbsCommon.Get, "CoordLock")]
[OutputType(typeof(CoordLockEntry))]
public sealed class GetCoordLockCommand : PipelinedCmdlet
{
    /// <summary>The locks' paths.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>Only those who hold it.</summary>
    [Parameter]
    public SwitchParameter Holder { get; set; }

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
                for (int i = 0; i < participants.Count; i++)
                {
                    if (!Holder || participants[i].IsHolder)
                        WriteObject(new CoordLockEntry(session, path, i + 1, participants[i]));
                }
            });
        }
    }
}
