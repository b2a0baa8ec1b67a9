namespace CoordPS.Protocol;

/// <summary>Error codes of replies (Apache's <c>KeeperException.Code</c>).</summary>
public enum ErrorCode
{
    /// <summary>Success.</summary>
    Ok = 0,

    /// <summary>A server-side failure that is not the client's.</summary>
    SystemError = -1,

    /// <summary>The server found its own state inconsistent.</summary>
    RuntimeInconsistency = -2,

    /// <summary>The server found its data inconsistent.</summary>
    DataInconsistency = -3,

    /// <summary>The connection broke; whether the request was carried out is unknown. Never sent by a server.</summary>
    ConnectionLoss = -4,

    /// <summary>A request could not be read or written.</summary>
    MarshallingError = -5,

    /// <summary>The server does not know the operation or has it turned off.</summary>
    Unimplemented = -6,

    /// <summary>The operation took too long.</summary>
    OperationTimeout = -7,

    /// <summary>The arguments are invalid, such as a malformed path.</summary>
    BadArguments = -8,

    /// <summary>No such session.</summary>
    UnknownSession = -12,

    /// <summary>No quorum of the new configuration is connected and synced.</summary>
    NewConfigNoQuorum = -13,

    /// <summary>Another reconfiguration is in progress.</summary>
    ReconfigInProgress = -14,

    /// <summary>Boundary of the errors an API call can give; never sent.</summary>
    ApiError = -100,

    /// <summary>The znode does not exist.</summary>
    NoNode = -101,

    /// <summary>The access control list does not allow it.</summary>
    NoAuth = -102,

    /// <summary>The version given is not the znode's.</summary>
    BadVersion = -103,

    /// <summary>Ephemeral znodes can't have children.</summary>
    NoChildrenForEphemerals = -108,

    /// <summary>The znode exists already.</summary>
    NodeExists = -110,

    /// <summary>The znode has children.</summary>
    NotEmpty = -111,

    /// <summary>The session has expired.</summary>
    SessionExpired = -112,

    /// <summary>The callback is invalid.</summary>
    InvalidCallback = -113,

    /// <summary>The access control list is empty or malformed.</summary>
    InvalidAcl = -114,

    /// <summary>Authentication failed.</summary>
    AuthFailed = -115,

    /// <summary>The session is served by another member now.</summary>
    SessionMoved = -118,

    /// <summary>A write reached a member that serves reads only.</summary>
    NotReadOnly = -119,

    /// <summary>A local session can't own ephemerals.</summary>
    EphemeralOnLocalSession = -120,

    /// <summary>No such watch.</summary>
    NoWatcher = -121,

    /// <summary>The request was not answered in time.</summary>
    RequestTimeout = -122,

    /// <summary>Reconfiguration is turned off.</summary>
    ReconfigDisabled = -123,

    /// <summary>The server requires SASL authentication and closed the session.</summary>
    SessionClosedRequireSaslAuth = -124,

    /// <summary>A quota would be exceeded.</summary>
    QuotaExceeded = -125,

    /// <summary>The server is too busy and refused the request.</summary>
    ThrottledOp = -127,
}
