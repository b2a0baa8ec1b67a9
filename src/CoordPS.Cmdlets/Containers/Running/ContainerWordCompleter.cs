using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace CoordPS.Cmdlets;

/// <summary>Completes the words that engines have for restart policies and for what happens to containers.</summary>
public sealed class ContainerWordCompleter : IArgumentCompleter
{
    private static readonly string[] Policies = ["no", "always", "unless-stopped", "on-failure"];
    private static readonly string[] Actions = ["create", "destroy", "die", "health_status", "kill", "oom", "pause", "rename", "restart", "start", "stop", "unpause"];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
        => (parameterName == nameof(StartCoordContainerCommand.RestartPolicy) ? Policies : Actions)
            .Where(word => word.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase))
            .Select(static word => new CompletionResult(word));
}
