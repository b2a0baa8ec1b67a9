using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>
/// The one bridge between PowerShell's synchronous pipeline and asynchronous code. What a cmdlet awaits comes back on the pipeline thread,
/// so asynchronous code may write, warn and prompt like any other; Ctrl+C cancels <see cref="Cancellation"/>.
/// </summary>
public abstract class AsyncCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly PipelineSynchronizationContext _context = new();

    /// <summary>Canceled by Ctrl+C, and by whatever else ends the pipeline early.</summary>
    protected CancellationToken Cancellation => _cancellation.Token;

    /// <summary>What <see cref="BeginProcessing"/> runs.</summary>
    protected virtual Task BeginAsync() => Task.CompletedTask;

    /// <summary>What <see cref="ProcessRecord"/> runs.</summary>
    protected virtual Task ProcessAsync() => Task.CompletedTask;

    /// <summary>What <see cref="EndProcessing"/> runs.</summary>
    protected virtual Task EndAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    protected sealed override void BeginProcessing() => Run(BeginAsync);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Run(ProcessAsync);

    /// <inheritdoc/>
    protected sealed override void EndProcessing() => Run(EndAsync);

    /// <summary>PowerShell calls this from another thread on Ctrl+C.</summary>
    protected sealed override void StopProcessing() => _cancellation.Cancel();

    /// <summary>Writes an error for this object and lets the pipeline go on with the next.</summary>
    /// <param name="exception">What went wrong.</param>
    /// <param name="target">The path or other object that it is about.</param>
    protected void WriteError(Exception exception, object? target) => WriteError(ErrorRecords.From(exception, target));

    /// <summary>Asks for a variable of the caller that is an enumeration, such as <c>$ConfirmPreference</c>.</summary>
    protected T GetPreference<T>(string name, T defaultValue)
        where T : struct, Enum
        => LanguagePrimitives.TryConvertTo(GetVariableValue(name), out T value) ? value : defaultValue;

    /// <summary>Whether the parameter is bound; in <see cref="BeginAsync"/>, where the pipeline has bound none, by the caller.</summary>
    protected bool IsBound(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives up what is still in flight: PowerShell disposes of a cmdlet however its pipeline ended.</summary>
    protected virtual void Dispose(bool disposing)
    {
        // Not disposed of: Ctrl+C may reach StopProcessing on its own thread just now, and the source holds no handle or timer.
        if (disposing)
            _cancellation.Cancel();
    }

    private void Run(Func<Task> code)
    {
        if (_cancellation.IsCancellationRequested)
            throw new PipelineStoppedException();
        try
        {
            _context.Run(code);
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception e) when (ErrorRecords.IsKnown(e))
        {
            WriteError(e, null);
        }
    }
}
