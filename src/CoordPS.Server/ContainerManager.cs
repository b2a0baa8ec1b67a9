using CoordPS.Protocol;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server;

/// <summary>Deletes containers that have lost their last child and TTL znodes that have outlived their time, as requests of the server's own.</summary>
internal sealed class ContainerManager(Func<DataTree> current, ServerConfig config, Func<Request, bool> submit, ILogger logger)
{
    /// <summary>Checks at the configured interval until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Math.Max(1, config.ContainerCheckInterval)));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
                await CheckAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    /// <summary>Asks for the deletion of what is due now, no faster than the configured rate.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        TimeSpan pace = TimeSpan.FromMinutes(1) / Math.Max(1, config.ContainerMaxPerMinute);
        foreach (string path in FindDue())
        {
            logger.LogInformation("Deleting {Path}: an empty container or an expired TTL znode.", path);
            if (!submit(new Request(null, 0, 0, OpCode.DeleteContainer) { Record = new PathRequest(path) }))
                return;
            await Task.Delay(pace, cancellationToken).ConfigureAwait(false);
        }
    }

    private List<string> FindDue()
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        List<string> due = [];
        DataTree tree = current();
        lock (tree.Gate)
        {
            foreach (string path in tree.Reapable)
            {
                if (tree.Find(path) is { ChildCount: 0 } node && IsDue(node, now))
                    due.Add(path);
            }
        }

        return due;
    }

    private bool IsDue(DataNode node, long now)
    {
        if (EphemeralOwner.KindOf(node.EphemeralOwner, config.ExtendedTypesEnabled) == EphemeralKind.Ttl)
            return now - node.Mtime > EphemeralOwner.TtlOf(node.EphemeralOwner);
        // A container that never had a child may have been made a moment ago by a client that is about to add one.
        return node.CreateCount > 0
            || (config.ContainerMaxNeverUsedInterval > 0 && now - node.Mtime > config.ContainerMaxNeverUsedInterval);
    }
}
