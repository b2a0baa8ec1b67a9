using System.Diagnostics;
using System.Globalization;

namespace CoordPS.Server.Admin;

/// <summary>What the operating system knows about this process.</summary>
internal static class ProcessInfo
{
    /// <summary>File descriptors that may be open; -1 where there is no such limit.</summary>
    public static long MaxFileDescriptors { get; } = ReadMaxFileDescriptors();

    /// <summary>File descriptors (handles, on Windows) that are open; -1 where that cannot be told.</summary>
    public static long OpenFileDescriptors()
    {
        if (OperatingSystem.IsWindows())
        {
            using var process = Process.GetCurrentProcess();
            return process.HandleCount;
        }

        var directory = OperatingSystem.IsLinux() ? "/proc/self/fd" : "/dev/fd";
        return Directory.Exists(directory) ? Directory.EnumerateFileSystemEntries(directory).LongCount() : -1;
    }

    /// <summary>The process metrics that Prometheus clients agree on.</summary>
    public static IEnumerable<(string Name, string Help, string Type, double Value)> Metrics()
    {
        using var process = Process.GetCurrentProcess();
        return
        [
            ("process_cpu_seconds_total", "Processor time in seconds.", "counter", process.TotalProcessorTime.TotalSeconds),
            ("process_start_time_seconds", "Start time in seconds since 1970.", "gauge",
                (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds),
            ("process_open_fds", "Open file descriptors.", "gauge", OpenFileDescriptors()),
            ("process_max_fds", "File descriptors that may be open.", "gauge", MaxFileDescriptors),
            ("process_virtual_memory_bytes", "Virtual memory in bytes.", "gauge", process.VirtualMemorySize64),
            ("process_resident_memory_bytes", "Resident memory in bytes.", "gauge", process.WorkingSet64),
        ];
    }

    private static long ReadMaxFileDescriptors()
    {
        const string Limits = "/proc/self/limits";
        if (!File.Exists(Limits))
        {
            return -1;
        }

        var line = File.ReadLines(Limits).FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        var soft = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(3);
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : -1;
    }
}
