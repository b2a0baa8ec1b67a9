using System.Management.Automation;
using CoordPS.Protocol;
using CoordPS.Server.Backup;
using CoordPS.Storage;

namespace CoordPS.Cmdlets;

/// <summary>
/// Restores a backup, or the data directory of any ZooKeeper server, into data directories of servers that are stopped: all of it, or as it was at a
/// zxid or a time. Each gets a snapshot of the tree at that point and no log. What was there is moved aside, never deleted; nothing is changed
/// unless everything can be. Give all members of an ensemble: one that keeps its data would bring back what the others have lost.
/// </summary>
[Cmdlet(VerbsData.Restore, "CoordEnsemble", DefaultParameterSetName = DataPathSet, SupportsShouldProcess = true)]
[OutputType(typeof(CoordRestore))]
public sealed class RestoreCoordEnsembleCommand : AsyncCmdlet
{
    private const string DataPathSet = "DataPath";
    private const string EnsembleSet = "Ensemble";

    /// <summary>The backup's folder, or the data directory of a server that is stopped.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The directory of the logs, if <c>-Path</c> is a data directory that has another for them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? LogPath { get; set; }

    /// <summary>
    /// The data directories to restore into, of all members. Missing ones are made; the folder of a local ensemble stands for all of its members. A
    /// <c>myid</c> in them stays.
    /// </summary>
    [Parameter(Position = 1, Mandatory = true, ParameterSetName = DataPathSet)]
    [Alias("DataDir")]
    [ValidateNotNullOrEmpty]
    public string[] DataPath { get; set; } = [];

    /// <summary>The directories of the logs, one for each of <c>-DataPath</c>, if they are others.</summary>
    [Parameter(ParameterSetName = DataPathSet)]
    [Alias("DataLogDir")]
    [ValidateNotNullOrEmpty]
    public string[]? DataLogPath { get; set; }

    /// <summary>
    /// An ensemble of this machine, or in containers, that is stopped: all of its members are restored. Members in containers get new volumes; the old
    /// ones stay.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = EnsembleSet)]
    public CoordEnsemble Ensemble { get; set; } = null!;

    /// <summary>The last transaction to have.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long? ToZxid { get; set; }

    /// <summary>Restores the tree as it was at this time: before the first transaction that was made later.</summary>
    [Parameter]
    public DateTimeOffset? ToTime { get; set; }

    /// <summary>
    /// Ends the sessions of then, and with them their ephemerals. Otherwise both are there when the servers start, and go if the clients don't come back
    /// within their timeouts.
    /// </summary>
    [Parameter]
    public SwitchParameter NoEphemeral { get; set; }

    /// <summary>Restores into directories that hold data, which is moved aside.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (ToZxid is not null && ToTime is not null)
        {
            WriteError(new CoordException(nameof(ErrorCode.BadArguments), ErrorCode.BadArguments, "A zxid and a time were given.", "Give -ToZxid or -ToTime, not both."), Path);
            return;
        }

        string source = GetUnresolvedProviderPathFromPSPath(Path);
        // The object may be older than what another shell, or another command, has done since.
        if (ParameterSetName == EnsembleSet && Ensemble.Local is ContainerEnsemble present)
            await present.RefreshAsync(Cancellation);
        if (Targets() is not { } targets)
            return;
        using TemporaryCopy? copy = ParameterSetName == EnsembleSet && Ensemble.Local is ContainerEnsemble ? new TemporaryCopy() : null;
        if (copy is not null)
            targets = [new RestoreTarget(copy.Path)];
        try
        {
            var progress = new BackupProgressReporter(this, $"Restoring {source}");
            RestorePoint point = await progress.WaitAsync(RestorePoint.RecoverAsync(
                source, LogPath is null ? null : GetUnresolvedProviderPathFromPSPath(LogPath), ToZxid, ToTime, NoEphemeral, progress, Cancellation));
            string what = $"Restore {point.ZNodeCount} znodes as of zxid 0x{point.Zxid:x}{(point.Time is { } time ? $", {time.ToLocalTime():yyyy-MM-dd HH:mm:ss.fff}," : "")} from {source}";
            if (!ShouldProcess(copy is null ? string.Join(", ", targets.Select(static t => t.DataDir)) : Ensemble.Name, what))
                return;
            IReadOnlyList<RestoredDirectory> restored = await progress.WaitAsync(point.WriteToAsync(targets, Force, progress, Cancellation));
            if (copy is not null)
                restored = await ContainerData.ReplaceAsync((ContainerEnsemble)Ensemble.Local, copy.Path, Force, Cancellation);
            foreach (RestoredDirectory directory in restored)
                WriteObject(new CoordRestore(point, directory));
        }
        catch (Exception e) when (HostingErrors.IsKnown(e))
        {
            WriteError(HostingErrors.From(e), Ensemble.Name);
        }
        catch (BackupException e)
        {
            WriteError(OfflineErrors.From(e), source);
        }
    }

    private IReadOnlyList<RestoreTarget>? Targets()
    {
        if (ParameterSetName == EnsembleSet)
        {
            if (Ensemble.IsTemporary)
            {
                WriteError(
                    new CoordException(
                        "EnsembleTemporary", ErrorCode.BadArguments, $"The folder of ensemble '{Ensemble.Name}' goes with it.",
                        "Restore to a folder of your own (-DataPath), and start an ensemble there: Start-CoordEnsemble -DataPath."),
                    Ensemble.Name);
                return null;
            }

            if (Ensemble.State is CoordEnsembleState.Stopped or CoordEnsembleState.Failed)
                return Ensemble.Local is ContainerEnsemble ? [] : [.. StoragePath.DataDirectories(Ensemble.DataPath).Select(static path => new RestoreTarget(path))];
            WriteError(
                new CoordException(
                    "EnsembleRunning", ErrorCode.BadArguments, $"Ensemble '{Ensemble.Name}' runs.", "Stop its members first (Stop-CoordMember).", null, null, ErrorCategory.ResourceBusy),
                Ensemble.Name);
            return null;
        }

        if (DataLogPath is not null && DataLogPath.Length != DataPath.Length)
        {
            WriteError(
                new CoordException(
                    nameof(ErrorCode.BadArguments), ErrorCode.BadArguments, $"There are {DataPath.Length} data directories and {DataLogPath.Length} log directories.",
                    "Give -DataLogPath as many as -DataPath, in the same order."),
                Path);
            return null;
        }

        return DataLogPath is null
            ? [.. DataPath.SelectMany(path => StoragePath.DataDirectories(GetUnresolvedProviderPathFromPSPath(path))).Select(static path => new RestoreTarget(path))]
            : [.. DataPath.Zip(DataLogPath, (data, log) => new RestoreTarget(GetUnresolvedProviderPathFromPSPath(data), GetUnresolvedProviderPathFromPSPath(log)))];
    }
}
