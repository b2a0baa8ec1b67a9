using System.Management.Automation;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Follows a configuration: emits it as it is, and again whenever it has changed, once for changes that belong together. Until Ctrl+C, or
/// <c>-Count</c> of them, or <c>-Timeout</c>.
/// </summary>
[Cmdlet(VerbsCommon.Watch, "CoordConfig")]
[OutputType(typeof(CoordConfigUpdate))]
public sealed class WatchCoordConfigCommand : ConfigCmdlet
{
    /// <summary>How long it must be quiet after a change before it is emitted; default 200 ms.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Debounce { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>After how many to end, the first included; default: never.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = int.MaxValue;

    /// <summary>When to end; default: never.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Give the value as hashtables in place of objects.</summary>
    [Parameter]
    public SwitchParameter AsHashtable { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (OpenStore() is not { } store)
            return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        if (Timeout is { } timeout)
            limit.CancelAfter(timeout);
        try
        {
            int count = 0;
            await foreach (ConfigUpdate update in store.WatchAsync(Debounce, limit.Token))
            {
                WriteObject(new CoordConfigUpdate(
                    DateTimeOffset.Now, Path, update.Snapshot.Zxid, ToObject(update.Snapshot, AsHashtable), [.. update.Changes.Select(change => new CoordConfigChange(Path, change))]));
                if (++count >= Count)
                    return;
            }
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            WriteVerbose($"{Path} was followed for {Timeout!.Value.TotalSeconds:0.###} s.");
        }
    }
}
