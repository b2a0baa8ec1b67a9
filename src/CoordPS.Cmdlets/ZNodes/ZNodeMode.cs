namespace CoordPS;

/// <summary>How long a znode lives.</summary>
public enum ZNodeMode
{
    /// <summary>Until it is removed.</summary>
    Persistent,

    /// <summary>As long as the session that created it.</summary>
    Ephemeral,

    /// <summary>Until some time after its last child is gone.</summary>
    Container,

    /// <summary>Until it has not been modified for its time to live and has no children.</summary>
    Ttl,
}
