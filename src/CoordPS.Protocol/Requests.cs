namespace CoordPS.Protocol;

/// <summary><c>proto.GetDataRequest</c>.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Watch">Whether to leave a one-shot watch.</param>
public readonly record struct GetDataRequest(string Path, bool Watch) : IJuteRecord<GetDataRequest>
{
    /// <inheritdoc/>
    public static GetDataRequest Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadBoolean());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteBoolean(Watch);
    }
}

/// <summary><c>proto.ExistsRequest</c>.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Watch">Whether to leave a one-shot watch.</param>
public readonly record struct ExistsRequest(string Path, bool Watch) : IJuteRecord<ExistsRequest>
{
    /// <inheritdoc/>
    public static ExistsRequest Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadBoolean());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteBoolean(Watch);
    }
}

/// <summary><c>proto.GetChildrenRequest</c> and <c>GetChildren2Request</c>.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Watch">Whether to leave a one-shot watch.</param>
public readonly record struct GetChildrenRequest(string Path, bool Watch) : IJuteRecord<GetChildrenRequest>
{
    /// <inheritdoc/>
    public static GetChildrenRequest Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadBoolean());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteBoolean(Watch);
    }
}

/// <summary>A request that is a path alone: getACL, sync, getAllChildrenNumber, getEphemerals (a prefix), delete of a container.</summary>
/// <param name="Path">The znode's path.</param>
public readonly record struct PathRequest(string Path) : IJuteRecord<PathRequest>
{
    /// <inheritdoc/>
    public static PathRequest Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
    }
}

/// <summary>A path and the version that must be current: delete and check.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Version">The version that must be current, or -1 for any.</param>
public readonly record struct PathVersionRequest(string Path, int Version) : IJuteRecord<PathVersionRequest>
{
    /// <inheritdoc/>
    public static PathVersionRequest Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteInt32(Version);
    }
}

/// <summary><c>proto.SetDataRequest</c>.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Data">The data; null and empty are stored as they are sent.</param>
/// <param name="Version">The version that must be current, or -1 for any.</param>
public readonly record struct SetDataRequest(string Path, byte[]? Data, int Version) : IJuteRecord<SetDataRequest>
{
    /// <inheritdoc/>
    public static SetDataRequest Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadBuffer(), reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteBuffer(Data);
        writer.WriteInt32(Version);
    }
}

/// <summary><c>proto.SetACLRequest</c>.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Acl">The access control list.</param>
/// <param name="Version">The ACL version that must be current, or -1 for any.</param>
public readonly record struct SetAclRequest(string Path, IReadOnlyList<Acl>? Acl, int Version) : IJuteRecord<SetAclRequest>
{
    /// <inheritdoc/>
    public static SetAclRequest Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadVector<Protocol.Acl>(Protocol.Acl.MinimumSize), reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteVector(Acl);
        writer.WriteInt32(Version);
    }
}

/// <summary><c>proto.CreateRequest</c>: create, create2 and createContainer.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Data">The data; null and empty are stored as they are sent.</param>
/// <param name="Acl">The access control list.</param>
/// <param name="Mode">The mode.</param>
public readonly record struct CreateRequest(string Path, byte[]? Data, IReadOnlyList<Acl>? Acl, CreateMode Mode) : IJuteRecord<CreateRequest>
{
    /// <inheritdoc/>
    public static CreateRequest Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadBuffer(), reader.ReadVector<Protocol.Acl>(Protocol.Acl.MinimumSize), (CreateMode)reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteBuffer(Data);
        writer.WriteVector(Acl);
        writer.WriteInt32((int)Mode);
    }
}

/// <summary><c>proto.CreateTTLRequest</c>.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Data">The data; null and empty are stored as they are sent.</param>
/// <param name="Acl">The access control list.</param>
/// <param name="Mode">A mode with a time to live.</param>
/// <param name="Ttl">The time to live in milliseconds.</param>
public readonly record struct CreateTtlRequest(string Path, byte[]? Data, IReadOnlyList<Acl>? Acl, CreateMode Mode, long Ttl) : IJuteRecord<CreateTtlRequest>
{
    /// <inheritdoc/>
    public static CreateTtlRequest Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadBuffer(), reader.ReadVector<Protocol.Acl>(Protocol.Acl.MinimumSize), (CreateMode)reader.ReadInt32(), reader.ReadInt64());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteBuffer(Data);
        writer.WriteVector(Acl);
        writer.WriteInt32((int)Mode);
        writer.WriteInt64(Ttl);
    }
}

