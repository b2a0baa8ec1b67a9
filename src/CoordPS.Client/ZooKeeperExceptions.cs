using CoordPS.Protocol;

namespace CoordPS.Client;

/// <summary>The znode, or the parent of one to be created, does not exist.</summary>
public sealed class NoNodeException : ZooKeeperException
{
    internal NoNodeException(string what, string? path, string? server, string action)
        : base(ErrorCode.NoNode, what, path, server, action)
    {
    }
}

/// <summary>The znode to be created exists already.</summary>
public sealed class NodeExistsException : ZooKeeperException
{
    internal NodeExistsException(string? path, string? server)
        : base(ErrorCode.NodeExists, $"'{path}' exists already", path, server, "Set its data instead, or choose another path.")
    {
    }
}

/// <summary>The version given is not the znode's: someone else changed it.</summary>
public sealed class BadVersionException : ZooKeeperException
{
    internal BadVersionException(string? path, string? server)
        : base(ErrorCode.BadVersion, $"'{path}' does not have the version given: it was changed meanwhile", path, server,
            "Read it again, decide again, and retry with the version read; or give -1 for any version.")
    {
    }
}

/// <summary>The znode has children and can't be deleted.</summary>
public sealed class NotEmptyException : ZooKeeperException
{
    internal NotEmptyException(string? path, string? server)
        : base(ErrorCode.NotEmpty, $"'{path}' has children", path, server, "Delete them first, for instance with DeleteRecursiveAsync.")
    {
    }
}

/// <summary>The access control list does not allow it.</summary>
public sealed class NoAuthException : ZooKeeperException
{
    internal NoAuthException(OpCode operation, string? path, string? server)
        : base(ErrorCode.NoAuth, $"{operation} is not allowed on '{path}' by its access control list{(NeedsParent(operation) ? " or its parent's" : "")}",
            path, server, "Add credentials that it allows, or have an administrator change the list.")
    {
    }

    private static bool NeedsParent(OpCode operation) =>
        operation is OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl or OpCode.Delete;
}

/// <summary>The access control list is empty or malformed, or names the connection's identities and there are none.</summary>
public sealed class InvalidAclException : ZooKeeperException
{
    internal InvalidAclException(string? path, string? server)
        : base(ErrorCode.InvalidAcl, $"The access control list for '{path}' is empty or malformed, or uses auth: on a connection without credentials",
            path, server, "Give at least one entry such as world:anyone:r or digest:user:hash:cdrwa; add credentials before using auth:.")
    {
    }
}

/// <summary>An ephemeral znode can't have children.</summary>
public sealed class NoChildrenForEphemeralsException : ZooKeeperException
{
    internal NoChildrenForEphemeralsException(string? path, string? server)
        : base(ErrorCode.NoChildrenForEphemerals, $"'{path}' can't be created: its parent is ephemeral", path, server, "Create it below a persistent znode.")
    {
    }
}

/// <summary>The session has expired: its ephemerals and watches are gone.</summary>
public sealed class SessionExpiredException : ZooKeeperException
{
    internal SessionExpiredException(string what, string? path, string? server)
        : base(ErrorCode.SessionExpired, what, path, server, "Connect again for a new session, and create its ephemerals and watches anew.")
    {
    }
}

/// <summary>The client was closed before or while the request was made. Requests that were never sent were not carried out.</summary>
public sealed class SessionClosedException : ZooKeeperException
{
    internal SessionClosedException(string? path)
        : base(ErrorCode.SessionExpired, $"The client was closed before {(path is null ? "the request" : $"the request for '{path}'")} was sent", path, null,
            "Connect again for a new session.")
    {
    }
}

/// <summary>The session is served by another server now, and this one refused the request.</summary>
public sealed class SessionMovedException : ZooKeeperException
{
    internal SessionMovedException(string? path, string? server)
        : base(ErrorCode.SessionMoved, "The session is served by another server now", path, server,
            "Nothing was done. Use a session from one client only, then retry.")
    {
    }
}

/// <summary>
/// The connection was lost before an answer came. Only with <see cref="OutcomeUnknown"/> may the request have been carried out.
/// </summary>
public sealed class ConnectionLossException : ZooKeeperException
{
    internal ConnectionLossException(string what, string? path, string? server, bool outcomeUnknown, string action, Exception? inner)
        : base(ErrorCode.ConnectionLoss, what, path, server, action, inner) => OutcomeUnknown = outcomeUnknown;

    /// <summary>True when the request was sent and may or may not have been carried out; false when it certainly was not.</summary>
    public bool OutcomeUnknown { get; }

    internal static ConnectionLossException Unknown(OpCode operation, string? path, string? server, Exception? cause) => new(
        $"The connection was lost after {operation}{Quote(path)} was sent and before it was answered: it may or may not have been carried out",
        path, server, outcomeUnknown: true, "Read the znode to learn the outcome before retrying.", cause);

