using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using CoordPS.Client.Admin;

namespace CoordPS.Cmdlets;

/// <summary>Completes four-letter words and the commands of AdminServers, each with what it does.</summary>
public sealed class AdminCommandCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
        => AdminCommand.Known
            .Where(command => command.Name.StartsWith((wordToComplete ?? "").Trim('\'', '"'), StringComparison.OrdinalIgnoreCase))
            .Select(command => new CompletionResult(
                command.Name, command.Name, CompletionResultType.ParameterValue, command.IsFourLetterWord ? command.Help : $"{command.Help} (AdminServer)"));
}
