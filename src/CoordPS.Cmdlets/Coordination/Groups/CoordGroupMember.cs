namespace CoordPS;

/// <summary>A member of a group.</summary>
public sealed class CoordGroupMember
{
    private readonly Client.Recipes.GroupMember _member;

    internal CoordGroupMember(CoordSession session, string path, Client.Recipes.GroupMember member, object? value)
    {
        Session = session;
        Path = path;
        _member = member;
        Value = value;
    }

    /// <summary>The group's path.</summary>
    public string Path { get; }

    /// <summary>The member's id.</summary>
    public string Id => _member.Id;

    /// <summary>What it tells the others, as text where the bytes are text.</summary>
    public object? Value { get; }

    /// <summary>What it tells the others.</summary>
    public byte[] Data => _member.Data;

    /// <summary>When it joined, by the server's clock.</summary>
    public DateTimeOffset Joined => _member.Joined.ToLocalTime();

    /// <summary>The session it is a member by, in hexadecimal.</summary>
    public string SessionId => $"0x{_member.SessionId:x}";

    /// <summary>Its znode.</summary>
    public string ZNode => _member.Path;

    /// <summary>The session that it was read in.</summary>
    public CoordSession Session { get; }

    /// <inheritdoc/>
    public override string ToString() => Id;
}
