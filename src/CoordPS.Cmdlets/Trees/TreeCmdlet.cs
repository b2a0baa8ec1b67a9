using System.Management.Automation;
using System.Threading.Channels;
using CoordPS.Client;
using CoordPS.Client.Trees;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>What the cmdlets that deal with whole trees have in common.</summary>
public abstract class TreeCmdlet : SessionCmdlet
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StopPatience = TimeSpan.FromMilliseconds(500);

    private TreeFilter? _filter;

    /// <summary>
    /// Only these subtrees, and what is above them: wildcards for the name, or, with a slash in them, for the path within the tree. Case
    /// matters.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Include { get; set; }

    /// <summary>Without these subtrees: wildcards as for <c>-Include</c>.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Exclude { get; set; }

    /// <summary>With the ephemerals, which are left out by default.</summary>
    [Parameter]
    public SwitchParameter IncludeEphemeral { get; set; }

    /// <summary>Without regard to access control lists: what is created is open to everyone.</summary>
    [Parameter]
    public SwitchParameter NoAcl { get; set; }

    private protected TreeFilter? Filter => Include is null && Exclude is null ? null : _filter ??= new TreeFilter
    {
        Include = Matcher(Include),
        Exclude = Matcher(Exclude),
    };

    /// <summary>Whether nothing is to be done and only said what would be.</summary>
    private protected bool IsWhatIf =>
        MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? bound) ? bound is SwitchParameter { IsPresent: true } : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

    /// <summary>What is read of a tree in an ensemble.</summary>
    private protected EnsembleTreeOptions TreeOptions(bool mayBeMissing = false, int maxDepth = int.MaxValue, string? after = null) => new()
    {
        IncludeEphemerals = IncludeEphemeral,
        MayBeMissing = mayBeMissing,
        MaxDepth = maxDepth,
        Filter = Filter,
        After = after,
    };

    /// <summary>
    /// Does work off the pipeline thread, which meanwhile writes what the work posts and tells how far it is. On Ctrl+C the work is
    /// cancelled, and given a moment to leave things in order.
    /// </summary>
    private protected async Task RunAsync(string activity, Func<long> count, Func<TreePoster, CancellationToken, Task> work)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var posted = Channel.CreateBounded<Action>(new BoundedChannelOptions(256) { SingleReader = true });
        var progress = new ProgressReporter(this, activity);
        Task working = Task.Run(async () =>
        {
            try
            {
                await work(new TreePoster(posted.Writer, ending.Token), ending.Token).ConfigureAwait(false);
            }
            finally
            {
                posted.Writer.TryComplete();
            }
        });
        try
        {
            while (true)
            {
                Task<bool> more = posted.Reader.WaitToReadAsync(Cancellation).AsTask();
                while (!more.IsCompleted)
                {
                    await Task.WhenAny(more, Task.Delay(ProgressInterval, Cancellation));
                    progress.Report(count(), "znodes");
                }

                if (!await more)
                    break;
                while (posted.Reader.TryRead(out Action? action))
                    action();
                progress.Report(count(), "znodes");
            }

            await working;
            progress.Complete();
        }
        catch (TreeArchiveException e)
        {
            throw Known(e, null);
        }
        finally
        {
            await ending.CancelAsync();
            await ((Task)Task.WhenAny(working, Task.Delay(StopPatience))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <summary>Copies to an ensemble, or with <c>-WhatIf</c> says what that would do, and emits the result.</summary>
    private protected async Task CopyAsync(
        ITreeSource source, string from, CoordSession target, string root, TreeCopyOptions options, bool parents, int maxDepth = int.MaxValue, bool showDifferences = false)
    {
        string activity = $"Copying {from} to {root}";
        bool whatIf = IsWhatIf;
        if (!whatIf && !ShouldProcess(root, $"Copy {from}"))
            return;
        var result = new ZNodeTreeResult(from, root);
        await RunAsync(activity, () => result.Progress.Total, async (poster, cancel) =>
        {
            result.Progress = new TreeCopyProgress((path, e) => poster.Post(() => WriteError(Known(e, path), path)));
            var effective = new TreeCopyOptions
            {
                Overwrite = options.Overwrite,
                Delete = options.Delete,
                CopyAcl = !NoAcl,
                DryRun = whatIf,
                OnDifference = whatIf && showDifferences ? pair => poster.PostAsync(() => WriteDifferences(pair, root, target.Session, NoAcl)) : null,
            };
            if (parents && !whatIf && root.Length > 1)
                await target.Client.EnsurePathAsync(ZPath.Parent(root), ct: cancel).ConfigureAwait(false);
            await TreeCopy.ToEnsembleAsync(source, target.Client, root, TreeOptions(maxDepth: maxDepth), effective, result.Progress, cancel).ConfigureAwait(false);
        });
        result.End();
        if (whatIf)
            ShouldProcess(root, $"Copy {from}: create {result.Created} znodes, overwrite {result.Updated}, delete {result.Deleted}, leave {result.Unchanged} as they are, fail for {result.Failed}");
        else
            WriteObject(result);
    }

    /// <summary>Emits an object for each thing in which the znodes of a path differ.</summary>
    private protected void WriteDifferences(TreePair pair, string root, object? session, bool noAcl)
    {
        string path = TreePath.ToAbsolute(root, pair.Path);
        foreach (TreeDifferences one in Enum.GetValues<TreeDifferences>())
        {
            if (one != TreeDifferences.None && pair.Differences.HasFlag(one) && !(noAcl && one == TreeDifferences.Acl))
                WriteObject(new ZNodeDifference(path, one, pair.Reference, pair.Difference));
        }
    }

    /// <summary>The error for what went wrong with a tree, in terms of cmdlets.</summary>
    internal static Exception Known(Exception exception, string? path) => exception switch
    {
        TreeArchiveException e => new CoordException(
            "TreeArchive", ErrorCode.SystemError, e.What, e.RecommendedAction, path ?? e.File, e,
            e.InnerException is IOException or UnauthorizedAccessException ? ErrorCategory.WriteError : ErrorCategory.InvalidData),
        TreeConflictException e => new CoordException(
            "ZNodeDiffers", ErrorCode.NodeExists, $"'{e.Path}' exists already, and differs in: {e.Differences}. It was left as it is.",
            e.Differences.HasFlag(TreeDifferences.Mode) ? "Remove it first: a znode's mode can't be changed." : "Overwrite what differs with -Force, or choose another destination.",
            e.Path, e),
        _ => exception,
    };

    /// <summary>Whether a path can be one, else the error is written.</summary>
    private protected bool CheckPath(string path)
    {
        if (ZPath.Check(path) is not { } reason)
            return true;
        WriteError(ErrorRecords.BadPath(path, reason), path);
        return false;
    }

    /// <summary>The file or directory that a PowerShell path stands for.</summary>
    private protected string FileOf(string path) => SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);

    private static Func<string, bool>? Matcher(string[]? patterns)
    {
        if (patterns is null)
            return null;
        WildcardPattern[] names = [.. Patterns(false)], paths = [.. Patterns(true)];
        return path => names.Any(pattern => pattern.IsMatch(ZPath.Name(path))) || paths.Any(pattern => pattern.IsMatch(path));

        IEnumerable<WildcardPattern> Patterns(bool withSlash) => patterns
            .Where(pattern => pattern.Contains('/', StringComparison.Ordinal) == withSlash)
            .Select(pattern => new WildcardPattern(withSlash && pattern[0] != '/' ? "/" + pattern : pattern, WildcardOptions.CultureInvariant));
    }
}