/// <summary><c>proto.AddWatchRequest</c>.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Mode">The watch's mode.</param>
public readonly record struct AddWatchRequest(string Path, AddWatchMode Mode) : IJuteRecord<AddWatchRequest>
{
    /// <inheritdoc/>
    public static AddWatchRequest Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), (AddWatchMode)reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteInt32((int)Mode);
    }
}

/// <summary>A path and a kind of watch: checkWatches and removeWatches.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Type">The kind.</param>
public readonly record struct WatchesRequest(string Path, WatcherType Type) : IJuteRecord<WatchesRequest>
{
    /// <inheritdoc/>
    public static WatchesRequest Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), (WatcherType)reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteInt32((int)Type);
    }
}

/// <summary><c>proto.ReconfigRequest</c>.</summary>
/// <param name="JoiningServers">Members to add or change, comma-separated <c>server.N=…</c> lines; may be null.</param>
/// <param name="LeavingServers">Ids of members to remove, comma-separated; may be null.</param>
/// <param name="NewMembers">The whole new membership; null for an incremental change.</param>
/// <param name="ConfigId">The configuration version that must be current, or -1 for any.</param>
public readonly record struct ReconfigRequest(string? JoiningServers, string? LeavingServers, string? NewMembers, long ConfigId) : IJuteRecord<ReconfigRequest>
{
    /// <inheritdoc/>
    public static ReconfigRequest Read(ref JuteReader reader) => new(reader.ReadString(), reader.ReadString(), reader.ReadString(), reader.ReadInt64());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(JoiningServers);
        writer.WriteString(LeavingServers);
        writer.WriteString(NewMembers);
        writer.WriteInt64(ConfigId);
    }
}

/// <summary><c>proto.SetWatches</c>: one-shot watches to re-arm.</summary>
/// <param name="RelativeZxid">The last zxid the client has seen: what changed after it fires at once.</param>
/// <param name="DataWatches">Paths with data watches.</param>
/// <param name="ExistWatches">Paths with watches for creation.</param>
/// <param name="ChildWatches">Paths with child watches.</param>
public readonly record struct SetWatchesRequest(long RelativeZxid, IReadOnlyList<string> DataWatches, IReadOnlyList<string> ExistWatches, IReadOnlyList<string> ChildWatches) : IJuteRecord<SetWatchesRequest>
{
    /// <inheritdoc/>
    public static SetWatchesRequest Read(ref JuteReader reader) => new(reader.ReadInt64(), reader.ReadStringVector(), reader.ReadStringVector(), reader.ReadStringVector());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt64(RelativeZxid);
        writer.WriteStringVector(DataWatches);
        writer.WriteStringVector(ExistWatches);
        writer.WriteStringVector(ChildWatches);
    }
}

/// <summary><c>proto.SetWatches2</c>: one-shot and persistent watches to re-arm.</summary>
/// <param name="RelativeZxid">The last zxid the client has seen: what changed after it fires at once.</param>
/// <param name="DataWatches">Paths with data watches.</param>
/// <param name="ExistWatches">Paths with watches for creation.</param>
/// <param name="ChildWatches">Paths with child watches.</param>
/// <param name="PersistentWatches">Paths with persistent watches.</param>
/// <param name="PersistentRecursiveWatches">Paths with persistent recursive watches.</param>
public readonly record struct SetWatches2Request(long RelativeZxid, IReadOnlyList<string> DataWatches, IReadOnlyList<string> ExistWatches, IReadOnlyList<string> ChildWatches, IReadOnlyList<string> PersistentWatches, IReadOnlyList<string> PersistentRecursiveWatches) : IJuteRecord<SetWatches2Request>
{
    /// <inheritdoc/>
    public static SetWatches2Request Read(ref JuteReader reader) => new(reader.ReadInt64(), reader.ReadStringVector(), reader.ReadStringVector(), reader.ReadStringVector(), reader.ReadStringVector(), reader.ReadStringVector());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt64(RelativeZxid);
        writer.WriteStringVector(DataWatches);
        writer.WriteStringVector(ExistWatches);
        writer.WriteStringVector(ChildWatches);
        writer.WriteStringVector(PersistentWatches);
        writer.WriteStringVector(PersistentRecursiveWatches);
    }
}
