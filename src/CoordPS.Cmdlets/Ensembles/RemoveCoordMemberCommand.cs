using System.Globalization;
using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>
/// Removes members from a local ensemble while it serves: the ensemble agrees on a configuration without the member, a leader hands over,
/// and the member is stopped. It asks before unless told <c>-Confirm:$false</c>. The member's folder stays unless the ensemble's is temporary.
/// </summary>
[Cmdlet(VerbsCommon.Remove, "CoordMember", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class RemoveCoordMemberCommand : ReconfigureCmdlet
{
    /// <summary>The members' numbers.</summary>
    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MemberCompleter))]
    public int[] Id { get; set; } = [];

    /// <summary>Deletes the member's folder.</summary>
    [Parameter]
    public SwitchParameter DeleteData { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (await FindEnsembleAsync() is not { } ensemble)
            return;
        foreach (int id in Id)
        {
            try
            {
                LocalMember member = ensemble.Local.Member(id);
                string what = DeleteData || ensemble.IsTemporary ? "Remove member and delete its data" : "Remove member";
                if (ShouldProcess(member.ToString(), what))
                    await RemoveAsync(ensemble, member);
            }
            catch (Exception e) when (HostingErrors.IsKnown(e) || e is ZooKeeperException)
            {
                WriteError(e is ZooKeeperException ? e : HostingErrors.From(e), $"{ensemble.Name} {id}");
            }
        }
    }

    private async Task RemoveAsync(CoordEnsemble ensemble, LocalMember member)
    {
        ZooKeeperClient client = await ConnectAsync(ensemble);
        await using (client)
            await client.ReconfigAsync(leaving: member.Id.ToString(CultureInfo.InvariantCulture), ct: Cancellation);
        WriteVerbose($"Member {member.Id} is no part of '{ensemble.Name}' any more.");
        await WaitAsync(ensemble.Local.DiscardMemberAsync(member.Id, DeleteData, CancellationToken.None), member, "Stopping");
    }
}
