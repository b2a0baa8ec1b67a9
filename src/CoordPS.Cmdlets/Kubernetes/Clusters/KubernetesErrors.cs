using System.Management.Automation;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>Error records of the Kubernetes API's errors: what went wrong as the id, and what to do in terms of cmdlets.</summary>
internal static class KubernetesErrors
{
    /// <summary>The first part of the <c>FullyQualifiedErrorId</c>.</summary>
    public static string IdOf(KubernetesException exception) =>
        IsFieldConflict(exception) ? "KubernetesFieldConflict" : $"Kubernetes{exception.Kind}";

    /// <summary>Whether fields are owned by another manager, rather than the object changed by someone else meanwhile.</summary>
    public static bool IsFieldConflict(KubernetesException exception) =>
        exception.Kind == KubernetesErrorKind.Conflict && exception.Causes.Any(static cause => cause.Manager is not null);

    /// <summary>The category to branch on.</summary>
    public static ErrorCategory CategoryOf(KubernetesErrorKind kind) => kind switch
    {
        KubernetesErrorKind.NotFound => ErrorCategory.ObjectNotFound,
        KubernetesErrorKind.AlreadyExists => ErrorCategory.ResourceExists,
        KubernetesErrorKind.Conflict or KubernetesErrorKind.Expired => ErrorCategory.InvalidOperation,
        KubernetesErrorKind.Invalid or KubernetesErrorKind.Configuration => ErrorCategory.InvalidArgument,
        KubernetesErrorKind.Forbidden => ErrorCategory.PermissionDenied,
        KubernetesErrorKind.Unauthorized or KubernetesErrorKind.ClientCertificateExpired => ErrorCategory.AuthenticationError,
        KubernetesErrorKind.CertificateNotTrusted => ErrorCategory.SecurityError,
        KubernetesErrorKind.Unreachable => ErrorCategory.ConnectionError,
        KubernetesErrorKind.Timeout => ErrorCategory.OperationTimeout,
        KubernetesErrorKind.TooManyRequests => ErrorCategory.LimitsExceeded,
        KubernetesErrorKind.ServerError => ErrorCategory.ResourceUnavailable,
        _ => ErrorCategory.NotSpecified,
    };

    /// <summary>What to do about it.</summary>
    public static string ActionFor(KubernetesException exception) => IsFieldConflict(exception)
        ? "Leave those fields out, agree with their manager, or take them over with -Force."
        : exception.RecommendedAction;
}
