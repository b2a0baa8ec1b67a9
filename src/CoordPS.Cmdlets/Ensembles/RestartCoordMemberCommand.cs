using System.Management.Automation;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>
/// Restarts members of local ensembles one after another, the leader last, each when the one before serves again: clients of the ensemble
/// are served all the while. A member whose absence would cost the quorum is not restarted without <c>-Force</c>.
/// </summary>
[Cmdlet(VerbsLifecycle.Restart, "CoordMember", SupportsShouldProcess = true)]
[OutputType(typeof(CoordMember))]
public sealed class RestartCoordMemberCommand : MemberCmdlet
{
    private readonly List<(CoordEnsemble Ensemble, LocalMember Member)> _members = [];

    /// <summary>Restarts a member even if no quorum serves without it.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>How long a member may take to serve again; default one minute.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var progress = new ProgressReporter(this, "Restarting members");
        int done = 0;
        while (_members.Count > 0)
        {
            await Task.WhenAll(_members.Select(static m => m.Ensemble.Local).Distinct().Select(local => local.RefreshAsync(Cancellation)));
            // Who leads may change on the way: the leader is the last of those that are left.
            int next = Math.Max(0, _members.FindIndex(static m => m.Member.Role != LocalMemberRole.Leader));
            (CoordEnsemble ensemble, LocalMember member) = _members[next];
            _members.RemoveAt(next);
            progress.Report($"{done} done, {_members.Count + 1} to go: {member}");
            try
            {
                await RestartAsync(ensemble, member);
                done++;
            }
            catch (Exception e) when (HostingErrors.IsKnown(e))
            {
                WriteError(HostingErrors.From(e), member.ToString());
                // One that does not come back is reason to leave the others alone.
                _members.RemoveAll(m => m.Ensemble == ensemble);
            }
        }

        progress.Complete();
    }

    private protected override Task ProcessAsync(CoordEnsemble ensemble, LocalMember member)
    {
        if (ShouldProcess(member.ToString(), "Restart member"))
            _members.Add((ensemble, member));
        return Task.CompletedTask;
    }

    private async Task RestartAsync(CoordEnsemble ensemble, LocalMember member)
    {
        LocalMember[] participants = [.. ensemble.Local.Members.Where(static m => !m.IsObserver)];
        int others = participants.Count(m => m != member && m.IsServing);
        if (!Force && !member.IsObserver && participants.Length > 1 && others < participants.Length / 2 + 1)
        {
            throw HostingErrors.NoQuorum(
                $"Without member {member.Id} of ensemble '{ensemble.Name}' no quorum serves: {others} others of {participants.Length} participants do.",
                "Bring the other members back first (Start-CoordMember), or accept an interruption with -Force.");
        }

        await WaitAsync(member.StopAsync(Cancellation), member, "Stopping");
        await member.StartAsync(Cancellation);
        await WaitUntilServingAsync(ensemble, member, Timeout);
        WriteVerbose($"Member {member.Id} of '{ensemble.Name}' serves again.");
        Emit(member);
    }
}
