using System.Net;

namespace CoordPS.Server.Admin;

/// <summary>A client's connection as <c>cons</c> shows it. Latencies are in milliseconds.</summary>
internal sealed record ConnectionInfo
{
    public required EndPoint Remote { get; init; }

    /// <summary>1: reads; 4: writes; 5: both; 0: neither, because of back-pressure.</summary>
    public int InterestOps { get; init; } = 1;

    /// <summary>Requests received and not yet answered.</summary>
    public int Outstanding { get; init; }

    public long PacketsReceived { get; init; }

    public long PacketsSent { get; init; }

    /// <summary>0 until a session has been negotiated.</summary>
    public long SessionId { get; init; }

    /// <summary>The four letters that Apache gives an operation, for instance EXIS, GETD, PING, CREA.</summary>
    public string LastOperation { get; init; } = "NA";

    public DateTimeOffset Established { get; init; }

    /// <summary>Negotiated timeout in milliseconds.</summary>
    public int SessionTimeout { get; init; }

    /// <summary>The xid of the last request; negative ones are those of pings and the like.</summary>
    public long LastCxid { get; init; } = -1;

    public long LastZxid { get; init; } = -1;

    /// <summary>Monotonic time of the last response in milliseconds; 0 when there was none.</summary>
    public long LastResponseTime { get; init; }

    public long LastLatency { get; init; }

    public long MinLatency { get; init; }

    public long AverageLatency { get; init; }

    public long MaxLatency { get; init; }
}
