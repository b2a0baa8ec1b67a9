using System.Management.Automation;
using CoordPS.Client;

namespace CoordPS.Cmdlets;

/// <summary>What <c>New-PSDrive</c> takes for a drive of znodes, as <c>Connect-Coord</c> does.</summary>
public sealed class NewDriveParameters
{
    /// <summary>How long servers keep the drive's session without hearing from it; default 30 seconds.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest one attempt at one address may take; default: the session timeout shared among the servers, 1 to 10 seconds.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? ConnectTimeout { get; set; }

    /// <summary>How long to go on trying when no server accepts the session; default: every address is tried once.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan RetryTime { get; set; }

    /// <summary>Users and passwords of the digest scheme as <c>user:password</c>, beside <c>-Credential</c>.</summary>
    [Parameter]
    [ValidatePattern("^[^:]+:")]
    public string[] Digest { get; set; } = [];

    /// <summary>Takes a server that has lost its quorum and serves reads only, while there is no better one.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>The longest reply accepted, in bytes; default 4 MB.</summary>
    [Parameter]
    [ValidateRange(1024, int.MaxValue)]
    public int MaxReplySize { get; set; } = 4 * 1024 * 1024;

    /// <summary>The longest request sent, in bytes; default 1 MB less 1. To be raised with <c>jute.maxbuffer</c> on every server.</summary>
    [Parameter]
    [ValidateRange(1024, int.MaxValue)]
    public int MaxRequestSize { get; set; } = 0xfffff;

    /// <summary>The options of a client for these servers.</summary>
    internal ZooKeeperClientOptions ToOptions(string connectionString, PSCredential? credential) => new()
    {
        ConnectionString = connectionString,
        SessionTimeout = Timeout,
        ConnectTimeout = ConnectTimeout,
        ConnectRetryTime = RetryTime,
        CanBeReadOnly = ReadOnly,
        MaxFrameLength = MaxReplySize,
        MaxRequestLength = MaxRequestSize,
        Credentials =
        [
            .. credential is null || credential == PSCredential.Empty ? Array.Empty<Credential>() : [From(credential)],
            .. Digest.Select(digest => digest.Split(':', 2)).Select(parts => Credential.Digest(parts[0], parts[1])),
        ],
    };

    // UserName of the original: a domain is no part of the scheme, and a backslash may well be part of the name.
    private static Credential From(PSCredential user) => Credential.Digest(user.UserName, user.GetNetworkCredential().Password);
}
