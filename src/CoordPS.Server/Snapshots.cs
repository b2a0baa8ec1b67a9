using CoordPS.Server.Admin;
using CoordPS.Storage;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server;

/// <summary>Decides when a snapshot is due, takes it beside the writes, and purges old files.</summary>
internal sealed class Snapshots(Database database, ServerConfig config, ServerMetrics metrics, ILogger logger) : IAsyncDisposable
{
    private readonly Random _random = new();
    private Task _current = Task.CompletedTask;
    private long _transactions;
    private long _limit;
    private long _sizeLimit;

    /// <summary>
    /// Counts transactions logged and says whether a snapshot is due. As in Apache, the limits are drawn anew each time between half
    /// and the whole of what is configured, so that the members of an ensemble don't all write theirs at once.
    /// </summary>
    public bool IsDue(TxnLog log, int transactions)
    {
        if (_limit == 0)
            DrawLimits();
        _transactions += transactions;
        if (_transactions < _limit && (_sizeLimit <= 0 || log.CurrentFileSize < _sizeLimit))
            return false;
        _transactions = 0;
        DrawLimits();
        return true;
    }

    /// <summary>Starts a snapshot beside the writes, unless one is still being written.</summary>
    public void Begin()
    {
        if (!_current.IsCompleted)
        {
            logger.LogWarning("A snapshot is due while the last one is still being written; the disk is too slow for snapCount {SnapCount}.", config.SnapCount);
            return;
        }

        _current = Task.Run(Take);
    }

    /// <summary>Purges old snapshots and logs at the configured interval, until cancelled.</summary>
    public async Task PurgeRegularlyAsync(CancellationToken cancellationToken)
    {
        if (config.AutopurgePurgeInterval <= 0)
            return;
        using var timer = new PeriodicTimer(TimeSpan.FromHours(config.AutopurgePurgeInterval));
        try
        {
            do
            {
                IReadOnlyList<StorageFile> deleted = database.Directory.Purge(config.AutopurgeSnapRetainCount);
                if (deleted.Count > 0)
                    logger.LogInformation("Purged {Files}.", string.Join(", ", deleted.Select(static f => f.Name)));
            }
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    public async ValueTask DisposeAsync() => await _current.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private void DrawLimits()
    {
        long half = Math.Max(1, config.SnapCount / 2);
        _limit = half + _random.NextInt64(half);
        long halfSize = config.SnapSizeLimitInKb * 1024 / 2;
        _sizeLimit = halfSize > 0 ? halfSize + _random.NextInt64(halfSize) : 0;
    }

    private void Take()
    {
        try
        {
            long start = Environment.TickCount64;
            string file = database.WriteSnapshot();
            metrics.SnapshotTime.Record(Environment.TickCount64 - start);
            logger.LogInformation("Snapshot {File} written in {Time} ms.", file, Environment.TickCount64 - start);
        }
        catch (Exception e) when (e is StorageException or IOException)
        {
            // The log has everything; the next snapshot may succeed.
            logger.LogError(e, "A snapshot could not be written.");
        }
    }
}
