using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet that talks to an ensemble.</summary>
public abstract class SessionCmdlet : AsyncCmdlet
{
    /// <summary>The session to use; the default is the last one that <c>Connect-Coord</c> opened in this runspace.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public CoordSession? Session { get; set; }

    /// <summary>The session for the current object.</summary>
    private protected CoordSession CurrentSession
    {
        get
        {
            if ((Session ?? RunspaceState.Current.DefaultSession) is { } session)
                return session;
            // Once and finally: every other object would fail for the same reason.
            ThrowTerminatingError(ErrorRecords.From(
                new CoordException("NoSession", ErrorCode.UnknownSession, "There is no session in this runspace.", "Run Connect-Coord first, or give -Session."),
                null));
            throw new PipelineStoppedException();
        }
    }

    /// <summary>The client of the session for the current object.</summary>
    private protected ZooKeeperClient Client => CurrentSession.Client;

    /// <summary>The transaction that collects operations in place of their being sent; null outside of <c>Invoke-ZNodeTransaction</c>.</summary>
    private protected static TransactionCollector? Transaction => RunspaceState.Current.Transaction;
}
