using System.Net;
using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>The schemes of access control lists that this server knows: world, auth, digest, ip, and the super user.</summary>
internal sealed class AuthenticationProviders(string? superDigest)
{
    private const string Digest = "digest";
    private const string Ip = "ip";
    private const string Super = "super";

    private readonly string? _superDigest = superDigest;

    /// <summary>The identity that every connection has.</summary>
    public static AclId IpIdentity(IPAddress address) =>
        new(Ip, (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString());

    public static bool IsSuper(IReadOnlyList<AclId> ids)
    {
        foreach (AclId id in ids)
        {
            if (id.Scheme == Super)
                return true;
        }

        return false;
    }

    /// <summary>The user in an identity, without its secret: what whoAmI shows.</summary>
    public static string UserOf(AclId id) => id.Scheme == Digest ? id.Id.Split(':', 2)[0] : id.Id;

    /// <summary>The identities that credentials give, or null when they are refused.</summary>
    public IReadOnlyList<AclId>? Authenticate(string scheme, byte[]? credentials, IPAddress remote)
    {
        switch (scheme)
        {
            case Digest:
                string digest = DigestIdentity.Generate(Encoding.UTF8.GetString(credentials ?? []));
                return digest == _superDigest
                    ? [new AclId(Super, ""), new AclId(Digest, digest)]
                    : [new AclId(Digest, digest)];
            case Ip:
                return [IpIdentity(remote)];
            default:
                return null;
        }
    }

    /// <summary>Whether an entry's identity is one that its scheme can have.</summary>
    public static bool IsValid(AclId id) => id.Scheme switch
    {
        "world" => id.Id == "anyone",
        // A colon that ends the text separates nothing, as Java splits.
        Digest => id.Id.TrimEnd(':').Split(':').Length == 2,
        Ip => TryParseRange(id.Id, out _, out _),
        _ => false,
    };

    /// <summary>
    /// The list as it is stored: duplicates dropped and <c>auth</c> replaced by the connection's authenticated identities. Null when the
    /// list is empty or an entry is not valid.
    /// </summary>
    public static IReadOnlyList<Acl>? Fixup(IReadOnlyList<Acl>? acl, IReadOnlyList<AclId> ids)
    {
        if (acl is null || acl.Count == 0)
            return null;
        if (acl.Count == 1 && acl[0] == Acl.OpenUnsafe[0])
            return Acl.OpenUnsafe;
        var result = new List<Acl>(acl.Count);
        foreach (Acl entry in acl.Distinct())
        {
            if (entry.Id.Scheme == "auth")
            {
                bool found = false;
                foreach (AclId id in ids)
                {
                    // An address is an identity that nobody had to prove.
                    if (id.Scheme != Digest)
                        continue;
                    found = true;
                    result.Add(new Acl(entry.Permissions, id));
                }

                if (!found)
                    return null;
            }
            else if (IsValid(entry.Id))
            {
                result.Add(entry);
            }
            else
            {
                return null;
            }
        }

        return result;
    }

    /// <summary>Whether identities have a permission by a list; an empty list allows everything, as in Apache.</summary>
    public static bool Allows(IReadOnlyList<Acl>? acl, Permissions permission, IReadOnlyList<AclId> ids)
    {
        if (acl is null || acl.Count == 0 || IsSuper(ids))
            return true;
        foreach (Acl entry in acl)
        {
            if ((entry.Permissions & permission) == 0)
                continue;
            if (entry.Id == AclId.Anyone)
                return true;
            foreach (AclId id in ids)
            {
                if (id.Scheme == entry.Id.Scheme && (id.Id == entry.Id.Id || (id.Scheme == Ip && InRange(id.Id, entry.Id.Id))))
                    return true;
            }
        }

        return false;
    }

    private static bool InRange(string address, string range)
    {
        if (!TryParseRange(range, out byte[] network, out int bits) || !IPAddress.TryParse(address, out IPAddress? ip))
            return false;
        byte[] bytes = ip.GetAddressBytes();
        if (bytes.Length != network.Length)
            return false;
        for (int i = 0; i < bytes.Length && bits > 0; i++, bits -= 8)
        {
            int mask = bits >= 8 ? 0xff : 0xff << (8 - bits) & 0xff;
            if (((bytes[i] ^ network[i]) & mask) != 0)
                return false;
        }

        return true;
    }

    private static bool TryParseRange(string text, out byte[] network, out int bits)
    {
        network = [];
        bits = 0;
        string[] parts = text.Split('/');
        // IPAddress takes "1" for 0.0.0.1; an entry of an access control list is written out.
        if (parts.Length > 2 || !IPAddress.TryParse(parts[0], out IPAddress? ip) || (!parts[0].Contains(':', StringComparison.Ordinal) && parts[0].Count(static c => c == '.') != 3))
            return false;
        network = ip.GetAddressBytes();
        bits = network.Length * 8;
        return parts.Length == 1 || (int.TryParse(parts[1], out int b) && b >= 0 && b <= bits && (bits = b) >= 0);
    }
}
