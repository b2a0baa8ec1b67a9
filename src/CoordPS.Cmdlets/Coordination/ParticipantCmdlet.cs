using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet that shows who takes part in locks or elections.</summary>
public abstract class ParticipantCmdlet : PipelinedCmdlet
{
    /// <summary>Puts the reading of each path in flight, and emits those who are to be shown, first come first.</summary>
    /// <param name="paths">The paths.</param>
    /// <param name="isShown">Whether to show one, by its place from 0 and what it is.</param>
    private protected async Task SubmitParticipantsAsync(IEnumerable<string> paths, Func<int, LockParticipant, bool> isShown)
    {
        foreach (string path in paths)
        {
            if (!await CheckPathAsync(path))
                continue;
            CoordSession session = CurrentSession;
            await SubmitAsync(path, cancel => LockParticipants.ReadAsync(session.Client, path, cancel), participants =>
            {
                for (int i = 0; i < participants.Count; i++)
                {
                    if (isShown(i, participants[i]))
                        WriteObject(new CoordLockEntry(session, path, i + 1, participants[i]));
                }
            });
        }
    }
}
