namespace CoordPS.Server.Admin;

/// <summary>
/// What a server counts about itself, under the names of Apache's metrics. The pipeline records; <c>mntr</c>, <c>monitor</c> and
/// <c>/metrics</c> show; <c>srst</c> resets. Times are in milliseconds, sizes in bytes.
/// </summary>
internal sealed class ServerMetrics
{
    private int _lastResponseSize = -1;
    private int _minResponseSize = -1;
    private int _maxResponseSize = -1;

    public Counter PacketsReceived { get; } = new();

    public Counter PacketsSent { get; } = new();

    /// <summary>From a request's arrival to its response, all operations.</summary>
    public (long Min, double Average, long Max) RequestLatency => Summary.Together(ReadLatency, UpdateLatency);

    public Summary ReadLatency { get; } = new(percentiles: true);

    public Summary UpdateLatency { get; } = new(percentiles: true);

    public Summary FsyncTime { get; } = new();

    public Summary SnapshotTime { get; } = new();

    /// <summary>From the first read of a file to a tree that can serve.</summary>
    public Summary DbInitTime { get; } = new();

    public Summary StartupSnapLoadTime { get; } = new();

    public Summary StartupTxnsLoaded { get; } = new();

    public Summary StartupTxnsLoadTime { get; } = new();

    /// <summary>Writes that shared an fsync.</summary>
    public Summary SyncProcessorBatchSize { get; } = new();

    /// <summary>Fsyncs that took longer than <see cref="ServerConfig.FsyncWarningThreshold"/>.</summary>
    public Counter FsyncThresholdExceedCount { get; } = new();

    /// <summary>Connect requests received.</summary>
    public Counter ConnectionRequestCount { get; } = new();

    /// <summary>Connections refused for a limit.</summary>
    public Counter ConnectionRejected { get; } = new();

    /// <summary>Connections that continued an earlier session.</summary>
    public Counter ConnectionRevalidateCount { get; } = new();

    /// <summary>Sessions that expired.</summary>
    public Counter StaleSessionsExpired { get; } = new();

    public Counter AuthFailedCount { get; } = new();

    /// <summary>Frames refused for their length.</summary>
    public Counter LargeRequestsRejected { get; } = new();

    /// <summary>Times that reading from clients paused because too many requests were waiting.</summary>
    public Counter RequestThrottleWaitCount { get; } = new();

    public Counter BytesReceivedCount { get; } = new();

    public Counter UnrecoverableErrorCount { get; } = new();

    /// <summary>Sizes of responses to clients; -1 when there was none.</summary>
    public (int Last, int Min, int Max) ClientResponseSize => (_lastResponseSize, _minResponseSize, _maxResponseSize);

    /// <summary>Notes the size of a response. A race between two connections may lose one of the extremes, as it may in Apache's server.</summary>
    public void RecordResponseSize(int bytes)
    {
        _lastResponseSize = bytes;
        if (_minResponseSize == -1 || bytes < _minResponseSize)
        {
            _minResponseSize = bytes;
        }

        if (bytes > _maxResponseSize)
        {
            _maxResponseSize = bytes;
        }
    }

    /// <summary>Sets everything back, as <c>srst</c> does.</summary>
    public void Reset()
    {
        foreach (var metric in All())
        {
            (metric.Source as Counter)?.Reset();
            (metric.Source as Summary)?.Reset();
        }

        PacketsReceived.Reset();
        PacketsSent.Reset();
        AuthFailedCount.Reset();
        FsyncThresholdExceedCount.Reset();
        _lastResponseSize = _minResponseSize = _maxResponseSize = -1;
    }

    /// <summary>The counters and summaries by Apache's names, with a line of help.</summary>
    public IEnumerable<(string Name, string Help, object Source)> All() =>
    [
        ("connection_request_count", "Connect requests received.", ConnectionRequestCount),
        ("connection_rejected", "Connections refused for a limit.", ConnectionRejected),
        ("connection_revalidate_count", "Connections that continued an earlier session.", ConnectionRevalidateCount),
        ("stale_sessions_expired", "Sessions that expired.", StaleSessionsExpired),
        ("large_requests_rejected", "Frames refused for their length.", LargeRequestsRejected),
        ("request_throttle_wait_count", "Times that reading paused because too many requests were waiting.", RequestThrottleWaitCount),
        ("bytes_received_count", "Bytes received from clients.", BytesReceivedCount),
        ("unrecoverable_error_count", "Errors that the server cannot recover from.", UnrecoverableErrorCount),
        ("fsynctime", "Milliseconds of an fsync of the transaction log.", FsyncTime),
        ("snapshottime", "Milliseconds to write a snapshot.", SnapshotTime),
        ("dbinittime", "Milliseconds to load the tree from disk.", DbInitTime),
        ("startup_snap_load_time", "Milliseconds to load the snapshot when starting.", StartupSnapLoadTime),
        ("startup_txns_loaded", "Transactions replayed when starting.", StartupTxnsLoaded),
        ("startup_txns_load_time", "Milliseconds to replay transactions when starting.", StartupTxnsLoadTime),
        ("sync_processor_batch_size", "Writes that shared an fsync.", SyncProcessorBatchSize),
        ("readlatency", "Milliseconds from a read's arrival to its response.", ReadLatency),
        ("updatelatency", "Milliseconds from a write's arrival to its response.", UpdateLatency),
    ];
}
