using CoordPS.Server.Admin;
using CoordPS.Storage;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server;

/// <summary>
/// The way of a write in a standalone server, three loops one behind the other: prepare, log, apply and answer. While one batch is
/// being synced to disk the next is prepared and the one before is answered; all that waits for the disk shares one sync.
/// </summary>
internal sealed class RequestPipeline : IRequestPipeline
{
    private readonly BatchQueue<Request> _submitted = new();
    private readonly BatchQueue<Request> _prepared = new();
    private readonly BatchQueue<Request> _logged = new();
    private readonly PrepRequestProcessor _prep;
    private readonly TxnLog _log;
    private readonly FinalRequestProcessor _final;
    private readonly Snapshots _snapshots;
    private readonly ServerMetrics _metrics;
    private readonly Action<Exception> _failed;
    private readonly ILogger _logger;
    private readonly Thread[] _threads;
    private readonly TimeSpan _slowSync;
    private int _inProcess;

    public RequestPipeline(
        PrepRequestProcessor prep, TxnLog log, FinalRequestProcessor final, Snapshots snapshots, ServerMetrics metrics, Action<Exception> failed,
        TimeSpan slowSync, ILogger logger)
    {
        _prep = prep;
        _log = log;
        _final = final;
        _snapshots = snapshots;
        _metrics = metrics;
        _failed = failed;
        _slowSync = slowSync;
        _logger = logger;
        _threads =
        [
            new Thread(() => Guard(PrepareLoop)) { Name = "CoordPS prepare", IsBackground = true },
            new Thread(() => Guard(LogLoop)) { Name = "CoordPS log", IsBackground = true },
            new Thread(() => Guard(ApplyLoop)) { Name = "CoordPS apply", IsBackground = true },
        ];
    }

    /// <summary>Requests submitted and not yet answered.</summary>
    public int InProcess => Volatile.Read(ref _inProcess);

    public bool IsDistributed => false;

    public void Start() => Array.ForEach(_threads, static t => t.Start());

    /// <summary>Takes requests in their order; false when the server is stopping.</summary>
    public bool Submit(List<Request> requests)
    {
        Interlocked.Add(ref _inProcess, requests.Count);
        if (_submitted.AddRange(requests))
            return true;
        Interlocked.Add(ref _inProcess, -requests.Count);
        return false;
    }

    /// <summary>Takes a request; false when the server is stopping.</summary>
    public bool Submit(Request request)
    {
        Interlocked.Increment(ref _inProcess);
        if (_submitted.Add(request))
            return true;
        Interlocked.Decrement(ref _inProcess);
        return false;
    }

    public void FlushLater(ServerConnection connection) => _final.FlushLater(connection);

    /// <summary>Finishes what was submitted and ends the loops.</summary>
    public void Stop()
    {
        _submitted.Close();
        foreach (Thread thread in _threads)
        {
            if (thread.IsAlive)
                thread.Join();
        }
    }

    private void PrepareLoop()
    {
        List<Request> batch = [];
        while (_submitted.Take(batch) is { } taken)
        {
            batch = taken;
            foreach (Request request in batch)
                _prep.Prepare(request);
            _prepared.AddRange(batch);
        }

        _prepared.Close();
    }

    private void LogLoop()
    {
        List<Request> batch = [];
        while (_prepared.Take(batch) is { } taken)
        {
            batch = taken;
            bool appended = false;
            foreach (Request request in batch)
            {
                if (request.Entry is null)
                    continue;
                _log.Append(request.Header.Zxid, request.Entry.AsSpan(0, request.EntryLength));
                request.ReleaseEntry();
                appended = true;
            }

            if (appended)
            {
                _log.Commit();
                _metrics.SyncProcessorBatchSize.Record(batch.Count);
                _metrics.FsyncTime.Record((long)_log.LastSyncDuration.TotalMilliseconds);
                if (_log.LastSyncDuration > _slowSync)
                    _metrics.FsyncThresholdExceedCount.Add();
                if (_snapshots.IsDue(_log, batch.Count))
                {
                    _log.Roll();
                    _snapshots.Begin();
                }
            }

            _logged.AddRange(batch);
        }

        _logged.Close();
    }

    private void ApplyLoop()
    {
        _final.UseThisThread();
        List<Request> batch = [];
        while (_logged.Take(batch) is { } taken)
        {
            batch = taken;
            _final.Process(batch);
            Interlocked.Add(ref _inProcess, -batch.Count);
        }
    }

    private void Guard(Action loop)
    {
        try
        {
            loop();
        }
#pragma warning disable CA1031 // Whatever ends a loop ends the server, which says why.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _metrics.UnrecoverableErrorCount.Add();
            _logger.LogCritical(e, "{Loop} failed; the server stops serving.", Thread.CurrentThread.Name);
            _submitted.Close();
            _prepared.Close();
            _logged.Close();
            _failed(e);
        }
    }
}