    internal static ConnectionLossException NotDone(OpCode operation, string? path, string? server, string why, Exception? cause) => new(
        $"{operation}{Quote(path)} was not carried out: {why}", path, server, outcomeUnknown: false,
        "Check that the servers run and can be reached, then retry.", cause);

    private static string Quote(string? path) => path is null ? "" : $" '{path}'";
}

/// <summary>No answer within <see cref="ZooKeeperClientOptions.RequestTimeout"/>.</summary>
public sealed class RequestTimeoutException : ZooKeeperException
{
    internal RequestTimeoutException(OpCode operation, string? path, string? server, TimeSpan timeout, bool outcomeUnknown)
        : base(ErrorCode.RequestTimeout,
            $"{operation} '{path}' was not answered within {timeout.TotalMilliseconds:0} ms: {(outcomeUnknown ? "it may or may not have been carried out" : "it was not sent")}",
            path, server, outcomeUnknown ? "Read the znode to learn the outcome before retrying." : "Check that the servers can be reached, then retry.") =>
        OutcomeUnknown = outcomeUnknown;

    /// <summary>True when the request was sent and may have been carried out.</summary>
    public bool OutcomeUnknown { get; }
}

/// <summary>The server refused the credentials. The session can't be used any more.</summary>
public sealed class AuthFailedException : ZooKeeperException
{
    internal AuthFailedException(string what, string? path, string? server)
        : base(ErrorCode.AuthFailed, what, path, server, "Check the scheme and the credentials, and connect again.")
    {
    }
}

/// <summary>The change would exceed a quota.</summary>
public sealed class QuotaExceededException : ZooKeeperException
{
    internal QuotaExceededException(string? path, string? server)
        : base(ErrorCode.QuotaExceeded, $"The change to '{path}' would exceed a quota", path, server,
            "Delete what is no longer needed below the znode that has the quota, or have it raised.")
    {
    }
}

/// <summary>A write reached a server that serves reads only, as it has lost its quorum.</summary>
public sealed class NotReadOnlyException : ZooKeeperException
{
    internal NotReadOnlyException(string? path, string? server)
        : base(ErrorCode.NotReadOnly, $"'{path}' can't be changed: the server has lost its quorum and serves reads only", path, server,
            "Nothing was done. Retry when the session is Connected again.")
    {
    }
}

/// <summary>The arguments are invalid: a malformed path, or a mode and time to live that don't go together.</summary>
public sealed class BadArgumentsException : ZooKeeperException
{
    internal BadArgumentsException(string what, string? path, string? server, string action)
        : base(ErrorCode.BadArguments, what, path, server, action)
    {
    }
}

/// <summary>The server does not know the operation, or has it turned off.</summary>
public sealed class UnimplementedException : ZooKeeperException
{
    internal UnimplementedException(OpCode operation, string? path, string? server)
        : base(ErrorCode.Unimplemented, $"The server does not know {operation}, or has it turned off", path, server, operation switch
        {
            OpCode.CreateTtl => "Set extendedTypesEnabled=true on the servers (3.5.3 and later).",
            OpCode.AddWatch => "Persistent watches need servers of 3.6 or later; use one-shot watches.",
            OpCode.MultiRead or OpCode.GetEphemerals or OpCode.GetAllChildrenNumber => "It needs servers of 3.6 or later.",
            OpCode.WhoAmI => "It needs servers of 3.7 or later.",
            _ => "It needs newer servers.",
        })
    {
    }
}

/// <summary>There is no such watch to remove.</summary>
public sealed class NoWatcherException : ZooKeeperException
{
    internal NoWatcherException(string? path, string? server)
        : base(ErrorCode.NoWatcher, $"'{path}' has no such watch", path, server, "Check the path, the kind of watch and the handler.")
    {
    }
}

/// <summary>The reply is longer than <see cref="ZooKeeperClientOptions.MaxFrameLength"/>. The session goes on.</summary>
public sealed class ReplyTooLargeException : ZooKeeperException
{
    internal ReplyTooLargeException(OpCode operation, string? path, string? server, int length, int limit)
        : base(ErrorCode.MarshallingError, $"The reply to {operation} '{path}' is {length} bytes long, over the limit of {limit}", path, server,
            "Raise MaxFrameLength in the client's options.")
    {
    }
}

/// <summary>The request is longer than <see cref="ZooKeeperClientOptions.MaxRequestLength"/> and was not sent.</summary>
public sealed class RequestTooLargeException : ZooKeeperException
{
    internal RequestTooLargeException(OpCode operation, string? path, int length, int limit)
        : base(ErrorCode.MarshallingError, $"{operation} '{path}' is {length} bytes long, over the limit of {limit}, and was not sent", path, null,
            "Store less in one znode or transaction; or raise jute.maxbuffer on every server and MaxRequestLength in the client's options.")
    {
    }
}
