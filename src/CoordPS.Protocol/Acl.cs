namespace CoordPS.Protocol;

/// <summary>Whom an entry of an access control list is for: a scheme and an identity within it (<c>data.Id</c>).</summary>
/// <param name="Scheme">world, auth, digest, ip, super, x509 or sasl.</param>
/// <param name="Id">The identity, in the scheme's own form.</param>
public readonly record struct AclId(string Scheme, string Id) : IJuteRecord<AclId>
{
    /// <summary><c>world:anyone</c>.</summary>
    public static AclId Anyone { get; } = new("world", "anyone");

    /// <summary><c>auth:</c>, which a server replaces by the identities of the connection.</summary>
    public static AclId AuthIds { get; } = new("auth", "");

    /// <inheritdoc/>
    public static AclId Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadStringOrEmpty());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Scheme);
        writer.WriteString(Id);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Scheme}:{Id}";
}

/// <summary>An entry of an access control list (<c>data.ACL</c>).</summary>
/// <param name="Permissions">What is allowed.</param>
/// <param name="Id">To whom.</param>
public readonly record struct Acl(Permissions Permissions, AclId Id) : IJuteRecord<Acl>
{
    /// <summary>The fewest bytes that an entry takes.</summary>
    public const int MinimumSize = 12;

    /// <summary>Everyone may do everything: the default.</summary>
    public static IReadOnlyList<Acl> OpenUnsafe { get; } = [new(Permissions.All, AclId.Anyone)];

    /// <summary>Everyone may read.</summary>
    public static IReadOnlyList<Acl> ReadUnsafe { get; } = [new(Permissions.Read, AclId.Anyone)];

    /// <summary>The creator may do everything; needs an authenticated connection.</summary>
    public static IReadOnlyList<Acl> CreatorAll { get; } = [new(Permissions.All, AclId.AuthIds)];

    /// <inheritdoc/>
    public static Acl Read(ref JuteReader reader) => new((Permissions)reader.ReadInt32(), AclId.Read(ref reader));

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32((int)Permissions);
        Id.Write(writer);
    }

    /// <summary>The entry as zkCli writes it: <c>scheme:id:cdrwa</c>.</summary>
    public override string ToString() => $"{Id.Scheme}:{Id.Id}:{FormatPermissions(Permissions)}";

    /// <summary>Permissions as zkCli writes them: the letters of <c>cdrwa</c> that are set.</summary>
    public static string FormatPermissions(Permissions permissions) => string.Concat(
        permissions.HasFlag(Permissions.Create) ? "c" : "", permissions.HasFlag(Permissions.Delete) ? "d" : "",
        permissions.HasFlag(Permissions.Read) ? "r" : "", permissions.HasFlag(Permissions.Write) ? "w" : "",
        permissions.HasFlag(Permissions.Admin) ? "a" : "");

    /// <summary>
    /// Reads an entry in zkCli's form: <c>world:anyone:cdrwa</c>, <c>ip:10.0.0.0/8:r</c>, <c>digest:user:hash:rw</c>. The scheme ends
    /// at the first colon and the permissions begin after the last.
    /// </summary>
    /// <exception cref="FormatException">The text is not an entry; the message says why.</exception>
    public static Acl Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int first = text.IndexOf(':', StringComparison.Ordinal), last = text.LastIndexOf(':');
        if (first <= 0 || last == first)
            throw new FormatException($"'{text}' is not an access control entry: write scheme:id:permissions, such as world:anyone:cdrwa.");
        Permissions permissions = Permissions.None;
        foreach (char c in text.AsSpan(last + 1))
        {
            permissions |= c switch
            {
                'c' => Permissions.Create,
                'd' => Permissions.Delete,
                'r' => Permissions.Read,
                'w' => Permissions.Write,
                'a' => Permissions.Admin,
                _ => throw new FormatException($"'{c}' in '{text}' is not a permission: use letters of cdrwa (create, delete, read, write, admin)."),
            };
        }

        return new Acl(permissions, new AclId(text[..first], text[(first + 1)..last]));
    }
}
