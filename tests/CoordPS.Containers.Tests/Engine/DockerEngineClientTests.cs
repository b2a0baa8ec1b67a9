using System.Net;
using System.Net.Sockets;
using CoordPS.Testing;

namespace CoordPS.Containers.Tests;

/// <summary>Talks to the real engine that COORDPS_TEST_DOCKER_HOST names.</summary>
public class DockerEngineClientTests
{
    [PeerFact(Peer.Docker)]
    public async Task Agrees_with_the_engine_on_a_version()
    {
        using var engine = new DockerEngineClient(EndpointResolver.Resolve(Peers.DockerHost));
        EngineInfo info = await engine.ConnectAsync();
        Assert.True(info.ApiVersion >= ApiVersion.Minimum);
        Assert.True(await engine.GetApiVersionAsync() <= info.ApiVersion);
        Assert.Equal("linux", info.OperatingSystem);
    }

    [PeerFact(Peer.Docker)]
    public async Task What_is_not_there_is_named()
    {
        using var engine = new DockerEngineClient(EndpointResolver.Resolve(Peers.DockerHost));
        EngineRequest request = EngineRequest.Get("images/127.0.0.1:5000/absent:1/json", "inspect the image '127.0.0.1:5000/absent:1'", "127.0.0.1:5000/absent:1");
        DockerNotFoundException error = await Assert.ThrowsAsync<DockerNotFoundException>(() => engine.SendAsync(request, CancellationToken.None));
        Assert.Contains("127.0.0.1:5000/absent:1", error.Message, StringComparison.Ordinal);
        Assert.Equal("127.0.0.1:5000/absent:1", error.Subject);
    }

    [Fact]
    public async Task An_engine_that_does_not_run_is_said_to_be_unreachable()
    {
        using var directory = new TempDirectory();
        using var engine = new DockerEngineClient(DockerEndpoint.Parse($"unix://{directory.Combine("docker.sock")}"));
        EngineUnreachableException error = await Assert.ThrowsAsync<EngineUnreachableException>(() => engine.PingAsync());
        Assert.Equal(DockerError.EngineUnreachable, error.Error);
        Assert.Contains("there is no such socket", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_to_another_machine_asks_whether_it_is_still_there()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using Stream stream = await EngineTransport.ConnectTcpAsync(new DnsEndPoint("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port), CancellationToken.None);
        Socket socket = Assert.IsType<NetworkStream>(stream).Socket;
        Assert.NotEqual(0, (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!);
        Assert.InRange((int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)!, 1, 60);
    }
}
