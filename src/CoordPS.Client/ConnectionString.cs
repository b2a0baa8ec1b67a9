using System.Globalization;
using CoordPS.Protocol;

namespace CoordPS.Client;

/// <summary>Servers and chroot: <c>host1:2181,[::1]:2182/chroot</c>.</summary>
internal sealed record ConnectionString(IReadOnlyList<ServerName> Servers, string Chroot)
{
    /// <summary>Reads a connection string.</summary>
    /// <exception cref="ArgumentException">It is none; the message says why.</exception>
    internal static ConnectionString Parse(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string chroot = slash < 0 ? "" : text[slash..].TrimEnd();
        if (chroot == ZPath.Root)
            chroot = "";
        if (chroot.Length > 0 && ZPath.Check(chroot) is { } reason)
            throw Bad(text, $"its chroot '{chroot}' is not a path: {reason}");

        List<ServerName> servers = [];
        foreach (string part in (slash < 0 ? text : text[..slash]).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            servers.Add(ParseServer(text, part));
        if (servers.Count == 0)
            throw Bad(text, "it names no server");
        return new ConnectionString(servers, chroot);
    }

    private static ServerName ParseServer(string text, string part)
    {
        string host = part;
        string? port = null;
        if (part[0] == '[')
        {
            int end = part.IndexOf(']', StringComparison.Ordinal);
            if (end < 0 || (end + 1 < part.Length && part[end + 1] != ':'))
                throw Bad(text, $"'{part}' is not an IPv6 address in brackets with a port");
            host = part[1..end];
            port = end + 1 < part.Length ? part[(end + 2)..] : null;
        }
        else if (part.AsSpan().Count(':') == 1)
        {
            int colon = part.IndexOf(':', StringComparison.Ordinal);
            host = part[..colon];
            port = part[(colon + 1)..];
        }

        // More than one colon and no brackets: an IPv6 address without a port.
        if (host.Length == 0)
            throw Bad(text, $"'{part}' has no host");
        int number = ZooKeeperClientOptions.DefaultPort;
        if (port is not null && (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number is < 1 or > 65535))
            throw Bad(text, $"the port of '{part}' is not a number from 1 to 65535");
        return new ServerName(host, number);
    }

    private static ArgumentException Bad(string text, string reason) => new(
        $"'{text}' is not a connection string: {reason}. Write host:port, more of them separated by commas, then the chroot if any, such as zk1:2181,zk2:2181/app.");
}
