using System.Management.Automation;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Adds to counters and emits what they are then; each call gets a number of its own, however many call at once. One that does not exist yet
/// begins at 0.
/// </summary>
[Cmdlet(VerbsCommon.Step, "CoordCounter", SupportsShouldProcess = true)]
[OutputType(typeof(CoordCounter))]
public sealed class StepCoordCounterCommand : CounterCmdlet
{
    /// <summary>What to add; default 1. A negative number takes away.</summary>
    [Parameter(Position = 1)]
    public long By { get; set; } = 1;

    private protected override bool Agreed(string path) => ShouldProcess(path, $"Add {By}");

    private protected override Task<VersionedValue<long>> UseAsync(DistributedCounter counter, CancellationToken cancellationToken) =>
        counter.AddAsync(By, cancellationToken);
}
