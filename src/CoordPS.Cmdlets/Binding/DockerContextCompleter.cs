using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>Completes the names of this user's docker contexts, each with its engine's address.</summary>
public sealed class DockerContextCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
        => EndpointResolver.Contexts()
            .Where(context => context.Name.StartsWith((wordToComplete ?? "").Trim('\'', '"'), StringComparison.OrdinalIgnoreCase))
            .Select(context => new CompletionResult(PathCompleter.Quote(context.Name), context.Name, CompletionResultType.ParameterValue, context.Host));
}
