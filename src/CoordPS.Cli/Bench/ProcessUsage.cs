using System.Diagnostics;

namespace CoordPS.Cli.Bench;

/// <summary>Processor time that the server and this process took over a while, and the server's memory at its end.</summary>
/// <param name="Server">Of all server processes together; zero when none was named.</param>
/// <param name="Client">Of this process.</param>
/// <param name="ServerResidentBytes">Resident memory of all server processes.</param>
internal readonly record struct ProcessUsage(TimeSpan Server, TimeSpan Client, long ServerResidentBytes)
{
    /// <summary>The totals so far.</summary>
    /// <exception cref="UsageException">A process does not exist.</exception>
    public static ProcessUsage Now(IReadOnlyList<int> serverPids)
    {
        var (time, memory) = (TimeSpan.Zero, 0L);
        foreach (var pid in serverPids)
        {
            try
            {
                using var process = Process.GetProcessById(pid);
                time += process.TotalProcessorTime;
                memory += process.WorkingSet64;
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                throw new UsageException($"coordps bench: --server-pid {pid}: no such process");
            }
        }

        return new ProcessUsage(time, Environment.CpuUsage.TotalTime, memory);
    }

    /// <summary>What was used since an earlier reading.</summary>
    public ProcessUsage Since(ProcessUsage earlier) => this with { Server = Server - earlier.Server, Client = Client - earlier.Client };
}
