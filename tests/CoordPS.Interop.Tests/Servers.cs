using CoordPS.Client;
using CoordPS.Testing;

namespace CoordPS.Interop.Tests;

/// <summary>Who made a server.</summary>
public enum Make
{
    /// <summary>This project.</summary>
    CoordPS,

    /// <summary>The Apache Software Foundation.</summary>
    Apache,
}

/// <summary>Servers and clients as these tests use them.</summary>
internal static class Servers
{
    /// <summary>Starts a server of a make.</summary>
    public static async Task<ITestServer> StartAsync(Make make, TestServerOptions options) =>
        make == Make.Apache ? await ApacheZooKeeper.StartNewAsync(options) : await CoordPSProcess.StartNewAsync(options);

    /// <summary>The other make.</summary>
    public static Make Other(Make make) => make == Make.Apache ? Make.CoordPS : Make.Apache;

    /// <summary>Connects the super user.</summary>
    public static Task<ZooKeeperClient> ConnectAsync(ITestServer server, params Credential[] credentials) => ConnectAsync(server.Port, credentials);

    /// <summary>Connects the super user.</summary>
    public static Task<ZooKeeperClient> ConnectAsync(int port, params Credential[] credentials) => ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
    {
        ConnectionString = $"127.0.0.1:{port}",
        SessionTimeout = TimeSpan.FromSeconds(60),
        ConnectRetryTime = TimeSpan.FromSeconds(30),
        ReconnectBackoff = TimeSpan.FromMilliseconds(50),
        MaxRequestLength = 2 << 20,
        Credentials = [Credential.Digest("super", "test"), .. credentials],
    });
}
