using System.Management.Automation;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>Reads counters. One that does not exist yet is 0.</summary>
[Cmdlet(VerbsCommon.Get, "CoordCounter")]
[OutputType(typeof(CoordCounter))]
public sealed class GetCoordCounterCommand : CounterCmdlet
{
    private protected override Task<VersionedValue<long>> UseAsync(DistributedCounter counter, CancellationToken cancellationToken) => counter.GetAsync(cancellationToken);
}
