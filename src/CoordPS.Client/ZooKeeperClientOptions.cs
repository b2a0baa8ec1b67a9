using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CoordPS.Client;

/// <summary>How a client connects and what it puts up with. Read once by <see cref="ZooKeeperClient.ConnectAsync(ZooKeeperClientOptions, CancellationToken)"/>.</summary>
public sealed class ZooKeeperClientOptions
{
    /// <summary>The port when the connection string names none.</summary>
    public const int DefaultPort = 2181;

    /// <summary>
    /// Servers and chroot: <c>host1:2181,host2:2181,[::1]:2181/chroot</c>. The port defaults to 2181; a host name that resolves to several
    /// addresses stands for them all. With a chroot every path given to the client is below it, and every path it returns is relative to it.
    /// </summary>
    public string ConnectionString { get; set; } = "127.0.0.1:2181";

    /// <summary>The session timeout asked for; the server may change it (<see cref="ZooKeeperClient.NegotiatedTimeout"/>). Default 30 seconds.</summary>
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The longest one attempt at one address may take, TCP connect and session handshake together. Null, the default: the session
    /// timeout shared among the servers, at least 1 and at most 10 seconds.
    /// </summary>
    public TimeSpan? ConnectTimeout { get; set; }

    /// <summary>
    /// How long <see cref="ZooKeeperClient.ConnectAsync(ZooKeeperClientOptions, CancellationToken)"/> goes on trying when no server accepts it. Zero, the default: every address is tried once.
    /// </summary>
    public TimeSpan ConnectRetryTime { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// Whether a server that has lost its quorum and serves reads only will do (<c>readonlymode.enabled</c> on the server). The client
    /// then goes on looking for one that serves writes. Default false.
    /// </summary>
    public bool CanBeReadOnly { get; set; }

    /// <summary>Credentials sent on every connection, before anything else. <see cref="ZooKeeperClient.AddAuthAsync"/> adds more.</summary>
    public IList<Credential> Credentials { get; set; } = [];

    /// <summary>The session to resume, with its <see cref="SessionPassword"/>; 0, the default, opens a new one.</summary>
    public long SessionId { get; set; }

    /// <summary>The password of the session to resume; 16 bytes.</summary>
    public byte[]? SessionPassword { get; set; }

    /// <summary>Whether servers are tried in random order, so that clients spread over them; else in the order given. Default true.</summary>
    public bool RandomizeServers { get; set; } = true;

    /// <summary>
    /// The longest reply accepted, in bytes. A longer one fails its request with <see cref="ReplyTooLargeException"/> and nothing else.
    /// Default 4 MiB: servers limit requests (<c>jute.maxbuffer</c>) but not the replies that list many children.
    /// </summary>
    public int MaxFrameLength { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// The longest request sent, in bytes; a longer one fails with <see cref="RequestTooLargeException"/> instead of making the server drop
    /// the connection. Default 1048575, as <c>jute.maxbuffer</c> on servers; raise both together.
    /// </summary>
    public int MaxRequestLength { get; set; } = 0xfffff;

    /// <summary>The most requests awaiting an answer from the server; more wait in the client, in order. Default 1000.</summary>
    public int MaxInFlight { get; set; } = 1000;

    /// <summary>The first pause after all servers were tried in vain; it doubles up to <see cref="MaxReconnectBackoff"/>, with jitter. Default 100 ms.</summary>
    public TimeSpan ReconnectBackoff { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause between two rounds of reconnect attempts. Default 5 seconds.</summary>
    public TimeSpan MaxReconnectBackoff { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest a request may wait for its answer, counted from the call. After it the call fails with
    /// <see cref="RequestTimeoutException"/> and the answer is dropped. Null, the default: as long as the session lives.
    /// </summary>
    public TimeSpan? RequestTimeout { get; set; }

    /// <summary>The longest <see cref="ZooKeeperClient.DisposeAsync"/> waits for requests under way and for the server to confirm. Default 5 seconds.</summary>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Receives connects, losses and errors. Default: none.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    /// <summary>Turns a host name into addresses; the system's resolver unless a test has its own.</summary>
    internal Func<string, CancellationToken, Task<IPAddress[]>> Resolver { get; set; } = Dns.GetHostAddressesAsync;

    internal ZooKeeperClientOptions Snapshot()
    {
        ArgumentNullException.ThrowIfNull(ConnectionString);
        ArgumentNullException.ThrowIfNull(Credentials);
        ArgumentNullException.ThrowIfNull(Logger);
        RequirePositive(SessionTimeout, nameof(SessionTimeout));
        if (ConnectTimeout is { } connectTimeout)
            RequirePositive(connectTimeout, nameof(ConnectTimeout));
        if (RequestTimeout is { } requestTimeout)
            RequirePositive(requestTimeout, nameof(RequestTimeout));
        RequirePositive(ReconnectBackoff, nameof(ReconnectBackoff));
        RequirePositive(MaxReconnectBackoff, nameof(MaxReconnectBackoff));
        ArgumentOutOfRangeException.ThrowIfLessThan(ConnectRetryTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(CloseTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxInFlight, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFrameLength, 1024);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRequestLength, 1024);
        if (SessionId != 0 && SessionPassword is null)
            throw new ArgumentException($"{nameof(SessionId)} is set without {nameof(SessionPassword)}: a session is resumed with its password.");
        var copy = (ZooKeeperClientOptions)MemberwiseClone();
        copy.Credentials = [.. Credentials];
        return copy;
    }

    private static void RequirePositive(TimeSpan value, string name)
    {
        if (value <= TimeSpan.Zero || value.TotalMilliseconds > int.MaxValue)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be more than zero and at most {int.MaxValue} ms.");
    }
}
