using System.Management.Automation;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>
/// Emits what happens to an engine's containers as it happens: until Ctrl+C, or <c>-Count</c> events, or <c>-Timeout</c>. It goes on after a restart of
/// the engine, with no event left out or told twice.
/// </summary>
[Cmdlet(VerbsCommon.Watch, "CoordContainer")]
[OutputType(typeof(CoordContainerEvent))]
public sealed class WatchCoordContainerCommand : EngineCmdlet
{
    /// <summary>Names, with <c>*</c> and <c>?</c>, or ids; default: all containers.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Container { get; set; }

    /// <summary>Only these events, such as <c>start</c>, <c>die</c>, <c>health_status</c>, <c>destroy</c>. Default: all but <c>exec_*</c>, which health checks make.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ContainerWordCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Action { get; set; }

    /// <summary>Only containers with these labels: a hashtable, or names and <c>name=value</c>.</summary>
    [Parameter]
    [LabelTransformation]
    public string[]? Label { get; set; }

    /// <summary>Begins with events since then, as far as the engine remembers: a time, or a duration such as <c>10m</c>. Default: now.</summary>
    [Parameter]
    [MomentTransformation]
    public DateTimeOffset? Since { get; set; }

    /// <summary>After how many events to end; default: never.</summary>
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
        var filters = new Dictionary<string, string[]> { ["type"] = ["container"] };
        if (Action is { Length: > 0 })
            filters["event"] = Action;
        if (Label is { Length: > 0 })
            filters["label"] = Label;
        WildcardPattern[]? names = Container?.Select(static name => new WildcardPattern(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant)).ToArray();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        if (Timeout is { } timeout)
            limit.CancelAfter(timeout);
        int count = 0;
        try
        {
            await foreach (EngineEvent happened in new EngineEventFeed(Engine, filters).ReadAsync(Since, limit.Token))
            {
                if (happened.IsConnection)
                {
                    Tell(happened);
                    continue;
                }

                // Health checks run all the time; who wants to see them run says so.
                if (Action is null && happened.Action.StartsWith("exec_", StringComparison.Ordinal))
                    continue;
                if (names is not null && !names.Any(like => like.IsMatch(happened.Name ?? "")) && !Container!.Any(id => happened.Id.StartsWith(id, StringComparison.Ordinal)))
                    continue;
                WriteObject(new CoordContainerEvent(happened, Engine.Endpoint));
                if (++count >= Count)
                    return;
            }
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            WriteVerbose($"Watched for {Timeout!.Value.TotalSeconds:0.###} s.");
        }
    }

    private void Tell(EngineEvent connection)
    {
        if (connection.Action == "lost")
            WriteWarning($"The connection to the engine was lost; events go on when it is back. {connection.Detail}".TrimEnd());
        else
            WriteVerbose(connection.Action == "opened" ? $"Watching the containers of {Engine.Endpoint}." : "The engine is back.");
    }
}
