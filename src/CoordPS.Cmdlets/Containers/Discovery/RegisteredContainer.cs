using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>
/// A container's registration, brought from what it is to what is wanted by one task at a time: what is wanted may change while the ensemble does not
/// answer, and only the last of it counts.
/// </summary>
#pragma warning disable CA1001 // A source without a timer holds nothing.
internal sealed class RegisteredContainer(ServiceDiscovery discovery, string container, Action<CoordContainerRegistration> changed)
#pragma warning restore CA1001
{
    private readonly Lock _gate = new();
    private (ServiceInstance? Instance, string Reason) _wanted;
    private ServiceRegistration? _registration;
    private CancellationTokenSource? _attempt;
    private Task _work = Task.CompletedTask;

    /// <summary>Says what is to be registered; null is nothing.</summary>
    /// <returns>What ends, or fails, when it is done.</returns>
    public Task Want(ServiceInstance? instance, string reason)
    {
        lock (_gate)
        {
            _wanted = (instance, reason);
            if (instance is null)
                _attempt?.Cancel();
            if (_work.IsCompletedSuccessfully)
                _work = Task.Run(WorkAsync);
            return _work;
        }
    }

    private async Task WorkAsync()
    {
        while (true)
        {
            (ServiceInstance? instance, string reason) wanted;
            CancellationToken ct;
            lock (_gate)
            {
                wanted = _wanted;
                if (IsSame(_registration?.Instance, wanted.instance))
                {
                    // Said under the lock: whoever wants something else from here on begins anew.
                    _work = Task.CompletedTask;
                    return;
                }

                _attempt = new CancellationTokenSource();
                ct = _attempt.Token;
            }

            try
            {
                await ApplyAsync(wanted.instance, wanted.reason, ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                // It is not wanted any more.
            }
        }
    }

    private async Task ApplyAsync(ServiceInstance? wanted, string reason, CancellationToken ct)
    {
        if (_registration is { } present)
        {
            if (wanted is not null && wanted.Name == present.Instance.Name)
            {
                await present.UpdateAsync(wanted, ct).ConfigureAwait(false);
                changed(new CoordContainerRegistration(CoordContainerChange.Updated, wanted, container, discovery.BasePath, reason));
                return;
            }

            await present.DisposeAsync().ConfigureAwait(false);
            _registration = null;
            changed(new CoordContainerRegistration(CoordContainerChange.Unregistered, present.Instance, container, discovery.BasePath, reason));
        }

        if (wanted is null)
            return;
        _registration = await discovery.RegisterAsync(wanted, ct).ConfigureAwait(false);
        changed(new CoordContainerRegistration(CoordContainerChange.Registered, wanted, container, discovery.BasePath, reason));
    }

    private static bool IsSame(ServiceInstance? one, ServiceInstance? other) =>
        one is null || other is null ? one == other : ServiceInstanceJson.Write(one).AsSpan().SequenceEqual(ServiceInstanceJson.Write(other));
}
