using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace CoordPS.Cmdlets;

/// <summary>Completes the kinds of workloads, where other kinds are passed over rather than refused.</summary>
public sealed class WorkloadKindCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Enum.GetNames<CoordWorkloadKind>().Where(name => name.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase)).Select(static name => new CompletionResult(name));
}
