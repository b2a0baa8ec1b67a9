using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Management.Automation.Provider;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Drives of znodes: <c>New-PSDrive ZK CoordPS\ZooKeeper -Root host:2181/chroot</c>. PowerShell makes an instance for each operation; what
/// lasts is in the drive. See docs/decisions/0042-drive.md.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "PowerShell disposes of no provider, and may stop one that is long done; the source holds no handle or timer.")]
[CmdletProvider("ZooKeeper", ProviderCapabilities.ShouldProcess | ProviderCapabilities.Filter | ProviderCapabilities.Credentials)]
public sealed partial class ZooKeeperProvider : NavigationCmdletProvider, IContentCmdletProvider
{
    /// <summary>Reads in flight of a listing.</summary>
    private const int Window = 256;

    private readonly CancellationTokenSource _stopped = new();
    private readonly PipelineSynchronizationContext _context = new();

    /// <summary>PowerShell calls this from another thread on Ctrl+C.</summary>
    protected override void StopProcessing() => _stopped.Cancel();

    /// <inheritdoc/>
    protected override object NewDriveDynamicParameters() => new NewDriveParameters();

    /// <summary>Connects, unless it is the drive of a session that is open already.</summary>
    protected override PSDriveInfo? NewDrive(PSDriveInfo drive)
    {
        ArgumentNullException.ThrowIfNull(drive);
        if (drive is ZooKeeperDrive)
            return drive;
        var parameters = DynamicParameters as NewDriveParameters ?? new NewDriveParameters();
        ZooKeeperClientOptions options = parameters.ToOptions(ProviderPath.ConnectionString(drive.Root), drive.Credential);
        PSDriveInfo? made = null;
        Try(drive.Root, async cancel =>
        {
            ZooKeeperClient client;
            try
            {
                client = await ZooKeeperClient.ConnectAsync(options, cancel);
            }
            catch (ArgumentException e)
            {
                throw new CoordException(
                    nameof(ErrorCode.BadArguments), ErrorCode.BadArguments, $"Can't make a drive of '{drive.Root}': {e.Message}",
                    "Write servers and chroot as host1:2181,host2:2181/app.", null, e);
            }

            var session = new CoordSession(client, options.ConnectionString, RunspaceState.Current);
            session.Owner.AddFirst(session);
            made = new ZooKeeperDrive(drive, options, session);
            WriteVerbose($"Session {session.Id} at {session.Server}, timeout {session.Timeout.TotalSeconds:0.###} s.");
        });
        return made;
    }

    /// <summary>Closes the session if it is the drive's own.</summary>
    protected override PSDriveInfo RemoveDrive(PSDriveInfo drive)
    {
        if (drive is ZooKeeperDrive { OwnsSession: true } own)
        {
            own.Session.Owner.Remove(own.Session);
            Run(cancel => own.Session.Client.DisposeAsync().AsTask().WaitAsync(cancel));
        }

        return drive;
    }

    /// <summary>Runs asynchronous code on this thread, which alone may write; Ctrl+C ends it.</summary>
    private void Run(Func<CancellationToken, Task> code)
    {
        if (Stopping || _stopped.IsCancellationRequested)
            throw new PipelineStoppedException();
        try
        {
            _context.Run(() => code(_stopped.Token));
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>The same for what an error ends without ending the pipeline.</summary>
    private void Try(string path, Func<CancellationToken, Task> code)
    {
        try
        {
            Run(code);
        }
        catch (Exception e) when (ErrorRecords.IsKnown(e))
        {
            WriteError(ErrorRecords.From(e, path));
        }
    }

    /// <summary>The same for questions, which have no answer where there is an error.</summary>
    private T Ask<T>(string path, Func<CancellationToken, Task<T>> question)
    {
        T answer = default!;
        try
        {
            Run(async cancel => answer = await question(cancel));
        }
        catch (Exception e) when (ErrorRecords.IsKnown(e))
        {
            ThrowTerminatingError(ErrorRecords.From(e, path));
        }

        return answer;
    }

    /// <summary>The drive and the znode's path in it that a path of PowerShell's stands for.</summary>
    /// <exception cref="CoordException">There is no such drive, or it can't be a znode's path.</exception>
    private Place Locate(string path)
    {
        Place place = Find(path) ?? throw new CoordException(
            "NoDrive", ErrorCode.BadArguments, $"There is no drive whose root '{path}' is below.",
            "Make one with Connect-Coord or New-PSDrive -PSProvider CoordPS\\ZooKeeper.", path);
        if (ZPath.Check(place.Path) is { } reason)
            throw ErrorRecords.BadPath(place.Path, reason);
        return place;
    }

    /// <summary>The same without a look at the path; null when there is no such drive.</summary>
    private Place? Find(string path)
    {
        // Of several drives with a root, the one that the command names or is in, then the longest root, then the newest.
        if (PSDriveInfo is ZooKeeperDrive named && ProviderPath.ZNodePath(named.Root, path) is { } below)
            return new Place(this, named, below);
        Place? found = null;
        Collection<PSDriveInfo> drives = ProviderInfo.Drives;
        foreach (ZooKeeperDrive drive in drives.OfType<ZooKeeperDrive>())
        {
            if (ProviderPath.ZNodePath(drive.Root, path) is { } at && (found is null || drive.Root.Length >= found.Drive.Root.Length))
                found = new Place(this, drive, at);
        }

        return found;
    }

    /// <summary>A znode in a drive.</summary>
    private sealed record Place(ZooKeeperProvider Provider, ZooKeeperDrive Drive, string Path)
    {
        /// <summary>The path as PowerShell has it.</summary>
        public string ProviderPath => Cmdlets.ProviderPath.Of(Drive.Root, Path, Drive.Name);

        /// <summary>The session to ask.</summary>
        public Task<CoordSession> SessionAsync(CancellationToken cancellationToken)
        {
            // Of one command and not of the drive: PowerShell offers it everywhere or nowhere.
            if (Provider.Credential is { } user && user != PSCredential.Empty && user != Provider.PSDriveInfo?.Credential && user.UserName != Drive.Credential?.UserName)
            {
                throw new CoordException(
                    nameof(ErrorCode.BadArguments), ErrorCode.BadArguments, "A session has its credentials from the start: -Credential can't change them for one command.",
                    "Make a drive with them: New-PSDrive -Credential.", Path);
            }

            return Drive.GetSessionAsync(
                ended => Provider.WriteWarning($"Session {ended.Id} of drive {Drive.Name}: had expired, and its ephemerals are gone. The drive has a new one."),
                cancellationToken);
        }

        public Place Child(string name) => this with { Path = ZPath.Combine(Path, name) };

        public Place At(string path) => this with { Path = path };
    }
}
