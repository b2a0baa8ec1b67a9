using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace CoordPS.Server.Hosting;

/// <summary>What tells a process from a later one that was given the same number: when it began.</summary>
internal static class ProcessIdentity
{
    /// <summary>The identity of a process that runs; null when there is none with the number.</summary>
    public static string? Of(int processId) => Read(processId)?.Identity;

    /// <summary>Whether a process is the one that has the identity, and has not ended.</summary>
    public static bool IsAlive(int processId, string? identity) => processId != 0 && identity is not null && Of(processId) == identity;

    /// <summary>Whether a process is stopped by a signal, where the system tells; else null.</summary>
    public static bool? IsStopped(int processId) => OperatingSystem.IsLinux() ? Read(processId)?.State is 'T' or 't' : null;

    private static (string Identity, char State)? Read(int processId)
    {
        if (OperatingSystem.IsLinux())
            return ReadProc(processId);
        try
        {
            using var process = Process.GetProcessById(processId);
            return process.HasExited ? null : (process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture), 'R');
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }

    /// <summary>The start in ticks since boot, and which boot: unlike a time of day, the clock's being set does not change them.</summary>
    private static (string Identity, char State)? ReadProc(int processId)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{processId}/stat");
            // The name in parentheses may have spaces and parentheses itself; state is the first field after it, start the twentieth.
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : ($"{File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()}:{fields[19]}", fields[0][0]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
