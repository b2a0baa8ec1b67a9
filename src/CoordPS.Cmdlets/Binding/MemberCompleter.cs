using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>Completes the numbers of an ensemble's members; those of all ensembles in this process while none is named.</summary>
public sealed class MemberCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        object? named = fakeBoundParameters["Ensemble"] ?? fakeBoundParameters["Name"];
        return Ensembles(named?.ToString())
            .SelectMany(static ensemble => ensemble.Members)
            .Select(static member => (Text: member.Id.ToString(CultureInfo.InvariantCulture), Member: member))
            .Where(member => member.Text.StartsWith(wordToComplete ?? "", StringComparison.Ordinal))
            .DistinctBy(static member => member.Text)
            .Select(static member => new CompletionResult(
                member.Text, member.Text, CompletionResultType.ParameterValue, $"{member.Member.Ensemble} {member.Text}, {member.Member.State} at {member.Member.ClientEndPoint}"));
    }

    private static IEnumerable<HostedEnsemble> Ensembles(string? name)
    {
        IEnumerable<CoordEnsemble> own = EnsembleRegistry.All.Where(e => name is null || e.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (name is null || own.Any())
            return own.Select(static e => e.Local);
        try
        {
            return LocalEnsemble.OpenProcesses(name) is { } found ? [found] : EnsembleEngines.Find().Where(e => e.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        }
        catch (LocalEnsembleException)
        {
            // Completion has no way to tell; the cmdlet does.
            return [];
        }
    }
}
