using CoordPS.Protocol;

namespace CoordPS.Client;

/// <summary>An operation failed. The common reasons have subclasses; <see cref="Error"/> tells all of them.</summary>
public class ZooKeeperException : Exception
{
    internal ZooKeeperException(ErrorCode error, string what, string? path, string? server, string action, Exception? inner = null)
        : base(Compose(error, what, server, action), inner)
    {
        Error = error;
        Path = path;
        Server = server;
        RecommendedAction = action;
    }

    /// <summary>The ZooKeeper error.</summary>
    public ErrorCode Error { get; }

    /// <summary>The znode, relative to the chroot; null when no single znode is concerned.</summary>
    public string? Path { get; }

    /// <summary>The server that answered or was lost; null when there was none.</summary>
    public string? Server { get; }

    /// <summary>What to do about it.</summary>
    public string RecommendedAction { get; }

    /// <summary>The exception for an error that a server answered.</summary>
    internal static ZooKeeperException FromReply(ErrorCode error, OpCode operation, string? path, string? server)
    {
        string name = path is null ? "" : $"'{path}'";
        return error switch
        {
            ErrorCode.NoNode when operation is OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl =>
                new NoNodeException($"{name} can't be created: its parent does not exist", path, server,
                    "Create the parent first, for instance with EnsurePathAsync, or check the path and the chroot."),
            ErrorCode.NoNode => new NoNodeException($"{name} does not exist", path, server, "Create it first, or check the path and the chroot."),
            ErrorCode.NodeExists => new NodeExistsException(path, server),
            ErrorCode.BadVersion => new BadVersionException(path, server),
            ErrorCode.NotEmpty => new NotEmptyException(path, server),
            ErrorCode.NoAuth => new NoAuthException(operation, path, server),
            ErrorCode.InvalidAcl => new InvalidAclException(path, server),
            ErrorCode.NoChildrenForEphemerals => new NoChildrenForEphemeralsException(path, server),
            ErrorCode.SessionExpired => new SessionExpiredException("The session has expired", path, server),
            ErrorCode.SessionMoved => new SessionMovedException(path, server),
            ErrorCode.AuthFailed => new AuthFailedException("The credentials were refused", path, server),
            ErrorCode.QuotaExceeded => new QuotaExceededException(path, server),
            ErrorCode.NotReadOnly => new NotReadOnlyException(path, server),
            ErrorCode.BadArguments => new BadArgumentsException(
                $"The server refused the arguments of {operation} {name}", path, server, "Check the path, the mode and its time to live."),
            ErrorCode.Unimplemented => new UnimplementedException(operation, path, server),
            ErrorCode.NoWatcher => new NoWatcherException(path, server),
            ErrorCode.ThrottledOp => new ZooKeeperException(error, $"The server is overloaded and refused {operation} {name}", path, server,
                "Nothing was done. Retry later, or with fewer requests in flight."),
            ErrorCode.ReconfigDisabled => new ZooKeeperException(error, "The server has reconfiguration turned off", path, server,
                "Set reconfigEnabled=true on the members."),
            ErrorCode.ReconfigInProgress => new ZooKeeperException(error, "Another reconfiguration is in progress", path, server,
                "Retry when it has ended."),
            ErrorCode.NewConfigNoQuorum => new ZooKeeperException(error, "No quorum of the new configuration is connected and synced", path, server,
                "Start the new members and let them catch up, then retry."),
            ErrorCode.SessionClosedRequireSaslAuth => new AuthFailedException("The server requires SASL authentication, which this client lacks", path, server),
            _ => new ZooKeeperException(error, $"{operation} {name}".TrimEnd() + " failed", path, server, "See the server's log."),
        };
    }

    private static string Compose(ErrorCode error, string what, string? server, string action) =>
        server is null ? $"{what} ({error}). {action}" : $"{what} ({error}, server {server}). {action}";
}
