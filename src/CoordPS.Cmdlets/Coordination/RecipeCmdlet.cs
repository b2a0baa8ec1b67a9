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
    /// <param name="waiting">What ends the wait. What it brings is given back when the cmdlet is stopped meanwhile.</param>
    /// <param name="activity">What it is, for the progress.</param>
    /// <param name="status">Whom it waits for, asked for every few seconds; a failure to tell is not shown.</param>
    private protected async Task<T> WaitAsync<T>(Task<T> waiting, string activity, Func<CancellationToken, Task<string>> status)
    {
        var progress = new ProgressReporter(this, activity);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.5));
        T result;
        try
        {
            try
            {
                Task<bool> tick = timer.WaitForNextTickAsync(ended.Token).AsTask();
                while (await Task.WhenAny(waiting, tick) != waiting)
                {
                    await tick;
                    string text;
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

                result = await waiting;
            }
            finally
            {
                await ended.CancelAsync();
                progress.Complete();
            }

            Cancellation.ThrowIfCancellationRequested();
            return result;
        }
        catch
        {
            _ = AbandonAsync(waiting);
            throw;
        }
    }

    /// <summary>Gives back what was got after all, when nobody waits for it any more.</summary>
    private static async Task AbandonAsync<T>(Task<T> waiting)
    {
        await ((Task)waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (waiting.IsCompletedSuccessfully && waiting.Result is IAsyncDisposable got)
            await got.DisposeAsync().ConfigureAwait(false);
    }
}
