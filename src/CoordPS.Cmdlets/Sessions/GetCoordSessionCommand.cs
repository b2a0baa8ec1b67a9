using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Lists the sessions that this runspace has opened and not closed, oldest first; the last one is the default.</summary>
[Cmdlet(VerbsCommon.Get, "CoordSession")]
[OutputType(typeof(CoordSession))]
public sealed class GetCoordSessionCommand : PSCmdlet
{
    /// <summary>Lists only sessions whose id is like this, with <c>*</c> and <c>?</c>.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Id { get; set; } = "*";

    /// <summary>Only the session that cmdlets use without <c>-Session</c>.</summary>
    [Parameter]
    public SwitchParameter Default { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var like = new WildcardPattern(Id, WildcardOptions.IgnoreCase);
        WriteObject(RunspaceState.Current.Sessions.Where(session => like.IsMatch(session.Id) && (!Default || session.IsDefault)), enumerateCollection: true);
    }
}
