using System.Globalization;

namespace CoordPS.Client.Admin;

/// <summary>A member as an ensemble's configuration has it.</summary>
/// <param name="Id">The N of its <c>server.N</c>.</param>
/// <param name="Host">Its (first) host for the other members.</param>
/// <param name="QuorumPort">The port on which it leads.</param>
/// <param name="ElectionPort">The port of its elections.</param>
/// <param name="IsObserver">Whether it is without a vote.</param>
/// <param name="Client">Its address for clients; null when the configuration does not have it.</param>
public sealed record MembershipEntry(int Id, string Host, int QuorumPort, int ElectionPort, bool IsObserver, ServerName? Client);

/// <summary>An ensemble's configuration: what <c>/zookeeper/config</c> holds, and <c>conf</c> prints under <c>membership</c>.</summary>
/// <remarks>Specified by the guide "ZooKeeper Dynamic Reconfiguration".</remarks>
public sealed class EnsembleMembership
{
    private static readonly string[] Wildcards = ["", "0.0.0.0", "::", "0:0:0:0:0:0:0:0"];

    private EnsembleMembership(IReadOnlyList<MembershipEntry> members, long? version) => (Members, Version) = (members, version);

    /// <summary>The members, by id.</summary>
    public IReadOnlyList<MembershipEntry> Members { get; }

    /// <summary>The zxid of the reconfiguration that made it, 0 if there was none; null when it is not told.</summary>
    public long? Version { get; }

    /// <summary>Reads <c>server.N</c> and <c>version</c> lines, and leaves out the others.</summary>
    /// <returns>Null when there is no member in the text.</returns>
    public static EnsembleMembership? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<MembershipEntry> members = [];
        long? version = null;
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                continue;
            string name = line[..equals].Trim(), value = line[(equals + 1)..].Trim();
            if (name == "version" && long.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long zxid))
                version = zxid;
            else if (name.StartsWith("server.", StringComparison.Ordinal) && int.TryParse(name.AsSpan(7), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && ParseMember(id, value) is { } member)
                members.Add(member);
        }

        return members.Count == 0 ? null : new EnsembleMembership([.. members.OrderBy(member => member.Id)], version);
    }

    // host:port:port[:role][|host:port:port...][;[host:]port], where a host may be an IPv6 address in brackets.
    private static MembershipEntry? ParseMember(int id, string value)
    {
        string[] halves = value.Split(';', 2);
        string first = halves[0].Split('|')[0];
        bool observer = halves[0].EndsWith(":observer", StringComparison.OrdinalIgnoreCase);
        int hostEnd = first.StartsWith('[') ? first.IndexOf(']', StringComparison.Ordinal) + 1 : first.IndexOf(':', StringComparison.Ordinal);
        if (hostEnd <= 0)
            return null;
        string host = first[..hostEnd].Trim('[', ']');
        string[] ports = first[hostEnd..].Split(':', StringSplitOptions.RemoveEmptyEntries);
        if (ports.Length < 2 || !IsPort(ports[0], out int quorum) || !IsPort(ports[1], out int election))
            return null;
        return new MembershipEntry(id, host, quorum, election, observer, halves.Length == 2 ? ParseClient(halves[1], host) : null);
    }

    private static ServerName? ParseClient(string text, string memberHost)
    {
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? "" : text[..colon].Trim('[', ']');
        if (!IsPort(text[(colon + 1)..], out int port) || port == 0)
            return null;
        return new ServerName(Wildcards.Contains(host) ? memberHost : host, port);
    }

    private static bool IsPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 0 and <= 65535;
}
