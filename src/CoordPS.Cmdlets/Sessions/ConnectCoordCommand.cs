using System.Management.Automation;
using System.Net;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Opens a session with a ZooKeeper ensemble, ours or Apache's, and emits it. Other cmdlets of this runspace use it unless they are given
/// another.
/// </summary>
[Cmdlet(VerbsCommunications.Connect, "Coord", DefaultParameterSetName = CredentialSet)]
[OutputType(typeof(CoordSession))]
public sealed class ConnectCoordCommand : AsyncCmdlet
{
    private const string CredentialSet = "Credential";
    private const string DigestSet = "Digest";

    /// <summary>
    /// Servers, and after the last a chroot if paths are to be below one: <c>host1:2181,host2:2181/app</c>, <c>[::1]:2181</c>. The port
    /// defaults to 2181. PowerShell makes a list of what has commas and no quotes: that is the same. An ensemble or a member, as
    /// <c>Start-CoordEnsemble</c> and <c>Get-CoordMember</c> emit them, stands for its servers.
    /// </summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Server")]
    [ServerTransformation]
    [ValidateNotNullOrEmpty]
    public string[] ConnectionString { get; set; } = ["localhost:2181"];

    /// <summary>
    /// How long servers keep the session, and its ephemerals, without hearing from it: <c>30s</c> (the default), <c>2m</c>, a TimeSpan or a number of
    /// seconds. Servers have bounds of their own; the session's <c>Timeout</c> says what was agreed.
    /// </summary>
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

    /// <summary>Users and passwords of the digest scheme.</summary>
    [Parameter(ParameterSetName = CredentialSet)]
    [Credential]
    public PSCredential[] Credential { get; set; } = [];

    /// <summary>Users and passwords of the digest scheme as <c>user:password</c>; <c>-Credential</c> keeps passwords out of the history.</summary>
    [Parameter(ParameterSetName = DigestSet)]
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

    /// <summary>
    /// The drive to make of the session; default <c>ZK</c>, which is left alone if there is a drive of that name and no one has named it here.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string DriveName { get; set; } = SessionDrive.DefaultName;

    /// <summary>Makes no drive.</summary>
    [Parameter]
    public SwitchParameter NoDrive { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        string servers = string.Join(',', ConnectionString);
        bool makeDrive = !NoDrive && !SessionDrive.IsTaken(this, DriveName);
        if (!NoDrive && !makeDrive && IsBound(nameof(DriveName)))
        {
            WriteError(SessionDrive.Taken(DriveName), DriveName);
            return;
        }

        var options = new ZooKeeperClientOptions
        {
            ConnectionString = servers,
            SessionTimeout = Timeout,
            ConnectTimeout = ConnectTimeout,
            ConnectRetryTime = RetryTime,
            CanBeReadOnly = ReadOnly,
            MaxFrameLength = MaxReplySize,
            MaxRequestLength = MaxRequestSize,
            Credentials = [.. Credentials()],
        };
        WriteVerbose($"Connecting to {servers}.");
        CoordSession session;
        try
        {
            session = new CoordSession(await ConnectAsync(options), servers, RunspaceState.Current);
        }
        catch (ArgumentException e)
        {
            WriteError(
                new CoordException(
                    nameof(ErrorCode.BadArguments), ErrorCode.BadArguments, $"Can't connect to '{servers}': {e.Message}",
                    "Write servers and chroot as host1:2181,host2:2181/app.", null, e),
                servers);
            return;
        }
        catch (ZooKeeperException e)
        {
            WriteError(e, servers);
            return;
        }

        session.Owner.Add(session);
        WriteVerbose($"Session {session.Id} at {session.Server}, timeout {session.Timeout.TotalSeconds:0.###} s.");
        if (makeDrive)
            SessionDrive.Mount(this, session, DriveName);
        WriteObject(session);
    }

    private async Task<ZooKeeperClient> ConnectAsync(ZooKeeperClientOptions options)
    {
        Task<ZooKeeperClient> connecting = ZooKeeperClient.ConnectAsync(options, Cancellation);
        var progress = new ProgressReporter(this, $"Connecting to {options.ConnectionString}");
        while (await Task.WhenAny(connecting, Task.Delay(TimeSpan.FromMilliseconds(250), Cancellation)) != connecting && !Cancellation.IsCancellationRequested)
            progress.Report("No server has accepted the session yet");
        progress.Complete();
        return await connecting;
    }

    private IEnumerable<Client.Credential> Credentials()
    {
        foreach (PSCredential credential in Credential)
        {
            NetworkCredential plain = credential.GetNetworkCredential();
            // UserName of the original: a domain is no part of the scheme, and a backslash may well be part of the name.
            yield return Client.Credential.Digest(credential.UserName, plain.Password);
        }

        foreach (string digest in Digest)
        {
            string[] parts = digest.Split(':', 2);
            yield return Client.Credential.Digest(parts[0], parts[1]);
        }
    }
}
