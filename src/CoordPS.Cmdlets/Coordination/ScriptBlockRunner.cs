using System.Management.Automation;
using System.Runtime.ExceptionServices;

namespace CoordPS.Cmdlets;

/// <summary>
/// Runs a script block in the caller's scope for a cmdlet, which passes on what it emits as it comes, and can stop it from outside, wherever
/// it is: in a loop, in another cmdlet, or in a program that it started.
/// </summary>
internal static class ScriptBlockRunner
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="cmdlet">The cmdlet, whose streams get what the block writes.</param>
    /// <param name="block">The block; it finds <paramref name="input"/> in <c>$_</c>.</param>
    /// <param name="input">What it works on.</param>
    /// <param name="stop">Stops it.</param>
    /// <returns>Whether it came to its end without being stopped.</returns>
    /// <exception cref="RuntimeException">What the block threw.</exception>
    /// <remarks><c>return</c>, and <c>break</c> and <c>continue</c> outside of the block's own loops, end the block.</remarks>
    public static bool Run(PSCmdlet cmdlet, ScriptBlock block, object input, CancellationToken stop)
    {
        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        shell.AddCommand("Microsoft.PowerShell.Core\\ForEach-Object").AddParameter("Process", block);
        var output = new PSDataCollection<PSObject>();
        ExceptionDispatchInfo? refused = null;
        // All of these are raised on this thread, by what the block does.
        PassOn(output, cmdlet.WriteObject);
        PassOn(shell.Streams.Error, record => NativeErrorStream.Write(cmdlet, record));
        PassOn(shell.Streams.Warning, record => cmdlet.WriteWarning(record.Message));
        PassOn(shell.Streams.Verbose, record => cmdlet.WriteVerbose(record.Message));
        PassOn(shell.Streams.Debug, record => cmdlet.WriteDebug(record.Message));
        PassOn(shell.Streams.Information, cmdlet.WriteInformation);
        PassOn(shell.Streams.Progress, cmdlet.WriteProgress);
        if (stop.IsCancellationRequested)
            return false;
        using CancellationTokenRegistration registration = stop.Register(() => shell.BeginStop(null, null));
        try
        {
            shell.Invoke(new[] { input }, output);
        }
        catch (PipelineStoppedException) when (stop.IsCancellationRequested || refused is not null)
        {
            // By us.
        }

        refused?.Throw();
        // A pipeline that is stopped in a program does not always throw.
        return !stop.IsCancellationRequested;

        void PassOn<T>(PSDataCollection<T> stream, Action<T> write) =>
            stream.DataAdded += (_, _) =>
            {
                foreach (T item in stream.ReadAll())
                {
                    try
                    {
                        write(item);
                    }
                    catch (Exception e)
                    {
                        // The cmdlet's pipeline wants no more (Select-Object -First, -ErrorAction Stop, Ctrl+C). That is for the cmdlet to know; in
                        // the block's own pipeline it would end the wrong one. This ends the block's, past its catch clauses.
                        refused ??= ExceptionDispatchInfo.Capture(e);
                        throw new PipelineStoppedException();
                    }
                }
            };
    }
}
