using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>Completes the names of an engine's containers: one request.</summary>
public sealed class ContainerCompleter : IArgumentCompleter
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            using var engine = new DockerEngineClient(EndpointResolver.Resolve(fakeBoundParameters?["DockerHost"]?.ToString(), fakeBoundParameters?["DockerContext"]?.ToString()));
            // Completion has no asynchronous form; the client runs nothing on this thread.
            return [.. engine.GetContainerNamesAsync(patience.Token).GetAwaiter().GetResult()
                .Where(name => name.StartsWith((wordToComplete ?? "").Trim('\'', '"'), StringComparison.OrdinalIgnoreCase))
                .Order(StringComparer.OrdinalIgnoreCase)
                .Select(static name => new CompletionResult(PathCompleter.Quote(name), name, CompletionResultType.ParameterValue, name))];
        }
        catch (Exception e) when (e is DockerException or OperationCanceledException)
        {
            // Nobody asked a question that an error would answer: there is nothing to complete.
            return [];
        }
    }
}
