using System.Management.Automation;
using CoordPS.Client.Admin;

namespace CoordPS.Cmdlets;

/// <summary>
/// Reads the members of ensembles, all at once, and emits each as it answers: role, epoch, last zxid, lag, connections, latency and more, as far as its
/// four-letter words tell. A member that does not answer is an object whose State and Reason say so.
/// </summary>
[Cmdlet(VerbsCommon.Get, "CoordMember")]
[OutputType(typeof(CoordMember))]
public sealed class GetCoordMemberCommand : InspectionCmdlet
{
    /// <summary>Only these members, by the N of their <c>server.N</c>; 0, which members have that don't tell it, stands for all.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MemberCompleter))]
    public int[]? Id { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        HashSet<int> wanted = [.. Id ?? []], missing = [.. wanted];
        bool all = wanted.Count == 0 || missing.Remove(0);
        foreach (InspectedEnsemble ensemble in await FindEnsemblesAsync())
        {
            WriteVerbose($"Reading {ensemble.Targets.Count} members of '{ensemble.Name}'.");
            await foreach (MemberStatus reading in ensemble.Probe(Options).ReadAsync(Cancellation))
            {
                missing.Remove(reading.Id ?? 0);
                if (all || wanted.Contains(reading.Id ?? 0))
                    Emit(ensemble.Member(reading));
            }

            foreach (int id in missing)
                WriteError(NoMember(ensemble, id), id);
        }
    }

    /// <summary>Emits a member by a name of its type for which there is a view with the readings.</summary>
    private void Emit(CoordMember member)
    {
        PSObject shown = PSObject.AsPSObject(member);
        shown.TypeNames.Insert(0, "CoordPS.CoordMember#Reading");
        WriteObject(shown);
    }
}
