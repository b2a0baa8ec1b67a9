using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace CoordPS.Cmdlets;

/// <summary>Completes the names of access control lists, and entries to fill in.</summary>
public sealed class AclCompleter : IArgumentCompleter
{
    private static readonly string[] Entries = ["world:anyone:cdrwa", "world:anyone:r", "auth::cdrwa"];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
        => AclTransformationAttribute.Known.Keys.Concat(Entries)
            .Where(name => name.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase))
            .Select(name => new CompletionResult(name));
}
