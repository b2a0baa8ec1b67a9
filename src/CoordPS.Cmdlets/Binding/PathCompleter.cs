using System.Buffers;
using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Completes paths of znodes with the children of what is typed: one request, remembered for as long as one goes on typing.</summary>
public sealed class PathCompleter : IArgumentCompleter
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(3);
    private static readonly SearchValues<char> NeedQuotes = SearchValues.Create(" '\"`$(){}[];,|&<>@#");
    private static readonly Lock Gate = new();
    private static (CoordSession Session, string Parent, long At, IReadOnlyList<string> Children)? _last;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string typed = wordToComplete ?? "";
        // Within quotes a quote is written twice, as this completes it.
        if (typed.StartsWith('\''))
            typed = typed.Replace("''", "'", StringComparison.Ordinal)[1..].TrimEnd('\'');
        typed = typed.Trim('"');
        if (typed.Length == 0)
            typed = ZPath.Root;
        var session = (fakeBoundParameters?["Session"] is PSObject wrapped ? wrapped.BaseObject : fakeBoundParameters?["Session"]) as CoordSession;
        session ??= RunspaceState.Current.DefaultSession;
        int slash = typed.LastIndexOf('/');
        if (session is null || slash < 0)
            return [];
        string parent = slash == 0 ? ZPath.Root : typed[..slash], prefix = typed[(slash + 1)..];
        return ChildrenOf(session, parent)
            .Where(name => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)
            .Select(name => ZPath.Combine(parent, name))
            .Select(path => new CompletionResult(Quote(path), ZPath.Name(path), CompletionResultType.ParameterValue, path));
    }

    private static IReadOnlyList<string> ChildrenOf(CoordSession session, string parent)
    {
        lock (Gate)
        {
            if (_last is { } last && ReferenceEquals(last.Session, session) && last.Parent == parent
                && TimeSpan.FromMilliseconds(Environment.TickCount64 - last.At) < Remembered)
                return last.Children;
        }

        if (!ZPath.IsValid(parent))
            return [];
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            // Completion has no asynchronous form; the client runs nothing on this thread.
            IReadOnlyList<string> children = session.Client.GetChildrenAsync(parent, patience.Token).GetAwaiter().GetResult().Children;
            lock (Gate)
                _last = (session, parent, Environment.TickCount64, children);
            return children;
        }
        catch (Exception e) when (e is ZooKeeperException or OperationCanceledException)
        {
            // Nobody asked a question that an error would answer: there is nothing to complete.
            return [];
        }
    }

    internal static string Quote(string path) =>
        path.AsSpan().ContainsAny(NeedQuotes) ? $"'{path.Replace("'", "''", StringComparison.Ordinal)}'" : path;
}
