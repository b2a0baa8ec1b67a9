using System.Diagnostics;

namespace CoordPS.Testing;

/// <summary>What becomes of a leader.</summary>
public enum LeaderFate
{
    /// <summary>Its process is killed (SIGKILL), and started again later.</summary>
    Killed,

    /// <summary>Its process is stopped from running (SIGSTOP), and goes on later: its connections stay, and nothing comes by them.</summary>
    Suspended,
}

/// <summary>Takes an ensemble's leader away under load, measures how long clients can't write, and brings it back.</summary>
public static class LeaderLoss
{
    /// <summary>How long a write, or an election, may take to succeed again: on a busy machine there may be several elections.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(120);

    /// <summary>One loss.</summary>
    /// <returns>From the signal to the acknowledgement of the first write that was begun after it took effect.</returns>
    public static async Task<TimeSpan> RunAsync(ProcessEnsemble ensemble, CheckedLoad load, LeaderFate fate)
    {
        await load.WroteAsync(50).ConfigureAwait(false);
        int leader = await ensemble.LeaderAsync().ConfigureAwait(false);
        IServerProcess server = ensemble[leader];
        int process = server.ProcessId!.Value;
        long signal = Stopwatch.GetTimestamp();
        if (fate == LeaderFate.Killed)
            ProcessSignal.Send(process, ProcessSignal.Kill);
        else
            ProcessSignal.Suspend(server);
        await ProcessSignal.WaitUntilIdleAsync(process).ConfigureAwait(false);
        long written = await load.NextWriteAsync(Patience).ConfigureAwait(false);
        if (fate == LeaderFate.Killed)
        {
            await server.KillAsync().ConfigureAwait(false);
            await server.StartAsync().ConfigureAwait(false);
        }
        else
        {
            ProcessSignal.Resume(server);
        }

        await ensemble.WaitUntilAllServeAsync().ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(signal, written);
    }
}
