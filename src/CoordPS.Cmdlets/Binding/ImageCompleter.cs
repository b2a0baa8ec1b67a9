using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>Completes the names of an engine's images.</summary>
public sealed class ImageCompleter : IArgumentCompleter
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string typed = (wordToComplete ?? "").Trim('\'', '"');
        try
        {
            using var engine = new DockerEngineClient(EndpointResolver.Resolve(
                fakeBoundParameters?[nameof(EngineCmdlet.DockerHost)]?.ToString(), fakeBoundParameters?[nameof(EngineCmdlet.DockerContext)]?.ToString()));
            using var patience = new CancellationTokenSource(Patience);
            // Completion has no asynchronous form; the client runs nothing on this thread.
            return
            [
                .. engine.GetImagesAsync(ct: patience.Token).GetAwaiter().GetResult()
                    .SelectMany(static image => (image.RepoTags ?? []).Select(tag => (Tag: tag, image.Id)))
                    .Where(image => image.Tag.StartsWith(typed, StringComparison.OrdinalIgnoreCase) && image.Tag != "<none>:<none>")
                    .OrderBy(static image => image.Tag, StringComparer.Ordinal)
                    .Select(static image => new CompletionResult(PathCompleter.Quote(image.Tag), image.Tag, CompletionResultType.ParameterValue, image.Id)),
            ];
        }
        catch (Exception e) when (e is DockerException or OperationCanceledException)
        {
            // Nobody asked a question that an error would answer: there is nothing to complete.
            return [];
        }
    }
}
