namespace CoordPS.Protocol;

/// <summary>What a znode's <see cref="Stat.EphemeralOwner"/> says of it.</summary>
public enum EphemeralKind
{
    /// <summary>A persistent znode.</summary>
    Persistent,

    /// <summary>An ephemeral: the value is the owning session.</summary>
    Ephemeral,

    /// <summary>A container.</summary>
    Container,

    /// <summary>A znode with a time to live: the value holds it.</summary>
    Ttl,
}

/// <summary>
/// The values of <see cref="Stat.EphemeralOwner"/> (Apache's <c>EphemeralType</c>): 0, a session, the smallest long for a
/// container, or, with extended types, a high byte of 0xff, a feature of 0 in the next two bytes and 40 bits of milliseconds.
/// </summary>
public static class EphemeralOwner
{
    /// <summary>The owner of a container.</summary>
    public const long Container = long.MinValue;

    /// <summary>The longest time to live, in milliseconds (about 34 years).</summary>
    public const long MaxTtlMilliseconds = 0x000000ffffffffffL;

    /// <summary>The largest member id when extended types are on; its ids begin the session ids.</summary>
    public const int MaxExtendedServerId = 0xfe;

    private const long ExtendedMask = unchecked((long)0xff00000000000000L);

    /// <summary>What the owner says of its znode.</summary>
    /// <param name="owner">The value.</param>
    /// <param name="extendedTypes">Whether <c>extendedTypesEnabled</c> is on; without it a TTL value reads as a session.</param>
    public static EphemeralKind KindOf(long owner, bool extendedTypes = true) => owner switch
    {
        0 => EphemeralKind.Persistent,
        Container => EphemeralKind.Container,
        _ when extendedTypes && (owner & ExtendedMask) == ExtendedMask => EphemeralKind.Ttl,
        _ => EphemeralKind.Ephemeral,
    };

    /// <summary>Whether a time to live is one that can be stored: more than 0 and at most <see cref="MaxTtlMilliseconds"/>.</summary>
    public static bool IsValidTtl(long milliseconds) => milliseconds is > 0 and <= MaxTtlMilliseconds;

    /// <summary>The owner of a znode with a time to live.</summary>
    public static long FromTtl(long milliseconds)
    {
        if (!IsValidTtl(milliseconds))
        {
            throw new ArgumentOutOfRangeException(nameof(milliseconds), milliseconds,
                $"A time to live is 1 to {MaxTtlMilliseconds} milliseconds.");
        }

        return ExtendedMask | milliseconds;
    }

    /// <summary>The time to live in an owner of kind <see cref="EphemeralKind.Ttl"/>, in milliseconds.</summary>
    public static long TtlOf(long owner) => owner & MaxTtlMilliseconds;
}
