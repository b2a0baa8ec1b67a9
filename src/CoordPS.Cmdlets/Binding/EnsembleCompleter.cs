using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace CoordPS.Cmdlets;

/// <summary>Completes the names of this user's local ensembles.</summary>
public sealed class EnsembleCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
        => EnsembleRegistry.Names
            .Where(name => name.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase))
            .Select(static name => new CompletionResult(name));
}
