using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet over a recipe: it may wait, for others, for a while.</summary>
public abstract class RecipeCmdlet : SessionCmdlet
{
    /// <summary>The error for a path that can't be one; null for one that can.</summary>
    private protected static CoordException? Check(string path) => ZPath.Check(path) is { } reason ? ErrorRecords.BadPath(path, reason) : null;

    private protected static async Task<bool> DoneAsync(Task task)
    {
        await task.ConfigureAwait(false);
        return true;
    }

    /// <summary>Waits for others, and shows whom it waits for when that takes long.</summary>
    /// <param name="waiting">What ends the wait.</param>
    /// <param name="activity">What it is, for the progress.</param>
    /// <param name="status">Whom it waits for, asked for every few seconds; a failure to tell is not shown.</param>
    private protected async Task<T> WaitAsync<T>(Task<T> waiting, string activity, Func<CancellationToken, Task<string>> status)
    {
        var progress = new ProgressReporter(this, activity);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.5));
        try
        {
            Task<bool> tick = timer.WaitForNextTickAsync(ended.Token).AsTask();
            while (await Task.WhenAny(waiting, tick) != waiting)
            {
                await tick;
                string? text = null;
                try
                {
                    text = await status(ended.Token).WaitAsync(TimeSpan.FromSeconds(1), ended.Token);
                }
                catch (Exception e) when (e is ZooKeeperException or TimeoutException)
                {
                    text = $"{CurrentSession.State}";
                }

                progress.Report(text);
                tick = timer.WaitForNextTickAsync(ended.Token).AsTask();
            }

            return await waiting;
        }
        finally
        {
            await ended.CancelAsync();
            progress.Complete();
        }
    }
}
