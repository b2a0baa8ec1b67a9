using System.Management.Automation;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Follows a service and emits each change of its instances as it comes: until Ctrl+C, or <c>-Count</c> changes, or <c>-Timeout</c>. It begins
/// with the instances there are.
/// </summary>
[Cmdlet(VerbsCommon.Watch, "CoordService")]
[OutputType(typeof(CoordServiceChange))]
public sealed class WatchCoordServiceCommand : ServiceCmdlet
{
    /// <summary>The service's name.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string Name { get; set; } = "";

    /// <summary>Leave out the instances there are at the beginning.</summary>
    [Parameter]
    public SwitchParameter ChangesOnly { get; set; }

    /// <summary>After how many changes to end; default: never.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = int.MaxValue;

    /// <summary>When to end; default: never.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (!CheckName(Name) || OpenRegistry() is not { } registry)
            return;
        CoordSession session = CurrentSession;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        if (Timeout is { } timeout)
            limit.CancelAfter(timeout);
        try
        {
            await using ServiceCache cache = await registry.OpenCacheAsync(Name, limit.Token);
            int count = 0;
            await foreach (ServiceChange change in cache.ReadChangesAsync(includeCurrent: !ChangesOnly, limit.Token))
            {
                if (change.Instance is not { } instance)
                {
                    WriteWarning(change.Type == TreeCacheEventType.Suspended
                        ? $"The connection was lost: changes of '{Name}' are reported when it is back."
                        : $"The connection is back: '{Name}' is followed again.");
                    continue;
                }

                WriteObject(new CoordServiceChange(DateTimeOffset.Now, $"{change.Type}", new CoordService(session, BasePath, instance)));
                if (++count >= Count)
                    return;
            }
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            WriteVerbose($"{Name} was followed for {Timeout!.Value.TotalSeconds:0.###} s.");
        }
    }
}
