using CoordPS.Protocol;

namespace CoordPS.Client.Admin;

/// <summary>A member did not answer a four-letter word or a command of its AdminServer.</summary>
public sealed class AdminException : ZooKeeperException
{
    internal AdminException(AdminFailure failure, ErrorCode error, string what, string reason, string? server, string action, Exception? inner = null)
        : base(error, $"{what}: {reason}", null, server, action, inner)
    {
        Failure = failure;
        Reason = reason;
    }

    /// <summary>What kind of failure it is.</summary>
    public AdminFailure Failure { get; }

    /// <summary>The reason by itself, without the command, the member and what to do.</summary>
    public string Reason { get; }
}
