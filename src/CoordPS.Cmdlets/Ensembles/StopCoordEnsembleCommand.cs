using System.Management.Automation;
using CoordPS.Containers;
using CoordPS.Protocol;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>
/// Stops ensembles, in this process, as processes or in containers. Data in a folder of their own choice stays, and so do stopped containers and their
/// volumes; a temporary folder goes.
/// </summary>
[Cmdlet(VerbsLifecycle.Stop, "CoordEnsemble", SupportsShouldProcess = true)]
public sealed class StopCoordEnsembleCommand : AsyncCmdlet
{
    /// <summary>Names, with <c>*</c> and <c>?</c>.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(EnsembleCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Also removes their data: folders, or containers with their volumes.</summary>
    [Parameter]
    public SwitchParameter DeleteData { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (string name in Name)
        {
            var unreadable = new List<(string Name, LocalEnsembleException Problem)>();
            IReadOnlyList<CoordEnsemble> found = await EnsembleRegistry.FindAsync(name, (other, e) => unreadable.Add((other, e)), Cancellation);
            if (found.Count + unreadable.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                WriteError(GetCoordEnsembleCommand.NoEnsemble(name), name);
            foreach (CoordEnsemble ensemble in found)
            {
                if (ShouldProcess(ensemble.Name, ensemble.IsTemporary || DeleteData ? "Stop ensemble and remove its data" : "Stop ensemble"))
                    await StopAsync(ensemble);
            }

            foreach ((string other, LocalEnsembleException problem) in unreadable)
            {
                if (!ShouldProcess(other, "End the processes of an ensemble whose folder can't be read"))
                    continue;
                await LocalEnsemble.AbandonProcessesAsync(other, Cancellation);
                WriteWarning($"The processes of '{other}' were ended; its folder stays as it is: {problem.Message}");
            }
        }
    }

    private async Task StopAsync(CoordEnsemble ensemble)
    {
        try
        {
            var progress = new ProgressReporter(this, $"Stopping {ensemble.Name}");
            Task stopping = EnsembleRegistry.StopAsync(ensemble);
            while (await Task.WhenAny(stopping, Task.Delay(TimeSpan.FromMilliseconds(250), Cancellation)) != stopping && !Cancellation.IsCancellationRequested)
            {
                string running = string.Join(", ", ensemble.Local.Members.Where(static m => m.State is LocalMemberState.Running or LocalMemberState.Suspended).Select(static m => m.Id));
                progress.Report(running.Length > 0 ? $"Running: {running}" : "Putting things away");
            }

            progress.Complete();
            await stopping.WaitAsync(Cancellation);
            if (DeleteData)
                await ensemble.Local.DeleteAsync(Cancellation);
            WriteVerbose($"Stopped '{ensemble.Name}'.");
        }
        catch (DockerException e)
        {
            WriteError(e, ensemble.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(
                new CoordException(
                    "DataNotRemoved", ErrorCode.SystemError, $"Ensemble '{ensemble.Name}' was stopped, but not everything was put away: {e.Message}",
                    $"Remove '{ensemble.DataPath}' yourself if it is no longer needed.", null, e, ErrorCategory.WriteError),
                ensemble.Name);
        }
    }
}
