using CoordPS.Server;

namespace CoordPS.Testing;

/// <summary>
/// Our own server inside the test process, configured by the same lines and properties as <see cref="ApacheZooKeeper"/>. Killing it is stopping
/// it here: what a crash does to it is shown with a process.
/// </summary>
public sealed class InProcessZooKeeper : ITestServer
{
    private readonly TestServerOptions _options;
    private readonly TempDirectory _directory = new();
    private ZooKeeperServer? _server;

    private InProcessZooKeeper(TestServerOptions options)
    {
        _options = options;
        Port = options.Port ?? FreePort.Next();
        DataDirectory = options.DataDirectory ?? _directory.Combine("data");
    }

    /// <inheritdoc/>
    public int Port { get; }

    /// <inheritdoc/>
    public string ConnectionString => $"127.0.0.1:{Port}";

    /// <inheritdoc/>
    public string DataDirectory { get; }

    /// <summary>Starts a server and waits until it serves.</summary>
    public static async Task<InProcessZooKeeper> StartNewAsync(TestServerOptions? options = null, CancellationToken ct = default)
    {
        var server = new InProcessZooKeeper(options ?? new TestServerOptions());
        try
        {
            await server.StartAsync(ct).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken ct = default)
    {
        if (_server is not null)
            throw new InvalidOperationException($"The server on port {Port} runs already.");
        List<string> lines =
        [
            $"tickTime={_options.TickTime}",
            $"dataDir={DataDirectory.Replace('\\', '/')}",
            $"clientPort={Port}",
            "clientPortAddress=127.0.0.1",
            "maxClientCnxns=0",
            "admin.enableServer=false",
            "4lw.commands.whitelist=*",
            "extendedTypesEnabled=true",
            $"DigestAuthenticationProvider.superDigest={TestServerOptions.SuperDigest}",
            .. _options.ConfigLines,
            .. _options.Properties.Select(property => $"{property.Key.Replace("zookeeper.", "", StringComparison.Ordinal)}={property.Value}"),
        ];
        _server = await ZooKeeperServer.StartAsync(ServerConfig.Parse(string.Join('\n', lines)), null, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken ct = default)
    {
        ZooKeeperServer? server = Interlocked.Exchange(ref _server, null);
        if (server is not null)
            await server.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task KillAsync(CancellationToken ct = default) => StopAsync(ct);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _directory.Dispose();
    }
}
