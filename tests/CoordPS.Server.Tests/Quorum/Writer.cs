using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Server.Tests.Quorum;

/// <summary>
/// Creates znodes one after the other, and remembers those that were acknowledged. It goes on whatever becomes of the members: what
/// was neither acknowledged nor refused is tried again.
/// </summary>
internal sealed class Writer : IAsyncDisposable
{
    private readonly ZooKeeperClient _client;
    private readonly string _parent;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _acknowledged = [];
    private Task _loop = Task.CompletedTask;

    private Writer(ZooKeeperClient client, string parent)
    {
        _client = client;
        _parent = parent;
    }

    public int Count
    {
        get
        {
            lock (_acknowledged)
                return _acknowledged.Count;
        }
    }

    public IReadOnlyList<string> Acknowledged
    {
        get
        {
            lock (_acknowledged)
                return [.. _acknowledged];
        }
    }

    public static async Task<Writer> StartAsync(string connectionString, string parent)
    {
        ZooKeeperClient client = await TestEnsemble.ConnectAsync(connectionString, 30000);
        await client.EnsurePathAsync(parent);
        var writer = new Writer(client, parent);
        writer._loop = Task.Run(writer.RunAsync);
        return writer;
    }

    /// <summary>Waits for this many more acknowledged writes, as long as they go on however slowly.</summary>
    public async Task WroteAsync(int more)
    {
        int goal = Count + more;
        for (int reached; (reached = Count) < goal;)
        {
            await CoordPS.Testing.Eventually.TrueAsync(
                () => Count > reached || (_loop.IsFaulted ? throw new InvalidOperationException("The writer failed.", _loop.Exception) : false),
                $"{more} more writes acknowledged, but {goal - reached}");
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loop;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _client.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        for (int i = 0; !_stop.IsCancellationRequested; i++)
        {
            string name = $"{i:d6}";
            while (!_stop.IsCancellationRequested)
            {
                try
                {
                    await _client.CreateAsync($"{_parent}/{name}", System.Text.Encoding.ASCII.GetBytes(name));
                    break;
                }
                catch (ZooKeeperException e) when (e.Error == ErrorCode.NodeExists)
                {
                    // The attempt before was carried out, and its answer lost.
                    break;
                }
                catch (ZooKeeperException e) when (e.Error is ErrorCode.ConnectionLoss or ErrorCode.OperationTimeout)
                {
                    await Task.Delay(5);
                }
            }

            if (_stop.IsCancellationRequested)
                return;
            lock (_acknowledged)
                _acknowledged.Add(name);
        }
    }
}
