using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace CoordPS.Containers;

/// <summary>Events of work that goes on beside their being read.</summary>
internal static class EventChannel
{
    private const int Capacity = 256;

    /// <summary>Starts the work, gives its events, and rethrows what it threw. Leaving the loop cancels the work and waits for its end.</summary>
    public static async IAsyncEnumerable<T> RunAsync<T>(Func<ChannelWriter<T>, CancellationToken, Task> work, [EnumeratorCancellation] CancellationToken ct)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var channel = Channel.CreateBounded<T>(new BoundedChannelOptions(Capacity) { SingleReader = true });
        Task running = Task.Run(
            async () =>
            {
                try
                {
                    await work(channel.Writer, ended.Token).ConfigureAwait(false);
                }
                finally
                {
                    channel.Writer.Complete();
                }
            }, CancellationToken.None);
        try
        {
            await foreach (T item in channel.Reader.ReadAllAsync(ct).ConfigureAwait(false))
                yield return item;
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await running.ConfigureAwait(false);
    }
}
