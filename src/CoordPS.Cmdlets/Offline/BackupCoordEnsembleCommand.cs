using System.Management.Automation;
using System.Text;
using CoordPS.Client;
using CoordPS.Containers;
using CoordPS.Protocol;
using CoordPS.Server.Backup;
using CoordPS.Storage;

namespace CoordPS.Cmdlets;

/// <summary>
/// Takes a consistent copy of an ensemble, CoordPS's or Apache's, while it serves: its leader sends a snapshot and the log since, as to an observer that
/// joins for a moment. A folder that has a backup already is brought up to date: its log goes on, so that it can be restored to any point since it
/// was begun. What was copied is replayed before it counts.
/// </summary>
[Cmdlet(VerbsData.Backup, "CoordEnsemble", DefaultParameterSetName = SessionSet, SupportsShouldProcess = true)]
[OutputType(typeof(CoordBackup))]
public sealed class BackupCoordEnsembleCommand : AsyncCmdlet
{
    private const string SessionSet = "Session";
    private const string EnsembleSet = "Ensemble";
    private const string MemberSet = "Member";
    private const string DataPathSet = "DataPath";

    /// <summary>The backup's folder: a new or empty one, or one that has a backup of the same ensemble, which is brought up to date.</summary>
    [Parameter(Position = 0, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>A session with the ensemble, which tells its members; the default is the last one that <c>Connect-Coord</c> opened in this runspace.</summary>
    [Parameter(ParameterSetName = SessionSet, ValueFromPipelineByPropertyName = true)]
    public CoordSession? Session { get; set; }

    /// <summary>An ensemble of this machine. A standalone server is backed up by its files.</summary>
    [Parameter(ParameterSetName = EnsembleSet, Mandatory = true, ValueFromPipeline = true)]
    public CoordEnsemble Ensemble { get; set; } = null!;

    /// <summary>The members as in zoo.cfg: <c>server.1=host:2888:3888</c>. At least those that may lead.</summary>
    [Parameter(ParameterSetName = MemberSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string[] Member { get; set; } = [];

    /// <summary>The data directory of a server on this machine, whether it runs or not. Of a member of an ensemble it is what that member has.</summary>
    [Parameter(ParameterSetName = DataPathSet, Mandatory = true)]
    [Alias("DataDir")]
    [ValidateNotNullOrEmpty]
    public string DataPath { get; set; } = "";

    /// <summary>The directory of the server's logs, if it is another than <c>-DataPath</c>.</summary>
    [Parameter(ParameterSetName = DataPathSet)]
    [Alias("DataLogDir")]
    [ValidateNotNullOrEmpty]
    public string? DataLogPath { get; set; }

    /// <summary>How long to look for the leader, and to wait when it is silent; default 15 seconds.</summary>
    [Parameter(ParameterSetName = SessionSet)]
    [Parameter(ParameterSetName = EnsembleSet)]
    [Parameter(ParameterSetName = MemberSet)]
    [DurationTransformation]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Takes a whole new backup in place of the one in the folder, which goes once the new one is complete.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        string folder = GetUnresolvedProviderPathFromPSPath(Path);
        try
        {
            using TemporaryCopy? copy = ParameterSetName == EnsembleSet && Ensemble.Local is ContainerEnsemble containers && ContainerData.NeedsCopy(containers)
                ? await ContainerData.CopyAsync(containers, Cancellation) : null;
            if ((copy is null ? await FindSourceAsync() : BackupSource.FromDataDirectory(copy.Path)) is not { } source)
                return;
            bool exists = BackupManifest.Exists(folder);
            if (!ShouldProcess(folder, $"{(!exists ? "Back up" : Force ? "Replace the backup by one of" : "Bring the backup up to date from")} {source.Description}"))
                return;
            WriteVerbose($"Backing up {source.Description} to {folder}.");
            var progress = new BackupProgressReporter(this, $"Backing up to {folder}");
            BackupManifest manifest = await progress.WaitAsync(EnsembleBackup.TakeAsync(source, folder, Force, progress, Cancellation));
            WriteVerbose($"The backup holds {manifest.ZNodeCount} znodes at zxid 0x{manifest.LastZxid:x}.");
            WriteObject(new CoordBackup(folder, manifest));
        }
        catch (DockerException e)
        {
            WriteError(e, Ensemble.Name);
        }
        catch (BackupException e)
        {
            WriteError(OfflineErrors.From(e), folder);
        }
    }

    private async Task<BackupSource?> FindSourceAsync()
    {
        switch (ParameterSetName)
        {
            case MemberSet:
                return Parse(string.Join('\n', Member));
            case DataPathSet:
                return BackupSource.FromDataDirectory(
                    GetUnresolvedProviderPathFromPSPath(DataPath), DataLogPath is null ? null : GetUnresolvedProviderPathFromPSPath(DataLogPath));
            case EnsembleSet when Ensemble.Members.Count == 1:
                return BackupSource.FromDataDirectory(StoragePath.DataDirectories(Ensemble.DataPath)[0]);
            case EnsembleSet:
            {
                await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(
                    new ZooKeeperClientOptions { ConnectionString = Ensemble.ConnectionString, ConnectRetryTime = Timeout }, Cancellation);
                return await FromConfigAsync(client);
            }

            default:
                if ((Session ?? RunspaceState.Current.DefaultSession) is { } session)
                    return await FromConfigAsync(session.Client);
                WriteError(
                    new CoordException(
                        "NoSession", ErrorCode.UnknownSession, "There is no session in this runspace to tell the members.",
                        "Run Connect-Coord first, or give -Session, -Member or -DataPath."),
                    null);
                return null;
        }
    }

    private async Task<BackupSource?> FromConfigAsync(ZooKeeperClient client)
    {
        ZNodeData config = await client.GetConfigAsync(Cancellation);
        string text = Encoding.UTF8.GetString(config.Data ?? []);
        WriteVerbose($"The ensemble's configuration: {text.ReplaceLineEndings(" ")}");
        if (text.Contains("server.", StringComparison.Ordinal))
            return Parse(text);
        WriteError(
            new CoordException(
                "NoMembers", ErrorCode.BadArguments, "The server tells no members: it is standalone, or keeps its configuration to itself.",
                "Back up a standalone server on its own machine with -DataPath; or give the members with -Member.", "/zookeeper/config"),
            Path);
        return null;
    }

    private BackupSource? Parse(string members)
    {
        try
        {
            return BackupSource.FromEnsemble(members, Timeout);
        }
        catch (FormatException e)
        {
            WriteError(
                new CoordException(
                    nameof(ErrorCode.BadArguments), ErrorCode.BadArguments, e.Message, "Write members as zoo.cfg does: server.1=host:2888:3888.", null, e), members);
            return null;
        }
    }
}
