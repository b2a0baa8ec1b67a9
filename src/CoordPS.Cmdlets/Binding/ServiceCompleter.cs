using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using CoordPS.Client;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>Completes the names of services in the registry: one request.</summary>
public sealed class ServiceCompleter : IArgumentCompleter
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var session = (fakeBoundParameters?["Session"] is PSObject wrapped ? wrapped.BaseObject : fakeBoundParameters?["Session"]) as CoordSession;
        session ??= RunspaceState.Current.DefaultSession;
        if (session is null)
            return [];
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            string basePath = fakeBoundParameters?["BasePath"] as string ?? "/services";
            // Completion has no asynchronous form; the client runs nothing on this thread.
            return [.. new ServiceDiscovery(session.Client, basePath).GetNamesAsync(patience.Token).GetAwaiter().GetResult()
                .Where(name => name.StartsWith((wordToComplete ?? "").Trim('\'', '"'), StringComparison.OrdinalIgnoreCase))
                .Select(name => new CompletionResult(PathCompleter.Quote(name), name, CompletionResultType.ParameterValue, name))];
        }
        catch (Exception e) when (e is ZooKeeperException or OperationCanceledException or ArgumentException)
        {
            // Nobody asked a question that an error would answer: there is nothing to complete.
            return [];
        }
    }
}
