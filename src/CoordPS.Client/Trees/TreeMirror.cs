using System.Threading.Channels;
using CoordPS.Protocol;

namespace CoordPS.Client.Trees;

/// <summary>
/// Keeps a tree equal to another: compares both once, then follows the source by a persistent recursive watch (servers of 3.6 and later).
/// After a lost connection, and every <see cref="Interval"/>, both are compared again. Where the servers can't watch trees, comparing is all.
/// </summary>
/// <param name="source">The session to read with.</param>
/// <param name="sourceRoot">The root of the tree to follow.</param>
/// <param name="target">The session to write with.</param>
/// <param name="targetRoot">The root of the tree to change.</param>
/// <param name="tree">What is part of the tree.</param>
/// <param name="options">What to do about what is there.</param>
public sealed class TreeMirror(
    ZooKeeperClient source, string sourceRoot, ZooKeeperClient target, string targetRoot, EnsembleTreeOptions tree, TreeCopyOptions options)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(10);

    /// <summary>More changes at once than these take a comparison of all.</summary>
    private const int MaxSingleChanges = 1000;

    /// <summary>How often all is compared again; null for never, where events tell of changes, and else for every 10 seconds.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>Told what it does, in a sentence.</summary>
    public Action<string>? OnMessage { get; init; }

    /// <summary>Runs until it is cancelled or a session ends.</summary>
    /// <param name="beginRound">Called before each round of changes; counts what it does.</param>
    /// <param name="endRound">Called after each round that changed something, and after the first.</param>
    /// <param name="ct">Ends it.</param>
    public async Task RunAsync(Func<TreeCopyProgress> beginRound, Func<TreeCopyProgress, ValueTask> endRound, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(beginRound);
        ArgumentNullException.ThrowIfNull(endRound);
        ZNodeWatch? watch = null;
        try
        {
            watch = await source.OpenWatchAsync(sourceRoot, AddWatchMode.PersistentRecursive, ct).ConfigureAwait(false);
        }
        catch (UnimplementedException)
        {
            OnMessage?.Invoke($"The servers can't watch trees: all is compared every {(Interval ?? PollInterval).TotalSeconds:0} s.");
        }

        try
        {
            await FollowAsync(watch, beginRound, endRound, ct).ConfigureAwait(false);
        }
        finally
        {
            if (watch is not null)
                await watch.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task FollowAsync(ZNodeWatch? watch, Func<TreeCopyProgress> beginRound, Func<TreeCopyProgress, ValueTask> endRound, CancellationToken ct)
    {
        TimeSpan? interval = Interval ?? (watch is null ? PollInterval : null);
        bool first = true;
        while (true)
        {
            // The watch is older than this, so that no change falls between the two.
            TreeCopyProgress all = beginRound();
            await TreeCopy.ToEnsembleAsync(new EnsembleTree(source, sourceRoot, tree), target, targetRoot, tree, options, all, ct).ConfigureAwait(false);
            if (first || all.Created + all.Updated + all.Deleted + all.Failed > 0)
                await endRound(all).ConfigureAwait(false);
            first = false;
            DateTime due = interval is { } period ? DateTime.UtcNow + period : DateTime.MaxValue;
            while (await WaitAsync(watch, due, ct).ConfigureAwait(false) is { Count: > 0 } changed)
            {
                TreeCopyProgress some = beginRound();
                foreach (string path in changed)
                    await FollowAsync(path, some, ct).ConfigureAwait(false);
                if (some.Created + some.Updated + some.Deleted + some.Failed > 0)
                    await endRound(some).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits for changes; none means that all has to be compared.</summary>
    private async Task<SortedSet<string>> WaitAsync(ZNodeWatch? watch, DateTime due, CancellationToken ct)
    {
        var changed = new SortedSet<string>(Comparer<string>.Create(TreePath.Compare));
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (due != DateTime.MaxValue)
        {
            TimeSpan left = due - DateTime.UtcNow;
            if (left <= TimeSpan.Zero)
                return changed;
            timer.CancelAfter(left);
        }

        try
        {
            if (watch is null)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, timer.Token).ConfigureAwait(false);
                return changed;
            }

            while (changed.Count == 0)
            {
                if (!await watch.Events.WaitToReadAsync(timer.Token).ConfigureAwait(false))
                    throw new SessionClosedException(sourceRoot);
                bool lost = false;
                while (watch.Events.TryRead(out WatchedEvent? e))
                {
                    if (!e.IsSessionEvent)
                    {
                        changed.Add(TreePath.ToRelative(sourceRoot, e.Path!));
                    }
                    else if (e.State is KeeperState.Expired or KeeperState.AuthFailed or KeeperState.Closed)
                    {
                        throw e.State == KeeperState.Closed
                            ? new SessionClosedException(sourceRoot)
                            : new SessionExpiredException($"The session to read with has ended ({e.State})", sourceRoot, null);
                    }
                    else if (e.State is KeeperState.SyncConnected or KeeperState.ConnectedReadOnly)
                    {
                        lost = true;
                    }
                }

                if (lost || changed.Count > MaxSingleChanges)
                {
                    OnMessage?.Invoke(lost ? "Connected again: all is compared, as changes were not reported meanwhile." : "Many changes at once: all is compared.");
                    changed.Clear();
                    return changed;
                }
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            changed.Clear();
        }

        return changed;
    }

    /// <summary>Does to the target what was done to a znode of the source.</summary>
    private async Task FollowAsync(string path, TreeCopyProgress progress, CancellationToken ct)
    {
        string from = TreePath.ToAbsolute(sourceRoot, path), to = TreePath.ToAbsolute(targetRoot, path);
        if (IsFiltered(path))
            return;
        var single = new EnsembleTreeOptions { IncludeEphemerals = tree.IncludeEphemerals, MaxDepth = 0 };
        try
        {
            Stat? stat = await source.ExistsAsync(from, ct).ConfigureAwait(false);
            if (stat is not null)
            {
                var node = new EnsembleTree(source, from, new EnsembleTreeOptions { IncludeEphemerals = tree.IncludeEphemerals, MaxDepth = 0, MayBeMissing = true });
                await TreeCopy.ToEnsembleAsync(node, target, to, single, options, progress, ct).ConfigureAwait(false);
            }
            else if (options.Delete && path != ZPath.Root)
            {
                int deleted = await target.DeleteRecursiveAsync(to, ct: ct).ConfigureAwait(false);
                for (int i = 0; i < deleted; i++)
                    progress.OnDeleted();
            }
        }
        catch (ZooKeeperException e) when (!TreeWalker.EndsSession(e))
        {
            progress.OnFailed(to, e);
        }
    }

    /// <summary>Whether the znode, or one above it, is left out.</summary>
    private bool IsFiltered(string path)
    {
        if (tree.Filter is not { } filter)
            return false;
        bool included = filter.Include is null;
        for (string at = path; at.Length > 1; at = ZPath.Parent(at))
        {
            if (filter.Exclude?.Invoke(at) == true)
                return true;
            included |= filter.Include?.Invoke(at) == true;
        }

        return !included;
    }
}
