namespace CoordPS.Protocol;

/// <summary>Opens a session or resumes one (<c>proto.ConnectRequest</c>); the first frame of a connection.</summary>
/// <param name="ProtocolVersion">Always 0.</param>
/// <param name="LastZxidSeen">The last zxid the client has seen; a server that is behind it refuses.</param>
/// <param name="TimeoutMilliseconds">The session timeout asked for.</param>
/// <param name="SessionId">0 for a new session.</param>
/// <param name="Password">The session's password; 16 bytes.</param>
/// <param name="ReadOnly">Whether a member that serves reads only will do; null from clients before 3.4, which don't say.</param>
public readonly record struct ConnectRequest(
    int ProtocolVersion, long LastZxidSeen, int TimeoutMilliseconds, long SessionId, byte[]? Password, bool? ReadOnly)
    : IJuteRecord<ConnectRequest>
{
    /// <inheritdoc/>
    public static ConnectRequest Read(ref JuteReader reader) => new(
        reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt64(), reader.ReadBuffer(),
        reader.Remaining > 0 ? reader.ReadBoolean() : null);

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32(ProtocolVersion);
        writer.WriteInt64(LastZxidSeen);
        writer.WriteInt32(TimeoutMilliseconds);
        writer.WriteInt64(SessionId);
        writer.WriteBuffer(Password);
        if (ReadOnly is { } readOnly)
            writer.WriteBoolean(readOnly);
    }
}

/// <summary>Answers a <see cref="ConnectRequest"/> (<c>proto.ConnectResponse</c>).</summary>
/// <param name="ProtocolVersion">Always 0.</param>
/// <param name="TimeoutMilliseconds">The negotiated timeout; 0 or less when the session has expired.</param>
/// <param name="SessionId">The session; 0 when it has expired.</param>
/// <param name="Password">The session's password.</param>
/// <param name="ReadOnly">Whether this member serves reads only; null for and from peers before 3.4.</param>
public readonly record struct ConnectResponse(
    int ProtocolVersion, int TimeoutMilliseconds, long SessionId, byte[]? Password, bool? ReadOnly) : IJuteRecord<ConnectResponse>
{
    /// <inheritdoc/>
    public static ConnectResponse Read(ref JuteReader reader) => new(
        reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt64(), reader.ReadBuffer(),
        reader.Remaining > 0 ? reader.ReadBoolean() : null);

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32(ProtocolVersion);
        writer.WriteInt32(TimeoutMilliseconds);
        writer.WriteInt64(SessionId);
        writer.WriteBuffer(Password);
        if (ReadOnly is { } readOnly)
            writer.WriteBoolean(readOnly);
    }
}
