using System.Management.Automation;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Stops ensembles that run in this process. Data in a folder of their own choice stays; a temporary folder goes.</summary>
[Cmdlet(VerbsLifecycle.Stop, "CoordEnsemble", SupportsShouldProcess = true)]
public sealed class StopCoordEnsembleCommand : AsyncCmdlet
{
    /// <summary>Names, with <c>*</c> and <c>?</c>.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(EnsembleCompleter))]
    public string[] Name { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (string name in Name)
        {
            IReadOnlyList<CoordEnsemble> found = EnsembleRegistry.Find(name);
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                WriteError(GetCoordEnsembleCommand.NoEnsemble(name), name);
            foreach (CoordEnsemble ensemble in found)
            {
                if (ShouldProcess(ensemble.Name, ensemble.IsTemporary ? "Stop ensemble and remove its data" : "Stop ensemble"))
                    await StopAsync(ensemble);
            }
        }
    }

    private async Task StopAsync(CoordEnsemble ensemble)
    {
        try
        {
            await EnsembleRegistry.StopAsync(ensemble).WaitAsync(Cancellation);
            WriteVerbose($"Stopped '{ensemble.Name}'.");
        }
        catch (IOException e)
        {
            WriteError(
                new CoordException(
                    "DataNotRemoved", ErrorCode.SystemError, $"Ensemble '{ensemble.Name}' was stopped, but not everything was put away: {e.Message}",
                    $"Remove '{ensemble.DataPath}' yourself if it is no longer needed.", null, e, ErrorCategory.WriteError),
                ensemble.Name);
        }
    }
}
