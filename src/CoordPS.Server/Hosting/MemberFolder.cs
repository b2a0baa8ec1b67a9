using System.Net;

namespace CoordPS.Server.Hosting;

/// <summary>A member's folder: its number, its data and its <c>zoo.cfg</c>.</summary>
internal sealed class MemberFolder
{
    /// <param name="id">The member's number.</param>
    /// <param name="path">The folder.</param>
    /// <param name="config">Its configuration as it was when it was last read.</param>
    public MemberFolder(long id, string path, ServerConfig config)
    {
        Id = id;
        Path = path;
        Config = config;
        ConfigPath = config.ConfigFile;
    }

    public long Id { get; }

    public string Path { get; }

    /// <summary>Null for a standalone server in this process, which needs none.</summary>
    public string? ConfigPath { get; }

    public ServerConfig Config { get; }

    /// <summary>Where clients of this machine reach it.</summary>
    public IPEndPoint ClientEndPoint => new(Reachable(Config.ClientPortAddress), Config.ClientPort);

    /// <summary>Its ports, with what they are for.</summary>
    public IEnumerable<(string Purpose, string? Host, int Port)> Ports
    {
        get
        {
            if (Config.ClientPort != 0)
                yield return (EnsembleFolder.ClientPort, Config.ClientPortAddress, Config.ClientPort);
            if (Self is not { } self)
                yield break;
            yield return (EnsembleFolder.QuorumPort, self.Addresses[0].Host, self.Addresses[0].QuorumPort);
            yield return (EnsembleFolder.ElectionPort, self.Addresses[0].Host, self.Addresses[0].ElectionPort);
        }
    }

    private QuorumServer? Self => Config.IsDistributed ? Config.Servers.GetValueOrDefault(Id) : null;

    /// <summary>Reads the <c>zoo.cfg</c> again: members change it when the ensemble's configuration changes.</summary>
    /// <exception cref="ConfigException">It can't be read.</exception>
    public MemberFolder Reload() => ConfigPath is null ? this : new MemberFolder(Id, Path, ServerConfig.Load(ConfigPath));

    public IPEndPoint? EndPoint(Func<QuorumAddress, int> port) =>
        Self is { } self ? new IPEndPoint(Reachable(self.Addresses[0].Host), port(self.Addresses[0])) : null;

    /// <summary>An address to connect to where a server listens on this one.</summary>
    internal static IPAddress Reachable(string? host)
    {
        if (host is null)
            return IPAddress.Loopback;
        IPAddress address = IPAddress.TryParse(host, out IPAddress? parsed) ? parsed : Dns.GetHostAddresses(host)[0];
        return address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;
    }
}
