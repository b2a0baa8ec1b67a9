using Microsoft.Extensions.Logging;

namespace CoordPS.Client.Recipes;

/// <summary>
/// A client's session and those that follow it when a server has let it expire, with the same options and credentials. A client that is
/// closed has no successor: its recipes end.
/// </summary>
internal sealed class SessionSuccession : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ZooKeeperClient _first;
    private Task<ZooKeeperClient> _current;
    private ZooKeeperClient? _successor;
    private bool _disposed;

    internal SessionSuccession(ZooKeeperClient first)
    {
        _first = first;
        _current = Task.FromResult(first);
    }

    /// <summary>The client to use now: the last one, unless its session has expired, else a new one as soon as a server gives it a session.</summary>
    /// <exception cref="SessionClosedException">The client was closed.</exception>
    /// <exception cref="AuthFailedException">The credentials were refused.</exception>
    internal async Task<ZooKeeperClient> CurrentAsync(CancellationToken ct)
    {
        Task<ZooKeeperClient> current;
        lock (_gate)
        {
            if (_disposed || (_first.State.IsFinal && _first.State != SessionState.Expired))
                throw new SessionClosedException(null);
            if (_current.IsFaulted || _current.IsCanceled || (_current.IsCompletedSuccessfully && _current.Result.State == SessionState.Expired))
                _current = SucceedAsync(_successor);
            current = _current;
        }

        return await current.WaitAsync(ct).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        Task<ZooKeeperClient> current;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            current = _current;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await current.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        if (_successor is not null)
            await _successor.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task<ZooKeeperClient> SucceedAsync(ZooKeeperClient? expired)
    {
        await Task.Yield();
        if (expired is not null)
            await expired.DisposeAsync().ConfigureAwait(false);
        ZooKeeperClientOptions options = _first.SuccessorOptions();
        var backoff = new Backoff(options.ReconnectBackoff, options.MaxReconnectBackoff);
        while (true)
        {
            try
            {
                ZooKeeperClient successor = await ZooKeeperClient.ConnectAsync(options, _stop.Token).ConfigureAwait(false);
                _successor = successor;
                options.Logger.LogInformation("Session 0x{Old:x} has expired; 0x{New:x} takes its place.", (expired ?? _first).SessionId, successor.SessionId);
                return successor;
            }
            catch (ZooKeeperConnectException e)
            {
                TimeSpan pause = backoff.Next();
                options.Logger.LogWarning("No new session yet; next try in {Pause:0} ms. {Reason}", pause.TotalMilliseconds, e.Message);
                await Task.Delay(pause, _stop.Token).ConfigureAwait(false);
            }
        }
    }
}
