namespace CoordPS.Protocol;

/// <summary>Begins every request (<c>proto.RequestHeader</c>).</summary>
/// <param name="Xid">The client's request id; see <see cref="Xids"/>.</param>
/// <param name="Type">The operation.</param>
public readonly record struct RequestHeader(int Xid, OpCode Type) : IJuteRecord<RequestHeader>
{
    /// <inheritdoc/>
    public static RequestHeader Read(ref JuteReader reader) => new(reader.ReadInt32(), (OpCode)reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32(Xid);
        writer.WriteInt32((int)Type);
    }
}

/// <summary>Begins every reply (<c>proto.ReplyHeader</c>).</summary>
/// <param name="Xid">The request's id.</param>
/// <param name="Zxid">The last transaction the server had applied.</param>
/// <param name="Error">What became of the request.</param>
public readonly record struct ReplyHeader(int Xid, long Zxid, ErrorCode Error) : IJuteRecord<ReplyHeader>
{
    /// <inheritdoc/>
    public static ReplyHeader Read(ref JuteReader reader) => new(reader.ReadInt32(), reader.ReadInt64(), (ErrorCode)reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32(Xid);
        writer.WriteInt64(Zxid);
        writer.WriteInt32((int)Error);
    }
}

/// <summary>Begins each operation and each result of a multi (<c>proto.MultiHeader</c>).</summary>
/// <param name="Type">The operation, or <see cref="OpCode.Error"/>.</param>
/// <param name="Done">True in the header that ends the list.</param>
/// <param name="Error">An error result's code; -1 in requests.</param>
public readonly record struct MultiHeader(OpCode Type, bool Done, ErrorCode Error) : IJuteRecord<MultiHeader>
{
    /// <inheritdoc/>
    public static MultiHeader Read(ref JuteReader reader) => new((OpCode)reader.ReadInt32(), reader.ReadBoolean(), (ErrorCode)reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32((int)Type);
        writer.WriteBoolean(Done);
        writer.WriteInt32((int)Error);
    }
}

/// <summary>Adds credentials to a connection (<c>proto.AuthPacket</c>).</summary>
/// <param name="Type">Always 0.</param>
/// <param name="Scheme">The scheme, such as digest.</param>
/// <param name="Auth">The credentials in the scheme's form.</param>
public readonly record struct AuthPacket(int Type, string Scheme, byte[]? Auth) : IJuteRecord<AuthPacket>
{
    /// <inheritdoc/>
    public static AuthPacket Read(ref JuteReader reader) => new(reader.ReadInt32(), reader.ReadStringOrEmpty(), reader.ReadBuffer());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32(Type);
        writer.WriteString(Scheme);
        writer.WriteBuffer(Auth);
    }
}

/// <summary>A watch event (<c>proto.WatcherEvent</c>).</summary>
/// <param name="Type">What happened.</param>
/// <param name="State">The session's state.</param>
/// <param name="Path">The znode's path.</param>
public readonly record struct WatcherEvent(WatchEventType Type, KeeperState State, string Path) : IJuteRecord<WatcherEvent>
{
    /// <inheritdoc/>
    public static WatcherEvent Read(ref JuteReader reader) => new((WatchEventType)reader.ReadInt32(), (KeeperState)reader.ReadInt32(), reader.ReadStringOrEmpty());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32((int)Type);
        writer.WriteInt32((int)State);
        writer.WriteString(Path);
    }
}
