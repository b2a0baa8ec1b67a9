namespace CoordPS.Server;

/// <summary>Counters of a server since its start or the last reset. Latencies are microseconds, from receipt to reply.</summary>
internal sealed class ServerStats
{
    private long _received;
    private long _sent;
    private long _answered;
    private long _totalLatency;
    private long _minLatency = long.MaxValue;
    private long _maxLatency;
    private long _rejectedConnections;

    public DateTimeOffset Started { get; } = DateTimeOffset.UtcNow;

    public long PacketsReceived => Volatile.Read(ref _received);

    public long PacketsSent => Volatile.Read(ref _sent);

    public long RejectedConnections => Volatile.Read(ref _rejectedConnections);

    public long MinLatency => Volatile.Read(ref _minLatency) is var min && min == long.MaxValue ? 0 : min;

    public long MaxLatency => Volatile.Read(ref _maxLatency);

    public double AverageLatency => Volatile.Read(ref _answered) is > 0 and var n ? (double)Volatile.Read(ref _totalLatency) / n : 0;

    public void CountReceived() => Interlocked.Increment(ref _received);

    public void CountSent() => Interlocked.Increment(ref _sent);

    public void CountRejectedConnection() => Interlocked.Increment(ref _rejectedConnections);

    public void Answered(long latency)
    {
        Interlocked.Increment(ref _sent);
        Interlocked.Increment(ref _answered);
        Interlocked.Add(ref _totalLatency, latency);
        long seen;
        while (latency < (seen = Volatile.Read(ref _minLatency)) && Interlocked.CompareExchange(ref _minLatency, latency, seen) != seen)
        {
        }

        while (latency > (seen = Volatile.Read(ref _maxLatency)) && Interlocked.CompareExchange(ref _maxLatency, latency, seen) != seen)
        {
        }
    }

    public void Reset()
    {
        Volatile.Write(ref _received, 0);
        Volatile.Write(ref _sent, 0);
        Volatile.Write(ref _answered, 0);
        Volatile.Write(ref _totalLatency, 0);
        Volatile.Write(ref _minLatency, long.MaxValue);
        Volatile.Write(ref _maxLatency, 0);
    }
}
