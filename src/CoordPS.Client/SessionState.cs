namespace CoordPS.Client;

/// <summary>Where a session stands, as its client knows it.</summary>
public enum SessionState
{
    /// <summary>No server has answered yet.</summary>
    Connecting,

    /// <summary>A server serves the session.</summary>
    Connected,

    /// <summary>A server that has lost its quorum serves reads; writes fail with <see cref="NotReadOnlyException"/>.</summary>
    ConnectedReadOnly,

    /// <summary>The connection is lost and the client looks for another server. The session may still live (Curator's SUSPENDED).</summary>
    Disconnected,

    /// <summary>A server said that the session has expired: its ephemerals and watches are gone. Final.</summary>
    Expired,

    /// <summary>A server refused the credentials. Final.</summary>
    AuthFailed,

    /// <summary>The client was closed. Final.</summary>
    Closed,
}

/// <summary>Questions asked of a <see cref="SessionState"/>.</summary>
public static class SessionStateExtensions
{
    extension(SessionState state)
    {
        /// <summary>Whether a server serves the session now.</summary>
        public bool IsConnected => state is SessionState.Connected or SessionState.ConnectedReadOnly;

        /// <summary>Whether the state is final: the client can't be used any more.</summary>
        public bool IsFinal => state is SessionState.Expired or SessionState.AuthFailed or SessionState.Closed;
    }
}
