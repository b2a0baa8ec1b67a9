using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace CoordPS.Cmdlets;

/// <summary>Completes the names of ensembles that run in this process.</summary>
public sealed class EnsembleCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
        => EnsembleRegistry.All
            .Where(ensemble => ensemble.Name.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase))
            .Select(ensemble => new CompletionResult(ensemble.Name, ensemble.Name, CompletionResultType.ParameterValue, $"{ensemble.Name} at {ensemble.ConnectionString}"));
}
