using System.Globalization;
using System.Text;

namespace CoordPS.Server;

/// <summary>What a member of an ensemble does.</summary>
public enum LearnerType
{
    /// <summary>Votes.</summary>
    Participant,

    /// <summary>Follows without a vote.</summary>
    Observer,
}

/// <summary>One network address of a member.</summary>
/// <param name="Host">Host name or address; an IPv6 address without brackets.</param>
/// <param name="QuorumPort">Port on which followers reach the member when it leads.</param>
/// <param name="ElectionPort">Port for leader election.</param>
public sealed record QuorumAddress(string Host, int QuorumPort, int ElectionPort);

/// <summary>
/// A member of an ensemble, as a <c>server.N</c> line of a configuration names it:
/// <c>host:quorumPort:electionPort[:role][|host:...][;[clientAddress:]clientPort]</c>.
/// </summary>
public sealed class QuorumServer
{
    private const string Form =
        "must be host:quorumPort:electionPort[:participant|observer], several of them separated by |, "
        + "and optionally ;clientPort or ;clientAddress:clientPort";

    private QuorumServer(long id, IReadOnlyList<QuorumAddress> addresses, LearnerType type, string? clientHost, int clientPort)
    {
        Id = id;
        Addresses = addresses;
        Type = type;
        ClientHost = clientHost;
        ClientPort = clientPort;
    }

    /// <summary>The member's number: the N of <c>server.N</c>, and the content of its <c>myid</c> file.</summary>
    public long Id { get; }

    /// <summary>Where other members reach it; at least one.</summary>
    public IReadOnlyList<QuorumAddress> Addresses { get; }

    /// <summary>Whether it votes.</summary>
    public LearnerType Type { get; }

    /// <summary>The address it listens on for clients, or null when the line names no client port.</summary>
    public string? ClientHost { get; }

    /// <summary>The port it listens on for clients; 0 when the line names none.</summary>
    public int ClientPort { get; }

    /// <summary>Reads the value of a <c>server.N</c> line.</summary>
    /// <param name="id">The N.</param>
    /// <param name="text">The value.</param>
    /// <returns>The member.</returns>
    /// <exception cref="FormatException">The text has not that form.</exception>
    public static QuorumServer Parse(long id, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(';');
        if (parts.Length > 2)
        {
            throw new FormatException(Form);
        }

        var addresses = new List<QuorumAddress>();
        LearnerType? type = null;
        foreach (var address in parts[0].Split('|'))
        {
            var fields = SplitAddress(address.Trim());
            if (fields.Count is < 3 or > 4 || fields[0].Length == 0)
            {
                throw new FormatException(Form);
            }

            var parsed = new QuorumAddress(fields[0], Port(fields[1]), Port(fields[2]));
            if (parsed.QuorumPort == parsed.ElectionPort)
            {
                throw new FormatException("the quorum port and the election port must differ");
            }

            addresses.Add(parsed);
            if (fields.Count == 4)
            {
                var role = Role(fields[3]) ?? throw new FormatException($"unknown role '{fields[3]}': must be participant or observer");
                if (type is not null && type != role)
                {
                    throw new FormatException("all addresses of a member must name the same role");
                }

                type = role;
            }
        }

        string? clientHost = null;
        var clientPort = 0;
        if (parts.Length == 2)
        {
            var fields = SplitAddress(parts[1].Trim());
            if (fields.Count is 0 or > 2)
            {
                throw new FormatException(Form);
            }

            clientHost = fields.Count == 2 ? fields[0] : "0.0.0.0";
            clientPort = Port(fields[^1]);
        }

        return new QuorumServer(id, addresses, type ?? LearnerType.Participant, clientHost, clientPort);
    }

    /// <summary>The value of the <c>server.N</c> line in the form that ZooKeeper writes: the role always named, addresses in order of host.</summary>
    /// <returns>For instance <c>10.0.0.1:2888:3888:participant;0.0.0.0:2181</c>.</returns>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendJoin('|', Addresses.OrderBy(a => a.Host, StringComparer.Ordinal)
            .Select(a => string.Create(CultureInfo.InvariantCulture, $"{Delimited(a.Host)}:{a.QuorumPort}:{a.ElectionPort}")));
        text.Append(Type == LearnerType.Observer ? ":observer" : ":participant");
        if (ClientHost is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $";{Delimited(ClientHost)}:{ClientPort}");
        }

        return text.ToString();
    }

    internal static LearnerType? Role(string text) => text.Trim().ToUpperInvariant() switch
    {
        "PARTICIPANT" => LearnerType.Participant,
        "OBSERVER" => LearnerType.Observer,
        _ => null,
    };

    private static string Delimited(string host) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;

    private static int Port(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535
            ? port
            : throw new FormatException($"'{text}' is not a port: must be a number from 1 to 65535");

    private static List<string> SplitAddress(string text)
    {
        if (text is not ['[', ..])
        {
            return [.. text.Split(':')];
        }

        var close = text.IndexOf(']', StringComparison.Ordinal);
        if (close < 0 || (close + 1 < text.Length && text[close + 1] != ':'))
        {
            throw new FormatException("an IPv6 address must be written [address]:port");
        }

        List<string> fields = [text[1..close]];
        if (close + 1 < text.Length)
        {
            fields.AddRange(text[(close + 2)..].Split(':'));
        }

        return fields;
    }
}
