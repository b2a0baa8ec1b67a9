namespace CoordPS.Protocol;

/// <summary>The state of a session as a watch event reports it (Apache's <c>Watcher.Event.KeeperState</c>).</summary>
public enum KeeperState
{
    /// <summary>The client is not connected.</summary>
    Disconnected = 0,

    /// <summary>The client is connected.</summary>
    SyncConnected = 3,

    /// <summary>Authentication failed.</summary>
    AuthFailed = 4,

    /// <summary>The client is connected to a member that serves reads only.</summary>
    ConnectedReadOnly = 5,

    /// <summary>SASL authentication succeeded.</summary>
    SaslAuthenticated = 6,

    /// <summary>The session has expired.</summary>
    Expired = -112,

    /// <summary>The client was closed.</summary>
    Closed = 7,
}
