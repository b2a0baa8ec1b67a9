using CoordPS.Server.Admin;
using CoordPS.Server.Hosting;
using CoordPS.Storage;
using CoordPS.Zab;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Quorum;

/// <summary>
/// Makes durable what the consensus core asks for, in its order, on a thread of its own. Appends that are waiting share a sync. An
/// observer with <c>syncEnabled=false</c> does without its log; once it votes, it begins with a snapshot.
/// </summary>
internal sealed class MemberLog
{
    private readonly BatchQueue<(ZabWrite Write, bool Logs)> _queue = new();

    /// <summary>Transactions that were not logged and may not be in the tree yet; a snapshot may lack them.</summary>
    private readonly Queue<(long Zxid, byte[] Payload)> _unlogged = new();

    private readonly Database _database;
    private readonly DynamicConfigFiles _files;
    private readonly Snapshots _snapshots;
    private readonly ServerMetrics _metrics;
    private readonly FreezeGate? _gate;
    private readonly Action<long> _written;
    private readonly Action<Exception> _failed;
    private readonly TimeSpan _slowSync;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private volatile bool _abandoned;
    private bool _hasGap;

    public MemberLog(
        Database database, DynamicConfigFiles files, Snapshots snapshots, ServerMetrics metrics, FreezeGate? gate, TimeSpan slowSync, Action<long> written,
        Action<Exception> failed, ILogger logger)
    {
        _database = database;
        _files = files;
        _snapshots = snapshots;
        _metrics = metrics;
        _gate = gate;
        _slowSync = slowSync;
        _written = written;
        _failed = failed;
        _logger = logger;
        _thread = new Thread(Run) { Name = "CoordPS log", IsBackground = true };
    }

    public void Start() => _thread.Start();

    /// <summary>Has writes carried out.</summary>
    /// <param name="writes">In their order.</param>
    /// <param name="logs">Whether transactions are logged; false: they are only taken for it.</param>
    public void Enqueue(IReadOnlyList<ZabWrite> writes, bool logs)
    {
        var queued = new (ZabWrite, bool)[writes.Count];
        for (int i = 0; i < queued.Length; i++)
            queued[i] = (writes[i], logs);
        _queue.AddRange(queued);
    }

    /// <summary>Ends the thread, after what was asked for or, as in a crash, as soon as possible.</summary>
    public void Stop(bool abandon)
    {
        _abandoned = abandon;
        _queue.Close();
        if (_thread.IsAlive)
            _thread.Join();
    }

    private void Run()
    {
        try
        {
            List<(ZabWrite Write, bool Logs)> batch = [];
            while (_queue.Take(batch) is { } taken && !_abandoned)
            {
                batch = taken;
                _gate?.Pass();
                Write(batch);
                _written(batch[^1].Write.Sequence);
            }
        }
#pragma warning disable CA1031 // Whatever ends the loop ends the member, which says why.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _metrics.UnrecoverableErrorCount.Add();
            _logger.LogCritical(e, "Writing to disk failed; the member stops.");
            _queue.Close();
            _failed(e);
        }
    }

    private void Write(List<(ZabWrite Write, bool Logs)> batch)
    {
        int appended = 0;
        foreach ((ZabWrite write, bool logs) in batch)
        {
            if (write.Kind == ZabWriteKind.Append && !logs)
            {
                Commit(ref appended);
                Pass(write);
                continue;
            }

            if (write.Kind == ZabWriteKind.Append)
            {
                if (_hasGap)
                    CloseGap(ref appended);
                _database.Log.Append(write.Value, write.Payload);
                appended++;
                continue;
            }

            // What follows must not survive a crash that the appends before it don't survive.
            Commit(ref appended);
            switch (write.Kind)
            {
                case ZabWriteKind.Truncate:
                    _logger.LogInformation("Truncating the log after 0x{Zxid:x}, as the leader orders.", write.Value);
                    _database.TruncateLog(write.Value);
                    KeepUnlogged(zxid => zxid <= write.Value);
                    break;
                case ZabWriteKind.InstallSnapshot:
                    var snapshot = (ReceivedSnapshot)write.Snapshot!;
                    snapshot.Install();
                    snapshot.Dispose();
                    _database.TruncateLog(write.Value);
                    // It has all that was passed over; whatever comes goes on from it.
                    KeepUnlogged(static _ => false);
                    _hasGap = false;
                    break;
                case ZabWriteKind.AcceptedEpoch:
                    _database.Directory.WriteAcceptedEpoch(write.Value);
                    break;
                case ZabWriteKind.CurrentEpoch:
                    _database.Directory.WriteCurrentEpoch(write.Value);
                    break;
                case ZabWriteKind.Config:
                    _files.WriteActive(write.Config!);
                    break;
                case ZabWriteKind.NextConfig:
                    _files.WriteNext(write.Config!);
                    break;
                default:
                    throw new InvalidOperationException($"There is no way to write {write.Kind}.");
            }
        }

        Commit(ref appended);
    }

    private void Pass(in ZabWrite write)
    {
        _hasGap = true;
        long applied = _database.Tree.LastProcessedZxid;
        while (_unlogged.TryPeek(out (long Zxid, byte[] Payload) first) && first.Zxid <= applied)
            _unlogged.Dequeue();
        _unlogged.Enqueue((write.Value, write.Payload!));
    }

    private void KeepUnlogged(Func<long, bool> keep)
    {
        for (int i = _unlogged.Count; i > 0; i--)
        {
            (long Zxid, byte[] Payload) next = _unlogged.Dequeue();
            if (keep(next.Zxid))
                _unlogged.Enqueue(next);
        }
    }

    /// <summary>Writes a snapshot of what was passed over, for the log to go on from.</summary>
    private void CloseGap(ref int appended)
    {
        _database.Log.Roll();
        string file = _database.WriteSnapshot(out long zxid);
        _logger.LogInformation("This member logs from now on, beginning with snapshot {File}.", file);
        while (_unlogged.TryDequeue(out (long Zxid, byte[] Payload) next))
        {
            if (next.Zxid <= zxid)
                continue;
            _database.Log.Append(next.Zxid, next.Payload);
            appended++;
        }

        _hasGap = false;
    }

    private void Commit(ref int appended)
    {
        if (appended == 0)
            return;
        TxnLog log = _database.Log;
        log.Commit();
        _metrics.SyncProcessorBatchSize.Record(appended);
        _metrics.FsyncTime.Record((long)log.LastSyncDuration.TotalMilliseconds);
        if (log.LastSyncDuration > _slowSync)
            _metrics.FsyncThresholdExceedCount.Add();
        if (_snapshots.IsDue(log, appended))
        {
            log.Roll();
            _snapshots.Begin();
        }

        appended = 0;
    }
}
