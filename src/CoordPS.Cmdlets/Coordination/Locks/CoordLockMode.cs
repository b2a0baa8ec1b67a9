namespace CoordPS;

/// <summary>How a lock is held.</summary>
public enum CoordLockMode
{
    /// <summary>By one holder.</summary>
    Exclusive,

    /// <summary>Together with others that share it.</summary>
    Shared,

    /// <summary>As one of a limited number of leases.</summary>
    Lease,
}
