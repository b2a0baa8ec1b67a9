using CoordPS.Client;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Takes back changes of a configuration, as one transaction; what someone else has changed since stays.</summary>
internal static class ConfigRestore
{
    /// <summary>Restores.</summary>
    /// <param name="client">The session, or one after it.</param>
    /// <param name="store">The configuration.</param>
    /// <param name="published">The changes to take back.</param>
    /// <param name="missing">Znodes above the configuration that were not there before, the longest path first.</param>
    /// <param name="ct">Ends the attempts.</param>
    /// <returns>What was done, in words.</returns>
    public static async Task<string> RestoreAsync(ZooKeeperClient client, ConfigStore store, ConfigDiff published, IReadOnlyList<string> missing, CancellationToken ct)
    {
        while (true)
        {
            ConfigSnapshot now = await store.LoadAsync(ct).ConfigureAwait(false);
            var wanted = now.Entries.ToDictionary(static entry => entry.Key, static entry => entry.Value.Data, StringComparer.Ordinal);
            var left = new List<string>();
            foreach (ConfigChange change in published.Changes.Reverse())
            {
                bool isThere = now.Entries.TryGetValue(change.Path, out ConfigEntry? entry);
                // Never done, or taken back by an attempt that was interrupted.
                bool isBack = change.Type == ConfigChangeType.Add ? !isThere : isThere && Same(entry!.Data, change.OldData);
                if (isBack)
                    continue;
                bool isOurs = change.Type == ConfigChangeType.Remove ? !isThere : isThere && Same(entry!.Data, change.NewData);
                bool isNeeded = change.Type == ConfigChangeType.Add && wanted.Keys.Any(path => path != change.Path && IsBelow(path, change.Path));
                if (!isOurs || isNeeded)
                    left.Add(change.Path);
                else if (change.Type == ConfigChangeType.Add)
                    wanted.Remove(change.Path);
                else
                    wanted[change.Path] = change.OldData;
            }

            ConfigDiff back = ConfigDiff.Between(now, wanted, prune: true);
            try
            {
                await store.ApplyAsync(back, ct).ConfigureAwait(false);
            }
            catch (ConfigConflictException)
            {
                // Changed by someone between reading and writing: look again.
                continue;
            }

            await RemoveAsync(client, missing, ct).ConfigureAwait(false);
            return left.Count == 0
                ? $"configuration {store.Root} was put back"
                : $"configuration {store.Root} was put back, but for what someone else has changed since: {string.Join(", ", left)}";
        }
    }

    /// <summary>Removes znodes that were not there before, the longest path first, as far as they are empty.</summary>
    public static async Task RemoveAsync(ZooKeeperClient client, IReadOnlyList<string> missing, CancellationToken ct)
    {
        ZooKeeperClient current = await client.Succession.CurrentAsync(ct).ConfigureAwait(false);
        foreach (string path in missing)
        {
            try
            {
                await current.RepeatAsync(() => current.DeleteAsync(path, -1, ct), ct).ConfigureAwait(false);
            }
            catch (NoNodeException)
            {
                // Never made, or gone already; those above may be there.
            }
            catch (NotEmptyException)
            {
                // Of use to someone else by now.
                break;
            }
        }
    }

    private static bool IsBelow(string path, string parent) => parent.Length == 0 || path.StartsWith($"{parent}/", StringComparison.Ordinal);

    private static bool Same(byte[]? one, byte[]? other) => (one ?? []).AsSpan().SequenceEqual(other ?? []);
}
