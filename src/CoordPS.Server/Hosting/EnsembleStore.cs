using System.Diagnostics;
using System.Text.Json;

namespace CoordPS.Server.Hosting;

/// <summary>
/// The notes of this user's ensembles whose members are processes: a file for each in <c>$XDG_STATE_HOME/coordps/ensembles</c>, by default
/// <c>~/.local/state</c>, on Windows in the local application data.
/// </summary>
internal static class EnsembleStore
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);

    public static string Folder
    {
        get
        {
            string? state = OperatingSystem.IsWindows() ? null : Environment.GetEnvironmentVariable("XDG_STATE_HOME");
            if (state is not { Length: > 0 })
            {
                state = OperatingSystem.IsWindows()
                    ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                    : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
            }

            return Path.Combine(state, "coordps", "ensembles");
        }
    }

    /// <summary>All there are, oldest first. What can't be read is nobody's.</summary>
    public static IReadOnlyList<EnsembleRecord> All => !Directory.Exists(Folder) ? []
        : [.. Directory.EnumerateFiles(Folder, "*.json").Select(ReadFile).OfType<EnsembleRecord>().OrderBy(static r => r.Started)];

    public static EnsembleRecord? Read(string name) => ReadFile(FileOf(name));

    /// <summary>Notes an ensemble; false if there is one of that name.</summary>
    public static bool TryAdd(EnsembleRecord record)
    {
        using FileStream _ = Lock(record.Name);
        if (Read(record.Name) is { } other && !IsLeft(other, record.DataPath))
            return false;
        Write(record);
        return true;
    }

    /// <summary>Changes what is noted; nothing when nothing is.</summary>
    public static void Update(string name, Func<EnsembleRecord, EnsembleRecord> change)
    {
        using FileStream _ = Lock(name);
        if (Read(name) is { } record)
            Write(change(record));
    }

    public static void Remove(string name)
    {
        if (!Directory.Exists(Folder))
            return;
        using (Lock(name))
            File.Delete(FileOf(name));
        File.Delete(FileOf(name, ".lock"));
    }

    /// <summary>Whether an ensemble that does not run, as after a restart of the machine, is the one to be started, or has lost its folder.</summary>
    private static bool IsLeft(EnsembleRecord record, string dataPath) => !record.Members.Any(static m => ProcessIdentity.IsAlive(m.ProcessId, m.Identity))
        && (record.DataPath == dataPath || !Directory.Exists(record.DataPath));

    private static string FileOf(string name, string extension = ".json") => Path.Combine(Folder, name.ToUpperInvariant() + extension);

    private static EnsembleRecord? ReadFile(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(file), HostingJson.Default.EnsembleRecord);
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Write(EnsembleRecord record)
    {
        string file = FileOf(record.Name);
        PrivateFile.Write(file + ".new", JsonSerializer.Serialize(record, HostingJson.Default.EnsembleRecord));
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>Keeps other processes from changing the same note, for the moment that takes.</summary>
    private static FileStream Lock(string name)
    {
        Directory.CreateDirectory(Folder);
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(FileOf(name, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Stopwatch.GetElapsedTime(start) < LockPatience)
            {
                // Another process has it for the moment; nothing tells when it lets go.
                Thread.Sleep(5);
            }
        }
    }
}
