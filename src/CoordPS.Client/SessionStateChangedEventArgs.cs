using System.Net;

namespace CoordPS.Client;

/// <summary>A change of a session's state.</summary>
public sealed class SessionStateChangedEventArgs : EventArgs
{
    internal SessionStateChangedEventArgs(SessionState previous, SessionState current, EndPoint? server, Exception? cause)
    {
        Previous = previous;
        Current = current;
        Server = server;
        Cause = cause;
    }

    /// <summary>The state before.</summary>
    public SessionState Previous { get; }

    /// <summary>The state now.</summary>
    public SessionState Current { get; }

    /// <summary>The server that was connected to, or was lost; null when there was none.</summary>
    public EndPoint? Server { get; }

    /// <summary>Why the connection was lost or the session ended; null for good news.</summary>
    public Exception? Cause { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Previous} -> {Current}{(Server is null ? "" : $" ({Server})")}";
}
