using CoordPS.Storage;

namespace CoordPS.Server.Backup;

/// <summary>A data directory that is restored: the new <c>version-2</c> is made beside the old one and takes its place by a rename.</summary>
internal sealed class RestoreDirectory
{
    private readonly string _stamp;
    private readonly string _version;
    private readonly string? _logVersion;
    private readonly Stack<(string From, string To)> _moved = new();
    private readonly List<string> _made = [];
    private readonly List<string> _replaced = [];

    public RestoreDirectory(RestoreTarget target, string stamp)
    {
        _stamp = stamp;
        DataDir = DataDirOf(target.DataDir);
        _version = Path.Combine(DataDir, DataDirectory.VersionDirectory);
        if (!string.IsNullOrEmpty(target.DataLogDir) && DataDirOf(target.DataLogDir) is var logs && logs != DataDir)
            _logVersion = Path.Combine(logs, DataDirectory.VersionDirectory);
    }

    public string DataDir { get; }

    /// <summary>The highest epoch that the old files name.</summary>
    public long Epoch { get; private set; }

    /// <summary>Where the old files are.</summary>
    public IReadOnlyList<string> Replaced => _replaced;

    private IEnumerable<string> Versions => _logVersion is null ? [_version] : [_version, _logVersion];

    /// <summary>Whether a server of ours has the directory open; Apache's takes no lock.</summary>
    public static bool IsInUse(string version)
    {
        string file = Path.Combine(version, DataDirectory.LockFileName);
        if (!File.Exists(file))
            return false;
        try
        {
            using var handle = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>The highest epoch that the files of a <c>version-2</c> name, in their own right or by a log's name.</summary>
    public static long HighestEpoch(string version)
    {
        if (!Directory.Exists(version))
            return 0;
        long highest = 0;
        if (Path.GetFileName(version) == DataDirectory.VersionDirectory)
        {
            using DataDirectory directory = DataDirectory.OpenReadOnly(Path.GetDirectoryName(version)!);
            highest = Math.Max(directory.ReadAcceptedEpoch() ?? 0, directory.ReadCurrentEpoch() ?? 0);
        }

        return TxnLogDirectory.Files(version).Concat(SnapshotDirectory.Files(version)).Select(static f => f.Zxid >>> 32).Append(highest).Max();
    }

    /// <summary>Refuses a directory that a server uses, that is none, or that holds data which is not to be replaced.</summary>
    public void Check(bool replace)
    {
        if (File.Exists(DataDir))
            throw new BackupException(BackupFailure.TargetUnusable, $"'{DataDir}' is a file.", "Give a directory.");
        if (BackupManifest.Exists(DataDir))
            throw new BackupException(BackupFailure.TargetExists, $"'{DataDir}' is a backup.", "Restore to a server's data directory; a backup stays as it is.");
        foreach (string version in Versions.Where(Directory.Exists))
        {
            if (IsInUse(version))
                throw new BackupException(BackupFailure.TargetInUse, $"A server uses '{version}'.", "Stop it first, and all other members of its ensemble.");
            if (!replace && Directory.EnumerateFileSystemEntries(version).Any())
            {
                throw new BackupException(BackupFailure.TargetExists, $"'{version}' holds data.",
                    "Use -Force to move it aside (it is not deleted), or give another directory.");
            }

            try
            {
                Epoch = Math.Max(Epoch, HighestEpoch(version));
            }
            catch (StorageException)
            {
                // It may be what is restored because it is damaged; the epoch of the source has to do.
            }
        }
    }

    /// <summary>Makes the new files, under a name that no server looks for.</summary>
    public void Write(RecoveredState state, long epoch)
    {
        foreach (string version in Versions)
        {
            string made = $"{version}.new-{_stamp}";
            Directory.CreateDirectory(Path.GetDirectoryName(version)!);
            _made.Add(Directory.CreateDirectory(made).FullName);
        }

        var source = new SnapshotSource(state.Tree, state.Sessions);
        using (var writer = new SnapshotWriter(_made[0], source.Zxid))
        {
            source.WriteTo(writer);
            writer.Complete();
        }

        DataDirectory.WriteEpochs(_made[0], epoch);
    }

    /// <summary>Puts the new files in the place of the old ones.</summary>
    public void Place()
    {
        int i = 0;
        foreach (string version in Versions)
        {
            if (Directory.Exists(version))
            {
                string aside = $"{version}.before-{_stamp}";
                Move(version, aside);
                _replaced.Add(aside);
            }

            Move(_made[i++], version);
        }
    }

    /// <summary>Undoes <see cref="Place"/>, as far as it came.</summary>
    public void TakeBack()
    {
        while (_moved.TryPop(out (string From, string To) move))
            Directory.Move(move.To, move.From);
        _replaced.Clear();
    }

    /// <summary>Removes new files that were not put in place.</summary>
    public void RemoveUnplaced()
    {
        foreach (string made in _made.Where(Directory.Exists))
            Directory.Delete(made, recursive: true);
    }

    private static string DataDirOf(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return Path.GetFileName(full) == DataDirectory.VersionDirectory ? Path.GetDirectoryName(full)! : full;
    }

    private void Move(string from, string to)
    {
        Directory.Move(from, to);
        _moved.Push((from, to));
    }
}
