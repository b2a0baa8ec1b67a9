using CoordPS.Zab;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CoordPS.Server.Backup;

/// <summary>Where a backup comes from.</summary>
public abstract class BackupSource
{
    private protected BackupSource()
    {
    }

    /// <summary>What is backed up, for people.</summary>
    public abstract string Description { get; }

    /// <summary>An ensemble, CoordPS's or Apache's: its leader is asked for its history as by an observer that joins for a moment.</summary>
    /// <param name="members">The members' <c>server.N</c> lines: those of <c>/zookeeper/config</c>; other lines may be among them.</param>
    /// <param name="timeout">How long to look for the leader, and to wait whenever it is silent. Default: 15 seconds.</param>
    /// <param name="logger">Told what happens; null for nobody.</param>
    /// <exception cref="FormatException">The lines name no member, or not as they should.</exception>
    public static BackupSource FromEnsemble(string members, TimeSpan? timeout = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(members);
        EnsembleConfig config = EnsembleConfig.Parse(members);
        if (config.Members.Count == 0)
            throw new FormatException("No member is named. Give server.N=host:quorumPort:electionPort lines.");
        return new EnsembleBackupSource(config, timeout ?? TimeSpan.FromSeconds(15), logger ?? NullLogger.Instance);
    }

    /// <summary>
    /// The data directory of a server, whether one uses it or not: the newest snapshot that is valid and the log since, up to its last
    /// whole record. Of a member of an ensemble this is what the member has, which may lag, and whose last transactions may not be
    /// committed yet.
    /// </summary>
    /// <param name="dataDir">The data directory, or its <c>version-2</c>.</param>
    /// <param name="dataLogDir">The directory of the logs, if it is another.</param>
    /// <param name="logger">Told of what is passed over; null for nobody.</param>
    public static BackupSource FromDataDirectory(string dataDir, string? dataLogDir = null, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(dataDir);
        return new DirectoryBackupSource(dataDir, dataLogDir, logger ?? NullLogger.Instance);
    }

    /// <summary>Copies a snapshot and the log since, or the log from where the backup ends; all that is committed by now.</summary>
    internal abstract void CopyTo(BackupWriter writer, CancellationToken cancellationToken);
}
