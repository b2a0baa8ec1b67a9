namespace CoordPS.Protocol;

/// <summary>The path created, with its counter: create, and sync's answer.</summary>
/// <param name="Path">The znode's path.</param>
public readonly record struct CreateResponse(string Path) : IJuteRecord<CreateResponse>
{
    /// <inheritdoc/>
    public static CreateResponse Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
    }
}

/// <summary><c>proto.Create2Response</c>.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Stat">The new znode's metadata.</param>
public readonly record struct Create2Response(string Path, Stat Stat) : IJuteRecord<Create2Response>
{
    /// <inheritdoc/>
    public static Create2Response Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), Stat.Read(ref reader));

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        Stat.Write(writer);
    }
}

/// <summary>Metadata alone: exists, setData and setACL.</summary>
/// <param name="Stat">The metadata.</param>
public readonly record struct StatResponse(Stat Stat) : IJuteRecord<StatResponse>
{
    /// <inheritdoc/>
    public static StatResponse Read(ref JuteReader reader) => new(Stat.Read(ref reader));

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        Stat.Write(writer);
    }
}

/// <summary><c>proto.GetDataResponse</c>.</summary>
/// <param name="Data">The data.</param>
/// <param name="Stat">The metadata.</param>
public readonly record struct GetDataResponse(byte[]? Data, Stat Stat) : IJuteRecord<GetDataResponse>
{
    /// <inheritdoc/>
    public static GetDataResponse Read(ref JuteReader reader) => new(reader.ReadBuffer(), Stat.Read(ref reader));

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteBuffer(Data);
        Stat.Write(writer);
    }
}

/// <summary><c>proto.GetChildrenResponse</c>.</summary>
/// <param name="Children">The children's names, in no order.</param>
public readonly record struct GetChildrenResponse(IReadOnlyList<string> Children) : IJuteRecord<GetChildrenResponse>
{
    /// <inheritdoc/>
    public static GetChildrenResponse Read(ref JuteReader reader) => new(reader.ReadStringVector());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteStringVector(Children);
    }
}

/// <summary><c>proto.GetChildren2Response</c>.</summary>
/// <param name="Children">The children's names, in no order.</param>
/// <param name="Stat">The parent's metadata.</param>
public readonly record struct GetChildren2Response(IReadOnlyList<string> Children, Stat Stat) : IJuteRecord<GetChildren2Response>
{
    /// <inheritdoc/>
    public static GetChildren2Response Read(ref JuteReader reader) => new(reader.ReadStringVector(), Stat.Read(ref reader));

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteStringVector(Children);
        Stat.Write(writer);
    }
}

/// <summary><c>proto.GetACLResponse</c>.</summary>
/// <param name="Acl">The access control list.</param>
/// <param name="Stat">The metadata.</param>
public readonly record struct GetAclResponse(IReadOnlyList<Acl>? Acl, Stat Stat) : IJuteRecord<GetAclResponse>
{
    /// <inheritdoc/>
    public static GetAclResponse Read(ref JuteReader reader) => new(reader.ReadVector<Protocol.Acl>(Protocol.Acl.MinimumSize), Stat.Read(ref reader));

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteVector(Acl);
        Stat.Write(writer);
    }
}

/// <summary><c>proto.GetEphemeralsResponse</c>.</summary>
/// <param name="Ephemerals">The paths.</param>
public readonly record struct GetEphemeralsResponse(IReadOnlyList<string> Ephemerals) : IJuteRecord<GetEphemeralsResponse>
{
    /// <inheritdoc/>
    public static GetEphemeralsResponse Read(ref JuteReader reader) => new(reader.ReadStringVector());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteStringVector(Ephemerals);
    }
}

/// <summary><c>proto.GetAllChildrenNumberResponse</c>.</summary>
/// <param name="TotalNumber">Number of descendants.</param>
public readonly record struct GetAllChildrenNumberResponse(int TotalNumber) : IJuteRecord<GetAllChildrenNumberResponse>
{
    /// <inheritdoc/>
    public static GetAllChildrenNumberResponse Read(ref JuteReader reader) => new(reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32(TotalNumber);
    }
}

/// <summary>An identity of a connection (<c>data.ClientInfo</c>).</summary>
/// <param name="AuthScheme">The scheme.</param>
/// <param name="User">The user, without secrets.</param>
public readonly record struct ClientInfo(string AuthScheme, string User) : IJuteRecord<ClientInfo>
{
    /// <inheritdoc/>
    public static ClientInfo Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadStringOrEmpty());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(AuthScheme);
        writer.WriteString(User);
    }
}

/// <summary><c>proto.WhoAmIResponse</c>.</summary>
/// <param name="ClientInfo">The identities.</param>
public readonly record struct WhoAmIResponse(IReadOnlyList<ClientInfo>? ClientInfo) : IJuteRecord<WhoAmIResponse>
{
    /// <inheritdoc/>
    public static WhoAmIResponse Read(ref JuteReader reader) => new(reader.ReadVector<ClientInfo>(8));

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteVector(ClientInfo);
    }
}

/// <summary>An error result in a multi (<c>proto.ErrorResponse</c>).</summary>
/// <param name="Error">The error.</param>
public readonly record struct ErrorResponse(ErrorCode Error) : IJuteRecord<ErrorResponse>
{
    /// <inheritdoc/>
    public static ErrorResponse Read(ref JuteReader reader) => new((ErrorCode)reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32((int)Error);
    }
}
