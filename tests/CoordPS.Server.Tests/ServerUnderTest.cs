using CoordPS.Client;
using CoordPS.Testing;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Tests;

/// <summary>A server in this process with its data in a temporary place, and ways to reach it.</summary>
internal sealed class ServerUnderTest : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly List<IAsyncDisposable> _clients = [];
    private readonly List<RawConnection> _connections = [];
    private readonly ILoggerFactory? _loggers;

    private ServerUnderTest(Func<ServerConfig, ServerConfig>? configure, ILoggerFactory? loggers)
    {
        _loggers = loggers;
        Config = new ServerConfig
        {
            DataDir = _directory.Combine("data"),
            ClientPort = FreePort.Next(),
            ClientPortAddress = "127.0.0.1",
            MaxClientCnxns = 0,
            TickTime = 100,
            MinSessionTimeout = 400,
            MaxSessionTimeout = 60_000,
            ExtendedTypesEnabled = true,
            SuperDigest = TestServerOptions.SuperDigest,
            ContainerCheckInterval = 50,
            PreAllocSize = 64,
            FourLetterWordWhitelist = "*",
        };
        Config = configure?.Invoke(Config) ?? Config;
    }

    public ServerConfig Config { get; set; }

    public ZooKeeperServer Server { get; private set; } = null!;

    public int Port => Config.ClientPort;

    /// <summary>Where the logs and snapshots are.</summary>
    public string Files => Path.Combine(Config.DataDir, "version-2");

    public static async Task<ServerUnderTest> StartAsync(Func<ServerConfig, ServerConfig>? configure = null, ILoggerFactory? loggers = null)
    {
        var server = new ServerUnderTest(configure, loggers);
        await server.StartAsync();
        return server;
    }

    public async Task StartAsync() => Server = await ZooKeeperServer.StartAsync(Config, _loggers);

    public async Task RestartAsync()
    {
        await Server.StopAsync();
        await StartAsync();
    }

    /// <summary>Connects a client, which goes with the server.</summary>
    public async Task<ZooKeeperClient> ConnectAsync(Action<ZooKeeperClientOptions>? configure = null)
    {
        var options = new ZooKeeperClientOptions { ConnectionString = $"127.0.0.1:{Port}", ReconnectBackoff = TimeSpan.FromMilliseconds(20) };
        configure?.Invoke(options);
        ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(options);
        _clients.Add(client);
        return client;
    }

    /// <summary>Connects a client with credentials.</summary>
    public Task<ZooKeeperClient> ConnectAsAsync(string user, string password) => ConnectAsync(o => o.Credentials = [Credential.Digest(user, password)]);

    /// <summary>Connects a client that may do everything.</summary>
    public Task<ZooKeeperClient> ConnectSuperAsync() => ConnectAsAsync("super", "test");

    /// <summary>Opens a session frame by frame.</summary>
    public async Task<RawConnection> ConnectRawAsync(int timeoutMilliseconds = 30_000)
    {
        RawConnection connection = await RawConnection.ConnectAsync(Port, timeoutMilliseconds);
        _connections.Add(connection);
        return connection;
    }

    /// <summary>Opens a socket and nothing more.</summary>
    public async Task<RawConnection> OpenRawAsync()
    {
        RawConnection connection = await RawConnection.OpenAsync(Port);
        _connections.Add(connection);
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RawConnection connection in _connections)
            connection.Dispose();
        foreach (IAsyncDisposable client in _clients)
            await client.DisposeAsync();
        if (Server is not null)
            await Server.DisposeAsync();
        _directory.Dispose();
    }
}

/// <summary>A server that the tests of a class share.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    internal ServerUnderTest Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await ServerUnderTest.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}

/// <summary>Tests that measure the whole process, or that would starve others of it: they run one after another.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "Alone";
}
