using System.Globalization;

namespace CoordPS.Zab;

/// <summary>
/// A member as a line <c>server.N=host:port:port[:role][;[host:]clientPort]</c> names it; several addresses are
/// separated by <c>|</c>.
/// </summary>
public sealed record EnsembleMember
{
    private const string Form = "does not have the form host:port:port[:participant|:observer][|...][;[host:]port]";

    /// <summary>Creates a member with one address.</summary>
    public EnsembleMember(long id, EnsembleAddress address, LearnerType type = LearnerType.Participant, string? clientHost = null, int clientPort = 0)
        : this(id, [address], type, clientHost, clientPort)
    {
    }

    /// <summary>Creates a member.</summary>
    /// <param name="id">Its id, as in <c>myid</c>.</param>
    /// <param name="addresses">Where the other members reach it; at least one.</param>
    /// <param name="type">Whether it votes.</param>
    /// <param name="clientHost">The address clients connect to, or null for any.</param>
    /// <param name="clientPort">The port clients connect to; 0 for none given.</param>
    public EnsembleMember(long id, IReadOnlyList<EnsembleAddress> addresses, LearnerType type, string? clientHost, int clientPort)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentOutOfRangeException.ThrowIfZero(addresses.Count);
        Id = id;
        // The order in which a member is written must not depend on the order in which it was read.
        Addresses = [.. addresses.OrderBy(a => a.Host, StringComparer.Ordinal).ThenBy(a => a.QuorumPort)];
        Type = type;
        ClientHost = clientPort == 0 ? null : clientHost ?? "0.0.0.0";
        ClientPort = clientPort;
    }

    /// <summary>The id, as in <c>myid</c>.</summary>
    public long Id { get; }

    /// <summary>Where the other members reach it.</summary>
    public IReadOnlyList<EnsembleAddress> Addresses { get; }

    /// <summary>Whether it votes.</summary>
    public LearnerType Type { get; init; }

    /// <summary>The address clients connect to; null when no port is given.</summary>
    public string? ClientHost { get; }

    /// <summary>The port clients connect to; 0 when the line gives none.</summary>
    public int ClientPort { get; }

    /// <summary>Reads the value of a <c>server.N</c> line.</summary>
    /// <exception cref="FormatException">It has another form.</exception>
    public static EnsembleMember Parse(long id, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        string[] halves = value.Trim().Split(';');
        if (halves.Length > 2)
            throw new FormatException($"server.{id}={value} {Form}.");
        var addresses = new List<EnsembleAddress>();
        LearnerType? type = null;
        foreach (string part in halves[0].Split('|'))
        {
            List<string> fields = SplitHost(part.Trim());
            if (fields.Count is < 3 or > 4)
                throw new FormatException($"server.{id}={value} {Form}.");
            var address = new EnsembleAddress(fields[0], ParsePort(id, value, fields[1]), ParsePort(id, value, fields[2]));
            if (address.QuorumPort == address.ElectionPort)
                throw new FormatException($"server.{id}={value} uses port {address.QuorumPort} both for the quorum and for elections; give it two.");
            addresses.Add(address);
            if (fields.Count == 4)
            {
                LearnerType given = fields[3].Trim().ToUpperInvariant() switch
                {
                    "PARTICIPANT" => LearnerType.Participant,
                    "OBSERVER" => LearnerType.Observer,
                    _ => throw new FormatException($"server.{id}={value}: '{fields[3]}' is neither participant nor observer."),
                };
                if (type is not null && type != given)
                    throw new FormatException($"server.{id}={value} gives two roles.");
                type = given;
            }
        }

        string? clientHost = null;
        int clientPort = 0;
        if (halves.Length == 2)
        {
            List<string> fields = SplitHost(halves[1].Trim());
            if (fields.Count > 2)
                throw new FormatException($"server.{id}={value} {Form}.");
            clientHost = fields.Count == 2 ? fields[0] : null;
            clientPort = ParsePort(id, value, fields[^1]);
        }

        return new EnsembleMember(id, addresses, type ?? LearnerType.Participant, clientHost, clientPort);
    }

    /// <summary>The value of the member's <c>server.N</c> line, written as Apache writes it.</summary>
    public override string ToString()
    {
        string text = string.Join('|', Addresses) + (Type == LearnerType.Observer ? ":observer" : ":participant");
        return ClientPort == 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{text};{Bracket(ClientHost!)}:{ClientPort}");
    }

    /// <summary>Whether both are written the same.</summary>
    public bool Equals(EnsembleMember? other) => other is not null && Id == other.Id && ToString() == other.ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, ToString());

    /// <summary>Whether two different members claim one address and port.</summary>
    public bool SharesAddressWith(EnsembleMember other)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach (EnsembleAddress mine in Addresses)
        {
            foreach (EnsembleAddress theirs in other.Addresses)
            {
                if (string.Equals(mine.Host, theirs.Host, StringComparison.OrdinalIgnoreCase)
                    && (mine.QuorumPort == theirs.QuorumPort || mine.ElectionPort == theirs.ElectionPort
                        || mine.QuorumPort == theirs.ElectionPort || mine.ElectionPort == theirs.QuorumPort))
                    return true;
            }
        }

        return false;
    }

    /// <summary>A host as it is written before a colon and a port: an IPv6 address in brackets.</summary>
    public static string Bracket(string host) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;

    private static List<string> SplitHost(string text)
    {
        var fields = new List<string>();
        if (text.StartsWith('['))
        {
            int end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0)
                return [];
            fields.Add(text[1..end]);
            if (end + 1 == text.Length)
                return fields;
            if (text[end + 1] != ':')
                return [];
            fields.AddRange(text[(end + 2)..].Split(':'));
        }
        else
        {
            fields.AddRange(text.Split(':'));
        }

        return fields;
    }

    private static int ParsePort(long id, string value, string text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 65536
            ? port
            : throw new FormatException($"server.{id}={value}: '{text}' is not a port from 1 to 65535.");
}
