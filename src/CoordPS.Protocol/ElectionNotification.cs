using System.Buffers.Binary;
using System.Text;

namespace CoordPS.Protocol;

/// <summary>
/// A vote on its way to another member: the body of a message between election ports, without the frame's length.
/// Written in version 2 of the format, with the sender's configuration; read in all versions since 3.4.
/// </summary>
/// <param name="State">What the sender is doing.</param>
/// <param name="Leader">The member the sender votes for, or follows.</param>
/// <param name="Zxid">That member's last zxid.</param>
/// <param name="ElectionEpoch">The round of election, which is no epoch of Zab.</param>
/// <param name="PeerEpoch">The voted member's current epoch.</param>
/// <param name="Config">The sender's configuration as text, or null in versions before 2.</param>
/// <param name="Version">Of the format: 0 (3.4.0 to 3.4.5), 1 (3.4.6 on) or 2 (3.5 on).</param>
public readonly record struct ElectionNotification(
    ServerState State, long Leader, long Zxid, long ElectionEpoch, long PeerEpoch, string? Config = null, int Version = ElectionNotification.CurrentVersion)
{
    /// <summary>The version written.</summary>
    public const int CurrentVersion = 2;

    private const int SizeWithoutPeerEpoch = 28;
    private const int SizeWithPeerEpoch = 36;
    private const int SizeWithVersion = 40;
    private const int HeaderSize = 44;

    /// <summary>Reads a notification.</summary>
    /// <param name="message">The body, without its length.</param>
    /// <exception cref="JuteException">It is too short, its configuration does not fit, or the state is unknown.</exception>
    public static ElectionNotification Parse(ReadOnlySpan<byte> message)
    {
        if (message.Length < SizeWithoutPeerEpoch)
            throw new JuteException($"An election notification takes at least {SizeWithoutPeerEpoch} bytes; {message.Length} came.");
        int state = BinaryPrimitives.ReadInt32BigEndian(message);
        if (state is < (int)ServerState.Looking or > (int)ServerState.Observing)
            throw new JuteException($"State {state} in an election notification is not one of 0 to 3.");
        long leader = BinaryPrimitives.ReadInt64BigEndian(message[4..]);
        long zxid = BinaryPrimitives.ReadInt64BigEndian(message[12..]);
        long round = BinaryPrimitives.ReadInt64BigEndian(message[20..]);
        // The first format lacks the peer's epoch; the zxid's is the best guess.
        long peerEpoch = message.Length >= SizeWithPeerEpoch ? BinaryPrimitives.ReadInt64BigEndian(message[28..]) : (long)((ulong)zxid >> 32);
        int version = 0;
        string? config = null;
        if (message.Length > SizeWithVersion)
            version = BinaryPrimitives.ReadInt32BigEndian(message[36..]);
        if (version > 1)
        {
            if (message.Length < HeaderSize)
                throw new JuteException($"An election notification of version {version} takes at least {HeaderSize} bytes; {message.Length} came.");
            int length = BinaryPrimitives.ReadInt32BigEndian(message[40..]);
            if (length < 0 || length > message.Length - HeaderSize)
                throw new JuteException($"A configuration of {length} bytes does not fit in an election notification of {message.Length}.");
            config = Encoding.UTF8.GetString(message.Slice(HeaderSize, length));
        }

        return new ElectionNotification((ServerState)state, leader, zxid, round, peerEpoch, config, version);
    }

    /// <summary>Appends the notification in version 2 of the format, without a frame's length.</summary>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32((int)State);
        writer.WriteInt64(Leader);
        writer.WriteInt64(Zxid);
        writer.WriteInt64(ElectionEpoch);
        writer.WriteInt64(PeerEpoch);
        writer.WriteInt32(CurrentVersion);
        writer.WriteString(Config ?? string.Empty);
    }
}
