using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CoordPS.Server.Hosting;

/// <summary>Processes that have nothing to do with the terminal and the process that started them, and signals to them.</summary>
internal static partial class DetachedProcess
{
    /// <summary>Starts a program whose output goes to the end of a file.</summary>
    /// <exception cref="Win32Exception">It can't be run.</exception>
    public static int Start(string executable, IReadOnlyList<string> arguments, string workingDirectory, string log)
    {
        // With all streams redirected, .NET leaves the terminal's settings alone. The shell, which exec replaces, points them at the file.
        var start = new ProcessStartInfo
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (OperatingSystem.IsWindows())
        {
            start.FileName = Environment.GetEnvironmentVariable("ComSpec") ?? "cmd.exe";
            start.Arguments = $"/d /s /c \"\"{executable}\" {string.Join(' ', arguments.Select(static a => $"\"{a}\""))} >> \"{log}\" 2>&1 < nul\"";
        }
        else
        {
            start.FileName = "/bin/sh";
            foreach (string argument in (string[])["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "coordps", log, executable, .. arguments])
                start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start) ?? throw new Win32Exception($"'{executable}' did not start.");
        return process.Id;
    }

    /// <summary>Asks a process to end, where that can be asked; else ends it.</summary>
    public static void Terminate(int processId)
    {
        if (OperatingSystem.IsWindows())
            Kill(processId);
        else
            _ = Signal(processId, 15);
    }

    /// <summary>Ends a process, and on Windows the shell around it.</summary>
    public static void Kill(int processId)
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = Signal(processId, 9);
            return;
        }

        try
        {
            using var process = Process.GetProcessById(processId);
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It has ended meanwhile.
        }
    }

    /// <summary>Stops a process until <see cref="Continue"/>.</summary>
    public static void Stop(int processId) => _ = Signal(processId, OperatingSystem.IsMacOS() ? 17 : 19);

    /// <summary>Lets a stopped process go on.</summary>
    public static void Continue(int processId) => _ = Signal(processId, OperatingSystem.IsMacOS() ? 19 : 18);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);
}
