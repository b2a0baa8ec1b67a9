using System.Threading.Channels;

namespace CoordPS.Client.Recipes;

/// <summary>An event that one waits for and that resets itself: what was signaled before the wait counts.</summary>
internal sealed class Signal
{
    private readonly Channel<bool> _channel = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    internal Signal() => Handler = _ => Set();

    /// <summary>For a watch: any event is a reason to look again, those of the session included.</summary>
    internal Action<WatchedEvent> Handler { get; }

    internal void Set() => _channel.Writer.TryWrite(true);

    internal async Task WaitAsync(CancellationToken ct) => await _channel.Reader.ReadAsync(ct).ConfigureAwait(false);
}
