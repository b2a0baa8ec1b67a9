using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Closes sessions: their ephemerals go at once, and so do their drives. The session opened before, if it is still open, becomes the default again.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "Coord", SupportsShouldProcess = true)]
public sealed class DisconnectCoordCommand : AsyncCmdlet
{
    /// <summary>The sessions; default: the default session of this runspace.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    public CoordSession[]? Session { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (Session is null && RunspaceState.Current.DefaultSession is null)
        {
            WriteVerbose("There is no session in this runspace.");
            return;
        }

        foreach (CoordSession session in Session ?? [RunspaceState.Current.DefaultSession!])
        {
            if (!ShouldProcess(session.ToString(), "Close session"))
                continue;
            SessionDrive.Unmount(this, session);
            session.Owner.Remove(session);
            await session.Client.DisposeAsync().AsTask().WaitAsync(Cancellation);
            WriteVerbose($"Closed session {session.Id}.");
        }
    }
}
