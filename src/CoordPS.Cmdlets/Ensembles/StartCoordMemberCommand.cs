using System.Management.Automation;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>Starts members of local ensembles that were stopped or have failed, all that come, and waits until they serve where a quorum runs.</summary>
[Cmdlet(VerbsLifecycle.Start, "CoordMember", SupportsShouldProcess = true)]
[OutputType(typeof(CoordMember))]
public sealed class StartCoordMemberCommand : MemberCmdlet
{
    private readonly List<(CoordEnsemble Ensemble, LocalMember Member)> _started = [];

    /// <summary>Does not wait until they serve.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <summary>How long a member may take to serve; default one minute.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        foreach ((CoordEnsemble ensemble, LocalMember member) in _started)
        {
            try
            {
                if (!NoWait)
                    await WaitUntilServingAsync(ensemble, member, Timeout);
                Emit(member);
            }
            catch (Exception e) when (HostingErrors.IsKnown(e))
            {
                WriteError(HostingErrors.From(e), member.ToString());
            }
        }
    }

    private protected override async Task ProcessAsync(CoordEnsemble ensemble, LocalMember member)
    {
        if (!ShouldProcess(member.ToString(), "Start member"))
            return;
        await member.StartAsync(Cancellation);
        _started.Add((ensemble, member));
    }
}
