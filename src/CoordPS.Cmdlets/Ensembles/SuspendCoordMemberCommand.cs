using System.Management.Automation;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>
/// Freezes members of local ensembles, as SIGSTOP does: a member neither sends nor receives nor ticks, while its ports and connections stay
/// and the system goes on taking connections for it. Others notice by its silence. What it was just writing to disk may still be written.
/// </summary>
[Cmdlet(VerbsLifecycle.Suspend, "CoordMember", SupportsShouldProcess = true)]
[OutputType(typeof(CoordMember))]
public sealed class SuspendCoordMemberCommand : MemberCmdlet
{
    private protected override async Task ProcessAsync(CoordEnsemble ensemble, LocalMember member)
    {
        if (!ShouldProcess(member.ToString(), "Suspend member"))
            return;
        await member.SuspendAsync(Cancellation);
        Emit(member);
    }
}
