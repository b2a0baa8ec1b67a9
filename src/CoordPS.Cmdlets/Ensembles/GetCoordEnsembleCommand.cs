using System.Management.Automation;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Lists the ensembles that run in this process.</summary>
[Cmdlet(VerbsCommon.Get, "CoordEnsemble")]
[OutputType(typeof(CoordEnsemble))]
public sealed class GetCoordEnsembleCommand : AsyncCmdlet
{
    /// <summary>Names, with <c>*</c> and <c>?</c>; default: all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(EnsembleCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        foreach (string name in Name)
        {
            IReadOnlyList<CoordEnsemble> found = EnsembleRegistry.Find(name);
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                WriteError(NoEnsemble(name), name);
            WriteObject(found, enumerateCollection: true);
        }

        return Task.CompletedTask;
    }

    internal static CoordException NoEnsemble(string name) => new(
        "NoEnsemble", ErrorCode.NoNode, $"No ensemble named '{name}' runs in this process.", "See which do with Get-CoordEnsemble, or start one with Start-CoordEnsemble.");
}
