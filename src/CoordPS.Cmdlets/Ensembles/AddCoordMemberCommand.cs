using System.Management.Automation;
using System.Text;
using CoordPS.Client;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>
/// Adds a member to a local ensemble while it serves: starts it, waits until it has caught up, and has the ensemble agree on the new
/// configuration. When that fails nothing stays of it.
/// </summary>
[Cmdlet(VerbsCommon.Add, "CoordMember", SupportsShouldProcess = true)]
[OutputType(typeof(CoordMember))]
public sealed class AddCoordMemberCommand : ReconfigureCmdlet
{
    /// <summary>Adds one that follows without a vote.</summary>
    [Parameter]
    public SwitchParameter Observer { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (await FindEnsembleAsync() is not { } ensemble || !ShouldProcess(ensemble.Name, Observer ? "Add an observer" : "Add a participant"))
            return;
        try
        {
            WriteObject(new CoordMember(await AddAsync(ensemble)));
        }
        catch (Exception e) when (HostingErrors.IsKnown(e) || e is ZooKeeperException)
        {
            WriteError(e is ZooKeeperException ? e : HostingErrors.From(e), ensemble.Name);
        }
    }

    private async Task<LocalMember> AddAsync(CoordEnsemble ensemble)
    {
        ZooKeeperClient client = await ConnectAsync(ensemble);
        await using (client)
        {
            string config = Encoding.UTF8.GetString((await client.GetConfigAsync(Cancellation)).Data ?? []);
            LocalMember member = ensemble.Local.PrepareMember(
                Observer, config.Split('\n').Where(static line => line.StartsWith("server.", StringComparison.Ordinal)));
            bool added = false;
            try
            {
                WriteVerbose($"Starting member {member.Id} of '{ensemble.Name}' at {member.ClientEndPoint}.");
                await member.StartAsync(Cancellation);
                await WaitUntilServingAsync(ensemble, member, Timeout);
                await client.ReconfigAsync(joining: LocalEnsemble.ServerLineOf(member), ct: Cancellation);
                added = true;
                WriteVerbose($"Member {member.Id} is part of '{ensemble.Name}'.");
                // With another role it begins to serve anew.
                await WaitUntilServingAsync(ensemble, member, Timeout);
            }
            finally
            {
                if (!added)
                    await ensemble.Local.DiscardMemberAsync(member.Id, deleteData: true, CancellationToken.None);
            }

            return member;
        }
    }
}
