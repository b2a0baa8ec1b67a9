using System.IO.Pipes;
using System.Net;
using System.Net.Sockets;

namespace CoordPS.Containers;

/// <summary>Connects to an endpoint.</summary>
internal static class EngineTransport
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    private const int KeepAliveSeconds = 15;
    private const int KeepAliveProbes = 4;

    /// <summary>The root that requests are sent to; its host only names the engine where there is no TCP.</summary>
    public static Uri RootOf(DockerEndpoint endpoint) => endpoint.Scheme == "tcp"
        ? new UriBuilder(endpoint.Tls is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps, endpoint.Address, endpoint.Port).Uri
        : new Uri("http://docker/");

    /// <summary>A handler whose connections all go to the endpoint.</summary>
    /// <exception cref="DockerConfigException">A certificate can't be read.</exception>
    public static SocketsHttpHandler CreateHandler(DockerEndpoint endpoint)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = ConnectTimeout,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
        };
        switch (endpoint.Scheme)
        {
            case "unix":
                handler.UseProxy = false;
                handler.ConnectCallback = (_, ct) => ConnectSocketAsync(endpoint.Address, ct);
                break;
            case "npipe":
                handler.UseProxy = false;
                handler.ConnectCallback = (_, ct) => ConnectPipeAsync(endpoint.Address, ct);
                break;
            default:
                // As the docker command: HTTP_PROXY and NO_PROXY count, but for this machine.
                handler.UseProxy = !RootOf(endpoint).IsLoopback;
                handler.ConnectCallback = async (context, ct) => new EngineStream(await ConnectTcpAsync(context.DnsEndPoint, ct).ConfigureAwait(false));
                if (endpoint.Tls is { } tls)
                    handler.SslOptions = tls.Load();
                break;
        }

        return handler;
    }

    private static async ValueTask<Stream> ConnectSocketAsync(string path, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct).ConfigureAwait(false);
            return new EngineStream(new NetworkStream(socket, ownsSocket: true));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A connection that breaks when the other machine is gone: events and logs that are followed may be silent for hours, and would never end. As often
    /// as the docker command.
    /// </summary>
    internal static async ValueTask<Stream> ConnectTcpAsync(DnsEndPoint address, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
            await socket.ConnectAsync(address, ct).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async ValueTask<Stream> ConnectPipeAsync(string name, CancellationToken ct)
    {
        var pipe = new NamedPipeClientStream(".", name, PipeDirection.InOut, PipeOptions.Asynchronous);
        try
        {
            await pipe.ConnectAsync(ConnectTimeout, ct).ConfigureAwait(false);
            return new EngineStream(pipe);
        }
        catch
        {
            await pipe.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
