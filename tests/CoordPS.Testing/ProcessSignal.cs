using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace CoordPS.Testing;

/// <summary>Signals to server processes. Not on Windows.</summary>
public static partial class ProcessSignal
{
    /// <summary>Ends a process at once.</summary>
    public const int Kill = 9;

    /// <summary>Asks a process to end.</summary>
    public const int Terminate = 15;

    private const int Continue = 18;
    private const int Stop = 19;
    private const int NoSuchProcess = 3;

    /// <summary>Sends a signal. A process that has gone does not mind.</summary>
    /// <exception cref="Win32Exception">It is not allowed.</exception>
    public static void Send(int process, int signal)
    {
        if (SendSignal(process, signal) != 0 && Marshal.GetLastPInvokeError() != NoSuchProcess)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"Signal {signal} to process {process} failed.");
    }

    /// <summary>Stops a server from running, as a long pause would; <see cref="Resume"/> lets it go on.</summary>
    public static void Suspend(IServerProcess server) => Send(IdOf(server), Stop);

    /// <summary>Lets a suspended server go on.</summary>
    public static void Resume(IServerProcess server) => Send(IdOf(server), Continue);

    /// <summary>Waits until a process that was sent a signal does not run any more, dead or suspended.</summary>
    public static async Task WaitUntilIdleAsync(int process)
    {
        while (Runs(process))
            await Task.Delay(1).ConfigureAwait(false);
    }

    private static bool Runs(int process)
    {
        try
        {
            foreach (string thread in Directory.EnumerateDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task")))
            {
                string stat = File.ReadAllText(Path.Combine(thread, "stat"));
                // The name, in brackets, may hold anything.
                if (stat[stat.LastIndexOf(')') + 2] is not ('T' or 'Z' or 'X' or 't'))
                    return true;
            }
        }
        catch (IOException)
        {
            // A thread has ended while it was looked at, if not all of them.
            return Directory.Exists($"/proc/{process}") && Runs(process);
        }

        return false;
    }

    private static int IdOf(IServerProcess server) => server.ProcessId ?? throw new InvalidOperationException($"The server on port {server.Port} does not run.");

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
