namespace CoordPS.Protocol;

/// <summary>Operation codes: the type of a request and of a transaction (Apache's <c>ZooDefs.OpCode</c>).</summary>
public enum OpCode
{
    /// <summary>Reserved; never a request.</summary>
    Notification = 0,

    /// <summary>Create a znode; answers its path.</summary>
    Create = 1,

    /// <summary>Delete a znode.</summary>
    Delete = 2,

    /// <summary>Stat of a znode.</summary>
    Exists = 3,

    /// <summary>Data and Stat.</summary>
    GetData = 4,

    /// <summary>Replace the data.</summary>
    SetData = 5,

    /// <summary>Access control list and Stat.</summary>
    GetAcl = 6,

    /// <summary>Replace the access control list.</summary>
    SetAcl = 7,

    /// <summary>Names of the children.</summary>
    GetChildren = 8,

    /// <summary>Bring this member up to the leader.</summary>
    Sync = 9,

    /// <summary>Keep the session alive.</summary>
    Ping = 11,

    /// <summary>Names of the children and Stat.</summary>
    GetChildren2 = 12,

    /// <summary>Check a version; part of a multi.</summary>
    Check = 13,

    /// <summary>Several changes as one transaction.</summary>
    Multi = 14,

    /// <summary>Create a znode; answers path and Stat.</summary>
    Create2 = 15,

    /// <summary>Change the ensemble's membership.</summary>
    Reconfig = 16,

    /// <summary>Whether a watch is set.</summary>
    CheckWatches = 17,

    /// <summary>Remove watches.</summary>
    RemoveWatches = 18,

    /// <summary>Create a container znode.</summary>
    CreateContainer = 19,

    /// <summary>Delete an empty container or expired TTL znode; made by the server itself.</summary>
    DeleteContainer = 20,

    /// <summary>Create a znode with a time to live.</summary>
    CreateTtl = 21,

    /// <summary>Several reads in one request.</summary>
    MultiRead = 22,

    /// <summary>Add credentials to the connection.</summary>
    Auth = 100,

    /// <summary>Re-arm one-shot watches after a reconnect.</summary>
    SetWatches = 101,

    /// <summary>SASL negotiation.</summary>
    Sasl = 102,

    /// <summary>Ephemeral znodes of this session.</summary>
    GetEphemerals = 103,

    /// <summary>Number of all descendants.</summary>
    GetAllChildrenNumber = 104,

    /// <summary>Re-arm one-shot and persistent watches after a reconnect.</summary>
    SetWatches2 = 105,

    /// <summary>Add a persistent watch.</summary>
    AddWatch = 106,

    /// <summary>Identities of this connection.</summary>
    WhoAmI = 107,

    /// <summary>Open a session; made by the server itself.</summary>
    CreateSession = -10,

    /// <summary>Close the session.</summary>
    CloseSession = -11,

    /// <summary>A transaction that failed, or an error result in a multi.</summary>
    Error = -1,
}
