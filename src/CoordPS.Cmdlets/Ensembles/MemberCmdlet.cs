using System.Management.Automation;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>The base of cmdlets that do something to members of local ensembles, one by one as they come.</summary>
public abstract class MemberCmdlet : EnsembleCmdlet
{
    /// <summary>The members' numbers.</summary>
    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MemberCompleter))]
    public int[] Id { get; set; } = [];

    /// <summary>Emits the members.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (await FindEnsembleAsync() is not { } ensemble)
            return;
        foreach (int id in Id)
        {
            try
            {
                await ProcessAsync(ensemble, ensemble.Local.Member(id));
            }
            catch (Exception e) when (HostingErrors.IsKnown(e))
            {
                WriteError(HostingErrors.From(e), $"{ensemble.Name} {id}");
            }
        }
    }

    private protected abstract Task ProcessAsync(CoordEnsemble ensemble, LocalMember member);

    private protected void Emit(LocalMember member)
    {
        if (PassThru)
            WriteObject(new CoordMember(member));
    }
}
