using System.Management.Automation;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Chooses an instance of a service and emits it; the next call goes on where this one left off. Instances that are disabled, or that
/// <c>ReportError()</c> was called for a few times, are left out.
/// </summary>
[Cmdlet(VerbsDiagnostic.Resolve, "CoordService")]
[OutputType(typeof(CoordService))]
public sealed class ResolveCoordServiceCommand : ServiceCmdlet
{
    /// <summary>The service's name.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>How to choose.</summary>
    [Parameter]
    public CoordStrategy Strategy { get; set; }

    /// <summary>How long to wait for an instance when there is none; default 0, not at all.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Timeout { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (OpenRegistry() is not { } registry)
            return;
        CoordSession session = CurrentSession;
        foreach (string name in Name)
        {
            if (!CheckName(name))
                continue;
            ServiceProviderUse use = await OpenAsync(session, registry, name);
            ServiceInstance? chosen = use.Provider.GetInstance() ?? await WaitAsync(FirstAsync(use.Provider), $"Waiting for {name}", _ => Task.FromResult("no instance"));
            if (chosen is null)
            {
                WriteError(
                    new CoordException(
                        "NoInstance", ErrorCode.NoNode, $"Service '{name}' has no enabled instance in {BasePath}.",
                        "See what is registered with Get-CoordService, or wait for one with -Timeout."), name);
                continue;
            }

            WriteObject(new CoordService(session, BasePath, chosen, null, use.Provider));
        }
    }

    private async Task<ServiceProviderUse> OpenAsync(CoordSession session, ServiceDiscovery registry, string name)
    {
        if (RunspaceState.Current.Held.Find<ServiceProviderUse>(use => use.Session == session && use.BasePath == BasePath && use.Name == name && use.Strategy == Strategy) is { } known)
            return known;
        IProviderStrategy strategy = Strategy switch
        {
            CoordStrategy.Random => new RandomStrategy(),
            CoordStrategy.Weighted => new WeightedStrategy(),
            CoordStrategy.LeastRecentlyFailed => new LeastRecentlyFailedStrategy(),
            CoordStrategy.Sticky => new StickyStrategy(new RoundRobinStrategy()),
            _ => new RoundRobinStrategy(),
        };
        var use = new ServiceProviderUse(session, BasePath, name, Strategy, await registry.OpenProviderAsync(name, strategy, null, Cancellation));
        RunspaceState.Current.Held.Add(use);
        return use;
    }

    private async Task<ServiceInstance?> FirstAsync(ServiceProvider provider)
    {
        if (Timeout <= TimeSpan.Zero)
            return null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Timeout);
        try
        {
            await foreach (ServiceChange _ in provider.Cache.ReadChangesAsync(includeCurrent: true, limit.Token).ConfigureAwait(false))
            {
                if (provider.GetInstance() is { } found)
                    return found;
            }
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            // The time is over.
        }

        return provider.GetInstance();
    }
}
