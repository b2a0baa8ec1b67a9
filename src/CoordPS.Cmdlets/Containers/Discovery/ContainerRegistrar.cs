using System.Threading.Channels;
using CoordPS.Client.Recipes;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>
/// Keeps a registration for each container of an engine that carries the label of a service, runs and is healthy. It looks at all of them when the
/// connection to the engine is there, at first and again, and then at each that something happens to; what is registered follows what it saw
/// last. While the engine can't be asked, everything stays as it is.
/// </summary>
internal sealed class ContainerRegistrar : IAsyncDisposable
{
    private static readonly Dictionary<string, string[]> Labelled = new() { ["label"] = [ContainerService.NameLabel] };

    private static readonly Dictionary<string, string[]> Decisive = new(Labelled)
    {
        ["type"] = ["container"],
        ["event"] = ["start", "die", "health_status", "pause", "unpause", "rename", "destroy"],
    };

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly DockerEngineClient _engine;
    private readonly ServiceDiscovery _discovery;
    private readonly string _hostAddress;
    private readonly Dictionary<string, RegisteredContainer> _containers = new(StringComparer.Ordinal);
    private readonly List<Task> _leaving = [];
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private readonly Channel<object> _news = Channel.CreateUnbounded<object>();
    private bool _isAway;

    /// <param name="engine">The engine; not disposed of.</param>
    /// <param name="discovery">The registry.</param>
    /// <param name="hostAddress">The address of the engine's machine.</param>
    public ContainerRegistrar(DockerEngineClient engine, ServiceDiscovery discovery, string hostAddress)
    {
        _engine = engine;
        _discovery = discovery;
        _hostAddress = hostAddress;
    }

    /// <summary>Changes of what is registered, and, as text, what a person should know of. It ends, with the error, when <see cref="RunAsync"/> fails.</summary>
    public ChannelReader<object> News => _news.Reader;

    /// <summary>Watches and registers until it is canceled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            await foreach (EngineEvent happened in new EngineEventFeed(_engine, Decisive).ReadAsync(null, ct).ConfigureAwait(false))
            {
                if (happened is { IsConnection: true, Action: "lost" })
                    SayAway();
                else
                    await LookAsync(happened, ct).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            _news.Writer.TryComplete(e);
        }
    }

    /// <summary>Removes all that it has registered.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll([.. _leaving, .. _containers.Values.Select(static one => one.Want(null, "no longer watched"))]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _news.Writer.TryComplete();
    }

    /// <summary>
    /// Looks at the container that something has happened to, or at all. One that can't be looked at is no reason to give up the others: all are
    /// looked at until the engine answers. Only at first is what it says an error.
    /// </summary>
    private async Task LookAsync(EngineEvent happened, CancellationToken ct)
    {
        string? said = null;
        for (TimeSpan pause = FirstPause; ; pause = pause * 2 > LongestPause ? LongestPause : pause * 2)
        {
            try
            {
                if (!happened.IsConnection && pause == FirstPause)
                    Follow(happened.Id, await _engine.TryGetContainerAsync(happened.Id, ct).ConfigureAwait(false));
                else
                    await ReconcileAsync(ct).ConfigureAwait(false);
                _isAway = false;
                return;
            }
            catch (EngineUnreachableException) when (happened.Action != "opened")
            {
                SayAway();
            }
            catch (DockerException e) when (happened.Action != "opened")
            {
                if (said != e.Message)
                    _news.Writer.TryWrite($"What is registered stays as it is, and the engine is asked again: {said = e.Message}");
            }

            await Task.Delay(pause, ct).ConfigureAwait(false);
        }
    }

    private void SayAway()
    {
        if (!_isAway)
            _news.Writer.TryWrite("The connection to the engine was lost; what is registered stays until it is back.");
        _isAway = true;
    }

    /// <summary>Looks at all containers.</summary>
    private async Task ReconcileAsync(CancellationToken ct)
    {
        HashSet<string> gone = [.. _containers.Keys];
        await foreach (ContainerInfo container in _engine.GetContainersAsync(all: true, Labelled, ct).ConfigureAwait(false))
        {
            gone.Remove(container.Id);
            Follow(container.Id, container);
        }

        foreach (string id in gone)
            Follow(id, null);
    }

    /// <summary>Registers a container or removes its registration, as it is.</summary>
    private void Follow(string id, ContainerInfo? container)
    {
        ServiceInstance? wanted = container is { IsUp: true } ? InstanceOf(container) : null;
        if (!_containers.TryGetValue(id, out RegisteredContainer? registered))
        {
            if (wanted is null)
                return;
            registered = new RegisteredContainer(_discovery, container!.Name, change => _news.Writer.TryWrite(change));
            _containers.Add(id, registered);
        }

        Task work = registered.Want(wanted, CoordContainerRegistration.ReasonOf(container));
        _ = WatchAsync(work);
        if (container is not null)
            return;
        _containers.Remove(id);
        _refused.Remove(id);
        _leaving.RemoveAll(static one => one.IsCompleted);
        _leaving.Add(work);
    }

    private ServiceInstance? InstanceOf(ContainerInfo container)
    {
        try
        {
            return ContainerService.Of(container, _hostAddress);
        }
        catch (FormatException e)
        {
            // Said once.
            if (_refused.Add(container.Id))
                _news.Writer.TryWrite($"The container '{container.Name}' is not registered: {e.Message}.");
            return null;
        }
    }

    /// <summary>A registration that can't be made or kept, as for want of rights or of a session, ends everything.</summary>
    private async Task WatchAsync(Task work)
    {
        try
        {
            await work.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _news.Writer.TryComplete(e);
        }
    }
}
