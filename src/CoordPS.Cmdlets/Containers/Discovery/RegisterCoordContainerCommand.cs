using System.Management.Automation;
using CoordPS.Client.Recipes;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>
/// Keeps a registration in ZooKeeper for each container of an engine that carries the label <c>coordps.service</c>, runs and, if it has a health check,
/// is healthy; and emits each change. Its port is that of the label <c>coordps.port</c>, its address that of <c>coordps.address</c> or of the machine,
/// and labels <c>coordps.meta.*</c> are its metadata. It runs, through restarts of the engine and losses of the session, until Ctrl+C,
/// <c>-Count</c> changes or <c>-Timeout</c>, and then removes what it has registered.
/// </summary>
[Cmdlet(VerbsLifecycle.Register, "CoordContainer", SupportsShouldProcess = true)]
[OutputType(typeof(CoordContainerRegistration))]
public sealed class RegisterCoordContainerCommand : EngineCmdlet
{
    /// <summary>The session to use; the default is the last one that <c>Connect-Coord</c> opened in this runspace.</summary>
    [Parameter]
    public CoordSession? Session { get; set; }

    /// <summary>The registry's path; default <c>/services</c>, as Spring Cloud's.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PathCompleter))]
    [ValidateNotNullOrEmpty]
    public string BasePath { get; set; } = "/services";

    /// <summary>
    /// The address of the engine's machine, for containers that use its network or publish ports. Default: the host of a TCP endpoint, else this
    /// machine's first address that others can reach.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Address { get; set; }

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
        if ((Session ?? RunspaceState.Current.DefaultSession) is not { } session)
        {
            WriteError(new CoordException("NoSession", Protocol.ErrorCode.UnknownSession, "There is no session in this runspace.", "Run Connect-Coord first, or give -Session."), null);
            return;
        }

        if (Protocol.ZPath.Check(BasePath) is { } reason)
        {
            WriteError(ErrorRecords.BadPath(BasePath, reason), BasePath);
            return;
        }

        DockerEngineClient engine = Engine;
        if (!ShouldProcess($"containers of {engine.Endpoint}", $"Register in {BasePath}"))
            return;
        string address = Address ?? (engine.Endpoint.Scheme == "tcp" ? engine.Endpoint.Address : RegisterCoordServiceCommand.LocalAddress());
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        if (Timeout is { } timeout)
            limit.CancelAfter(timeout);
        await using var registrar = new ContainerRegistrar(engine, new ServiceDiscovery(session.Client, BasePath), address);
        Task running = registrar.RunAsync(limit.Token);
        try
        {
            int count = 0;
            await foreach (object news in registrar.News.ReadAllAsync(limit.Token))
            {
                if (news is not CoordContainerRegistration change)
                {
                    WriteWarning($"{news}");
                    continue;
                }

                WriteObject(change);
                if (++count >= Count)
                    return;
            }
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            WriteVerbose($"Containers were registered for {Timeout!.Value.TotalSeconds:0.###} s.");
        }
        finally
        {
            await limit.CancelAsync();
            await running;
        }
    }
}
