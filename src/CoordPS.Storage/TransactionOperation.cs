namespace CoordPS.Storage;

/// <summary>What a logged transaction does.</summary>
public enum TransactionOperation
{
    /// <summary>Opens a session.</summary>
    CreateSession,

    /// <summary>Ends a session; its ephemerals go.</summary>
    CloseSession,

    /// <summary>Creates a znode of any kind.</summary>
    Create,

    /// <summary>Sets a znode's data.</summary>
    SetData,

    /// <summary>Deletes a znode.</summary>
    Delete,

    /// <summary>Deletes an empty container or an expired znode with a time to live; the server did it by itself.</summary>
    DeleteContainer,

    /// <summary>Sets a znode's access control list.</summary>
    SetAcl,

    /// <summary>Checks a version; part of a multi.</summary>
    Check,

    /// <summary>Several operations as one.</summary>
    Multi,

    /// <summary>Changes the ensemble's members.</summary>
    Reconfig,

    /// <summary>Changes nothing: a request that failed, logged to keep the order of its session.</summary>
    Error,
}
