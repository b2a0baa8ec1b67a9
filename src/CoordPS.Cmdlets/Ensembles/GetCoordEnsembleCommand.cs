using System.Management.Automation;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Lists this user's ensembles on this machine: those in this process, and those whose members are processes or containers, from whatever shell
/// they were started.
/// </summary>
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
    protected override async Task ProcessAsync()
    {
        foreach (string name in Name)
        {
            bool known = false;
            IReadOnlyList<CoordEnsemble> found = await EnsembleRegistry.FindAsync(
                name,
                (other, e) =>
                {
                    known = true;
                    WriteError(HostingErrors.From(e, $"Ensemble '{other}' can't be shown: "), other);
                },
                Cancellation);
            if (found.Count == 0 && !known && !WildcardPattern.ContainsWildcardCharacters(name))
                WriteError(NoEnsemble(name), name);
            WriteObject(found, enumerateCollection: true);
        }
    }

    internal static CoordException NoEnsemble(string name) => new(
        "NoEnsemble", ErrorCode.NoNode, $"There is no ensemble named '{name}' in this process, nor one of processes or containers.",
        "See which there are with Get-CoordEnsemble, or start one with Start-CoordEnsemble. Those in containers are found on the engine of DOCKER_HOST or the docker context, if it answers within two seconds, ten on this machine, and on those that this process has started one on.");
}
