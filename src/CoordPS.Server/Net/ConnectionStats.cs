using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>What <c>cons</c> tells of a connection. Latencies are milliseconds.</summary>
internal sealed class ConnectionStats
{
    private long _received;
    private long _sent;
    private long _answered;
    private long _totalLatency;
    private long _lastResponse;
    private long _minLatency = long.MaxValue;

    public long Received => Volatile.Read(ref _received);

    public long Sent => Volatile.Read(ref _sent);

    public OpCode? LastOperation { get; private set; }

    public int LastXid { get; private set; }

    public long LastZxid { get; private set; }

    /// <summary>When the last reply was written, by <see cref="Environment.TickCount64"/>; 0 before the first.</summary>
    public long LastResponse => _lastResponse;

    public long LastLatency { get; private set; }

    public long MinLatency => _minLatency == long.MaxValue ? 0 : _minLatency;

    public long MaxLatency { get; private set; }

    public long AverageLatency => Volatile.Read(ref _answered) is > 0 and var n ? Volatile.Read(ref _totalLatency) / n : 0;

    public void CountReceived() => Interlocked.Increment(ref _received);

    public void CountSent() => Interlocked.Increment(ref _sent);

    public void Answered(int xid, OpCode operation, long zxid, long latency)
    {
        // A session's answers come one after another, so plain fields do.
        LastOperation = operation;
        LastXid = xid;
        LastZxid = zxid;
        _lastResponse = Environment.TickCount64;
        LastLatency = latency;
        if (latency < _minLatency)
            _minLatency = latency;
        if (latency > MaxLatency)
            MaxLatency = latency;
        _totalLatency += latency;
        _answered++;
        Interlocked.Increment(ref _sent);
    }

    public void Reset()
    {
        (_received, _sent, _answered, _totalLatency) = (0, 0, 0, 0);
        (LastLatency, _minLatency, MaxLatency) = (0, long.MaxValue, 0);
        LastOperation = null;
        LastXid = 0;
        LastZxid = 0;
        _lastResponse = 0;
    }
}
