using System.Management.Automation;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>Lets members go on that were frozen by <c>Suspend-CoordMember</c>. To them it is as if the clock had jumped.</summary>
[Cmdlet(VerbsLifecycle.Resume, "CoordMember", SupportsShouldProcess = true)]
[OutputType(typeof(CoordMember))]
public sealed class ResumeCoordMemberCommand : MemberCmdlet
{
    private protected override async Task ProcessAsync(CoordEnsemble ensemble, LocalMember member)
    {
        if (!ShouldProcess(member.ToString(), "Resume member"))
            return;
        await member.ResumeAsync(Cancellation);
        Emit(member);
    }
}
