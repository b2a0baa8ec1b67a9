using System.Net;

namespace CoordPS.Client.Admin;

/// <summary>How long to wait for members and how much to take from them.</summary>
public sealed record AdminOptions
{
    /// <summary>The longest that one command may take, from resolving the name to the last byte of the answer. Default 3 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The longest answer accepted, in bytes. Default 64 MiB: <c>wchp</c> and <c>dump</c> of a large ensemble are long.</summary>
    public int MaxLength { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// The port of the members' AdminServer, asked for what no four-letter word may tell; null, the default, leaves it alone.
    /// </summary>
    public int? AdminPort { get; init; }

    /// <summary>Turns a host name into addresses; the system's resolver unless a test has its own.</summary>
    internal Func<string, CancellationToken, Task<IPAddress[]>> Resolver { get; init; } = Dns.GetHostAddressesAsync;
}
