using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Containers;
using CoordPS.Kubernetes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Error records of what ensembles, engines and clusters refuse: the ZooKeeper error,
/// <see cref="DockerError"/> or <see cref="KubernetesErrorKind"/> as the id, a category to branch on,
/// and what to do in terms of cmdlets.
/// </summary>
internal static class ErrorRecords
{
    /// <summary>
    /// Whether it is an error of a service, or of what was asked of it, and not of this program. For filters of catch clauses,
    /// which must not write errors themselves: what that throws with <c>-ErrorAction Stop</c> would be lost there.
    /// </summary>
    public static bool IsKnown(Exception exception) => exception is CoordException or ZooKeeperException or DockerException or KubernetesException;

    /// <summary>The record of an error.</summary>
    /// <param name="exception">What went wrong.</param>
    /// <param name="target">What it is about; the exception's own path goes before it.</param>
    public static ErrorRecord From(Exception exception, object? target) => exception switch
    {
        CoordException e => Create(e, e.Id, e.Category ?? CategoryOf(e.Error), e.Path ?? target, e.Message, e.RecommendedAction),
        ZooKeeperException e => Create(e, IdOf(e), CategoryOf(e.Error), e.Path ?? target, WhatHappened(e), ActionFor(e)),
        DockerException e => Create(e, e.Error.ToString(), CategoryOf(e.Error), e.Subject ?? target, e.Summary, e.RecommendedAction),
        KubernetesException e => Create(e, KubernetesErrors.IdOf(e), KubernetesErrors.CategoryOf(e.Kind), e.Target ?? target, e.Message, KubernetesErrors.ActionFor(e)),
        _ => new ErrorRecord(exception, "Unexpected", ErrorCategory.NotSpecified, target),
    };

    /// <summary>The error for a path that can't be one.</summary>
    public static CoordException BadPath(string? path, string reason) => new(
        nameof(ErrorCode.BadArguments), ErrorCode.BadArguments, $"'{path}' is not a znode path: {reason}.",
        "Write an absolute path such as /app/config: names parted by single slashes, none at the end.", path);

    private static ErrorRecord Create(Exception exception, string id, ErrorCategory category, object? target, string message, string action) =>
        new(exception, id, category, target)
        {
            // PowerShell shows the action by itself.
            ErrorDetails = new ErrorDetails(message) { RecommendedAction = action },
        };

    private static string IdOf(ZooKeeperException exception) => exception switch
    {
        SessionClosedException => "SessionClosed",
        ReplyTooLargeException => "ReplyTooLarge",
        RequestTooLargeException => "RequestTooLarge",
        _ => exception.Error.ToString(),
    };

    private static string WhatHappened(ZooKeeperException exception) => exception is ZooKeeperTransactionException { InnerException: ZooKeeperException cause } failed
        ? $"Operation {failed.FailedIndex + 1} of {failed.Results.Count} ({new ZNodeOperation(failed.Results[failed.FailedIndex].Operation)}) failed, so nothing was done: {WhatHappened(cause)}"
        : exception.Message.EndsWith(exception.RecommendedAction, StringComparison.Ordinal)
            ? exception.Message[..^exception.RecommendedAction.Length].TrimEnd()
            : exception.Message;

    private static string ActionFor(ZooKeeperException exception) => exception switch
    {
        ZooKeeperTransactionException { InnerException: ZooKeeperException cause } => ActionFor(cause),
        NoNodeException => "Check the path and the session's chroot, or create what is missing with New-ZNode -Parents.",
        NodeExistsException => "Set its data with Set-ZNode, or choose another path.",
        BadVersionException => "Read it again with Get-ZNode, decide again, and retry with the version read; or leave out -Version and -IfUnchanged to overwrite.",
        NotEmptyException => "Remove them with it: Remove-ZNode -Recurse.",
        SessionExpiredException or SessionClosedException => "Run Connect-Coord for a new session, and create its ephemerals anew.",
        ConnectionLossException { OutcomeUnknown: true } or RequestTimeoutException { OutcomeUnknown: true } =>
            "Read the znode with Get-ZNode to learn the outcome before retrying.",
        NoAuthException => "Connect with credentials that the list allows (Connect-Coord -Credential), or see it with Get-ZNodeAcl.",
        AuthFailedException => "Check the credentials and run Connect-Coord again.",
        RequestTooLargeException => "Store less in one znode or transaction; or raise jute.maxbuffer on every server, and Connect-Coord -MaxRequestSize.",
        ReplyTooLargeException => "Read less at once; or raise Connect-Coord -MaxReplySize.",
        _ => exception.RecommendedAction,
    };

    private static ErrorCategory CategoryOf(ErrorCode error) => error switch
    {
        ErrorCode.NoNode or ErrorCode.NoWatcher => ErrorCategory.ObjectNotFound,
        ErrorCode.NodeExists => ErrorCategory.ResourceExists,
        ErrorCode.BadVersion or ErrorCode.NotEmpty or ErrorCode.NoChildrenForEphemerals or ErrorCode.NotReadOnly
            or ErrorCode.EphemeralOnLocalSession => ErrorCategory.InvalidOperation,
        ErrorCode.BadArguments or ErrorCode.InvalidAcl or ErrorCode.MarshallingError => ErrorCategory.InvalidArgument,
        ErrorCode.NoAuth => ErrorCategory.PermissionDenied,
        ErrorCode.AuthFailed or ErrorCode.SessionClosedRequireSaslAuth => ErrorCategory.AuthenticationError,
        ErrorCode.ConnectionLoss or ErrorCode.SessionExpired or ErrorCode.SessionMoved or ErrorCode.UnknownSession => ErrorCategory.ConnectionError,
        ErrorCode.OperationTimeout or ErrorCode.RequestTimeout => ErrorCategory.OperationTimeout,
        ErrorCode.QuotaExceeded => ErrorCategory.QuotaExceeded,
        ErrorCode.ThrottledOp => ErrorCategory.LimitsExceeded,
        ErrorCode.Unimplemented => ErrorCategory.NotImplemented,
        _ => ErrorCategory.NotSpecified,
    };

    private static ErrorCategory CategoryOf(DockerError error) => error switch
    {
        DockerError.EngineUnreachable or DockerError.EngineConnectionLost or DockerError.RegistryUnreachable => ErrorCategory.ConnectionError,
        DockerError.EngineAccessDenied or DockerError.RegistryDenied => ErrorCategory.PermissionDenied,
        DockerError.RegistryUnauthorized or DockerError.CredentialHelperFailed => ErrorCategory.AuthenticationError,
        DockerError.EngineTooOld or DockerError.BuildKitUnavailable => ErrorCategory.NotInstalled,
        DockerError.BadConfiguration or DockerError.BadRequest => ErrorCategory.InvalidArgument,
        DockerError.NotFound or DockerError.ImageNotInRegistry => ErrorCategory.ObjectNotFound,
        DockerError.Conflict => ErrorCategory.ResourceBusy,
        DockerError.PortInUse or DockerError.ContainerExited => ErrorCategory.ResourceUnavailable,
        DockerError.ContainerNotHealthy => ErrorCategory.OperationTimeout,
        DockerError.BuildContextUnreadable => ErrorCategory.ReadError,
        DockerError.DockerfileInvalid => ErrorCategory.ParserError,
        DockerError.DiskFull => ErrorCategory.LimitsExceeded,
        _ => ErrorCategory.InvalidResult,
    };
}
