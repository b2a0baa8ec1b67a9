namespace CoordPS.Kubernetes;

/// <summary>What went wrong, to branch on.</summary>
public enum KubernetesErrorKind
{
    /// <summary>An answer that is none of the others; see <see cref="KubernetesException.Reason"/>.</summary>
    Other,

    /// <summary>The kubeconfig, a file it names or a credential plugin can't be used.</summary>
    Configuration,

    /// <summary>No connection to the server, or it broke.</summary>
    Unreachable,

    /// <summary>The server's certificate is not trusted, not for this name, or expired.</summary>
    CertificateNotTrusted,

    /// <summary>The client's certificate has expired.</summary>
    ClientCertificateExpired,

    /// <summary>The server does not know who asks (401).</summary>
    Unauthorized,

    /// <summary>The server knows who asks and does not allow it (403).</summary>
    Forbidden,

    /// <summary>There is no such object or type of resource (404).</summary>
    NotFound,

    /// <summary>There is one of that name (409 AlreadyExists).</summary>
    AlreadyExists,

    /// <summary>Another version of the object, or another field manager, is in the way (409 Conflict).</summary>
    Conflict,

    /// <summary>The object is not valid (422), or the request is not (400).</summary>
    Invalid,

    /// <summary>The version asked for is no longer known (410).</summary>
    Expired,

    /// <summary>The server was asked too much (429), also by an eviction that a PodDisruptionBudget does not allow.</summary>
    TooManyRequests,

    /// <summary>The server, or we, gave up waiting.</summary>
    Timeout,

    /// <summary>The server failed (5xx).</summary>
    ServerError,
}
