namespace CoordPS.Server.Hosting;

/// <summary>One direction of a link between two members, with what is wrong with it.</summary>
internal sealed class LinkPath(long from, long to)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _cut;
    private volatile bool _isDisturbed;

    public LinkFault Fault { get; private set; } = new(from, to, false, TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>Whether anything is wrong with it: looked at for every transfer.</summary>
    public bool IsDisturbed => _isDisturbed;

    public bool IsCut => Volatile.Read(ref _cut) is not null;

    public void Change(Func<LinkFault, LinkFault> change)
    {
        TaskCompletionSource? healed = null;
        lock (_lock)
        {
            Fault = change(Fault);
            _isDisturbed = Fault.IsCut || Fault.Delay > TimeSpan.Zero || Fault.Jitter > TimeSpan.Zero;
            if (Fault.IsCut)
                _cut ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            else
                (healed, _cut) = (_cut, null);
        }

        healed?.SetResult();
    }

    /// <summary>Waits until something can pass.</summary>
    public async ValueTask WhenOpenAsync(CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _cut) is { } cut)
            await cut.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How long what is sent now is under way.</summary>
    public TimeSpan NextDelay()
    {
        LinkFault fault = Fault;
#pragma warning disable CA5394 // Nobody's secret depends on it.
        return fault.Delay + (fault.Jitter > TimeSpan.Zero ? fault.Jitter * Random.Shared.NextDouble() : TimeSpan.Zero);
#pragma warning restore CA5394
    }
}
