using System.Management.Automation;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// A cmdlet that keeps many requests in flight and still emits their results in the order of its input. What is done is emitted at the
/// next chance: when the next object arrives, when the window is full, and at the end.
/// </summary>
public abstract class PipelinedCmdlet : SessionCmdlet
{
    private readonly RequestWindow _window;

    private protected PipelinedCmdlet() => _window = new RequestWindow(WriteError);

    /// <summary>
    /// The most requests in flight. With <c>-ErrorAction Stop</c>, those after the one that failed may have been carried out: use 1 where
    /// that matters.
    /// </summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int ThrottleLimit
    {
        get => _window.Limit;
        set => _window.Limit = value;
    }

    /// <summary>
    /// Whether objects that come one by one are answered before the next is asked for: PowerShell gives a cmdlet no other chance to emit
    /// while the upstream waits.
    /// </summary>
    private protected virtual bool AnswersAtOnce => true;

    /// <summary>Handles one object of the input by submitting its requests.</summary>
    protected abstract Task SubmitInputAsync();

    /// <inheritdoc/>
    protected sealed override Task ProcessAsync() => _window.ProcessAsync(SubmitInputAsync, AnswersAtOnce, Cancellation);

    /// <inheritdoc/>
    protected override Task EndAsync() => DrainAsync();

    /// <summary>Puts a request in flight, after waiting for a place in the window.</summary>
    /// <param name="target">The path or other object that an error is about.</param>
    /// <param name="request">Starts the request.</param>
    /// <param name="emit">Writes its result, on the pipeline thread, after the results of the requests before it.</param>
    protected Task SubmitAsync<T>(object? target, Func<CancellationToken, Task<T>> request, Action<T> emit) =>
        SubmitAsync(target, request, result =>
        {
            emit(result);
            return Task.CompletedTask;
        });

    /// <summary>The same with a result that takes further requests to write.</summary>
    protected Task SubmitAsync<T>(object? target, Func<CancellationToken, Task<T>> request, Func<T, Task> emit) =>
        _window.SubmitAsync(target, request, emit, Cancellation);

    /// <summary>Whether the path can be one; if not, the error takes its place among the results.</summary>
    /// <param name="path">The path.</param>
    /// <param name="sequential">Whether the server appends a counter, which makes a name of what ends with a slash.</param>
    protected async Task<bool> CheckPathAsync(string path, bool sequential = false)
    {
        if (ZPath.Check(sequential ? path + "0" : path) is not { } reason)
            return true;
        await SubmitErrorAsync(ErrorRecords.BadPath(path, reason));
        return false;
    }

    /// <summary>Puts an error that took no request in its place among the results.</summary>
    private protected Task SubmitErrorAsync(CoordException error) =>
        SubmitAsync<bool>(error.Path, _ => Task.FromException<bool>(error), static _ => { });

    /// <summary>Waits for everything in flight and emits it.</summary>
    protected Task DrainAsync() => _window.DrainAsync(Cancellation);
}
