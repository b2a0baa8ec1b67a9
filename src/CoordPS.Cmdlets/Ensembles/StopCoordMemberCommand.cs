using System.Management.Automation;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>Stops members of local ensembles. Their data and their place in the ensemble stay; <c>Start-CoordMember</c> brings them back.</summary>
[Cmdlet(VerbsLifecycle.Stop, "CoordMember", SupportsShouldProcess = true)]
[OutputType(typeof(CoordMember))]
public sealed class StopCoordMemberCommand : MemberCmdlet
{
    /// <summary>Ends them as a crash would: a leader does not hand over, and what is not on disk is lost. A process is killed.</summary>
    [Parameter]
    public SwitchParameter Kill { get; set; }

    private protected override async Task ProcessAsync(CoordEnsemble ensemble, LocalMember member)
    {
        if (!ShouldProcess(member.ToString(), Kill ? "Kill member" : "Stop member"))
            return;
        await WaitAsync(Kill ? member.KillAsync(Cancellation) : member.StopAsync(Cancellation), member, "Stopping");
        Emit(member);
    }
}
