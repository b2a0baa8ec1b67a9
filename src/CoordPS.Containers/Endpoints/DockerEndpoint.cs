namespace CoordPS.Containers;

/// <summary>Where an engine listens: a unix socket, a Windows named pipe, or TCP, there with TLS or without.</summary>
public sealed record DockerEndpoint
{
    internal const int TcpPort = 2375;
    internal const int TlsPort = 2376;
    private const string DefaultSocket = "/var/run/docker.sock";
    private const string DefaultPipe = "docker_engine";

    private DockerEndpoint(string scheme, string address, int port, DockerTls? tls)
    {
        Scheme = scheme;
        Address = address;
        Port = port;
        Tls = tls;
    }

    /// <summary>The endpoint of an engine on this machine as it is installed.</summary>
    public static DockerEndpoint Default { get; } =
        OperatingSystem.IsWindows() ? new("npipe", DefaultPipe, 0, null) : new("unix", DefaultSocket, 0, null);

    /// <summary><c>unix</c>, <c>npipe</c> or <c>tcp</c>.</summary>
    public string Scheme { get; }

    /// <summary>The path of the socket, the name of the pipe on this machine, or the host.</summary>
    public string Address { get; }

    /// <summary>The TCP port; 0 for others.</summary>
    public int Port { get; }

    /// <summary>How a TCP connection is secured; null for not at all.</summary>
    public DockerTls? Tls { get; }

    /// <summary>The docker context that it comes from; null when it was given otherwise.</summary>
    public string? Context { get; internal init; }

    /// <summary>Reads an address as the docker command does.</summary>
    /// <param name="host">
    /// <c>unix:///var/run/docker.sock</c>, <c>npipe:////./pipe/docker_engine</c>, <c>tcp://host:2376</c>; <c>host:port</c> alone is TCP.
    /// </param>
    /// <param name="tls">How a TCP connection is secured.</param>
    /// <exception cref="DockerConfigException">It is none of these.</exception>
    public static DockerEndpoint Parse(string host, DockerTls? tls = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        string text = host.Trim();
        int separator = text.IndexOf("://", StringComparison.Ordinal);
        string scheme = separator < 0 ? "tcp" : text[..separator].ToLowerInvariant();
        string rest = separator < 0 ? text : text[(separator + 3)..];
        switch (scheme)
        {
            case "unix":
                return new DockerEndpoint(scheme, rest.Length == 0 ? DefaultSocket : rest, 0, null);
            case "npipe":
                string name = rest.Replace('\\', '/');
                if (name.Length == 0)
                    return new DockerEndpoint(scheme, DefaultPipe, 0, null);
                const string OfThisMachine = "//./pipe/";
                if (name.StartsWith(OfThisMachine, StringComparison.OrdinalIgnoreCase) && name.Length > OfThisMachine.Length)
                    return new DockerEndpoint(scheme, name[OfThisMachine.Length..], 0, null);
                throw Bad("a pipe of this machine is written npipe:////./pipe/NAME");
            case "tcp":
                int defaultPort = tls is null ? TcpPort : TlsPort;
                if (rest.Length == 0)
                    return new DockerEndpoint(scheme, "localhost", defaultPort, tls);
                if (!Uri.TryCreate($"tcp://{rest}", UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0)
                    throw Bad("it is no host and port");
                if (uri.AbsolutePath is not ("" or "/") || uri.UserInfo.Length > 0 || uri.Query.Length > 0)
                    throw Bad("a TCP address has a host and a port only");
                return new DockerEndpoint(scheme, uri.Host, uri.Port > 0 ? uri.Port : defaultPort, tls);
            case "ssh":
                throw Bad("ssh is not supported", "Forward the socket, ssh -L /tmp/docker.sock:/var/run/docker.sock HOST, and use unix:///tmp/docker.sock.");
            default:
                throw Bad($"'{scheme}' is no way to an engine");
        }

        DockerConfigException Bad(string why, string? action = null) => new(
            $"'{host}' is not the address of an engine: {why}", action ?? "Write unix:///PATH, npipe:////./pipe/NAME or tcp://HOST:PORT.", host);
    }

    /// <inheritdoc/>
    public override string ToString() => Scheme switch
    {
        "unix" => $"unix://{Address}",
        "npipe" => $"npipe:////./pipe/{Address}",
        _ => $"tcp://{Address}:{Port}",
    };
}
