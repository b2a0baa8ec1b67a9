using System.Diagnostics;
using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Progress of work whose length is unknown: shown when it has taken a second, and then a few times a second.</summary>
internal sealed class ProgressReporter(Action<ProgressRecord> write, string activity)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static int _lastId = 0x436f6f;

    private readonly int _id = NextId();
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _shown;

    /// <summary>Progress of a cmdlet.</summary>
    public ProgressReporter(Cmdlet cmdlet, string activity)
        : this(cmdlet.WriteProgress, activity)
    {
    }

    /// <summary>A number that no other bar of this process has.</summary>
    public static int NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>Tells how far it is, if it is time to.</summary>
    public void Report(long count, string what) =>
        Report($"{count} {what}, {count / Stopwatch.GetElapsedTime(_started).TotalSeconds:0}/s");

    /// <summary>Tells what it waits for, if it is time to.</summary>
    /// <param name="status">What.</param>
    /// <param name="percent">How much is done; -1 when that is unknown.</param>
    public void Report(string status, int percent = -1)
    {
        if (_shown == 0 ? Stopwatch.GetElapsedTime(_started) < Patience : Stopwatch.GetElapsedTime(_shown) < Interval)
            return;
        _shown = Stopwatch.GetTimestamp();
        write(new ProgressRecord(_id, activity, status) { PercentComplete = percent });
    }

    /// <summary>Takes the progress off the screen.</summary>
    public void Complete()
    {
        if (_shown != 0)
            write(new ProgressRecord(_id, activity, "Done") { RecordType = ProgressRecordType.Completed });
    }
}
