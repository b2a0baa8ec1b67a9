using System.Management.Automation;
using CoordPS.Server.Backup;

namespace CoordPS.Cmdlets;

/// <summary>Shows how far work on another thread is, while the pipeline's thread waits for it.</summary>
internal sealed class BackupProgressReporter(Cmdlet cmdlet, string activity) : IProgress<BackupProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly ProgressReporter _reporter = new(cmdlet, activity);
    private volatile string? _status;

    public void Report(BackupProgress value) => _status = value.ToString();

    /// <summary>Waits for the work on the pipeline's thread.</summary>
    public async Task<T> WaitAsync<T>(Task<T> work)
    {
        try
        {
            while (await Task.WhenAny(work, Task.Delay(Interval)) != work)
            {
                if (_status is { } status)
                    _reporter.Report(status);
            }

            return await work;
        }
        finally
        {
            _reporter.Complete();
        }
    }
}
