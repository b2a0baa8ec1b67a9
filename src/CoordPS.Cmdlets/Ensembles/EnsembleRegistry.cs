using System.Collections.Concurrent;
using System.Management.Automation;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>This user's ensembles: those in this process, for all of its runspaces, those whose members are processes, and those in containers.</summary>
internal static class EnsembleRegistry
{
    private static readonly ConcurrentDictionary<string, CoordEnsemble?> Ensembles = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Those in this process that have been started and not stopped.</summary>
    public static IEnumerable<CoordEnsemble> All => Ensembles.Values.OfType<CoordEnsemble>().OrderBy(ensemble => ensemble.Started);

    /// <summary>The names of all, in this process or not.</summary>
    public static IEnumerable<string> Names => All.Select(static ensemble => ensemble.Name).Concat(LocalEnsemble.ProcessEnsembles).Concat(EnsembleEngines.Find().Select(static ensemble => ensemble.Name));

    /// <summary>Those whose name is like a pattern with wildcards. What their members are doing was asked just now.</summary>
    /// <param name="name">The pattern.</param>
    /// <param name="unreadable">Told of ensembles whose folder can't be read, by name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IReadOnlyList<CoordEnsemble>> FindAsync(
        string name, Action<string, LocalEnsembleException> unreadable, CancellationToken cancellationToken)
    {
        var like = new WildcardPattern(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        List<CoordEnsemble> found = [.. All.Where(ensemble => like.IsMatch(ensemble.Name))];
        foreach (string other in LocalEnsemble.ProcessEnsembles.Where(like.IsMatch))
        {
            try
            {
                if (LocalEnsemble.OpenProcesses(other) is { } local)
                    found.Add(new CoordEnsemble(local, RunspaceState.Current));
            }
            catch (LocalEnsembleException e)
            {
                unreadable(other, e);
            }
        }

        IReadOnlyList<ContainerEnsemble> inContainers = await EnsembleEngines.FindAsync(null, cancellationToken).ConfigureAwait(true);
        found.AddRange(inContainers.Where(ensemble => like.IsMatch(ensemble.Name)).Select(static ensemble => new CoordEnsemble(ensemble, RunspaceState.Current)));
        await Task.WhenAll(found.Select(ensemble => ensemble.Local.RefreshAsync(cancellationToken)));
        return found;
    }

    /// <summary>Reserves a name until <see cref="Add"/> or <see cref="Release"/>. False if an ensemble has it.</summary>
    /// <param name="name">The name.</param>
    /// <param name="isProcesses">Whether it is for members that are processes, whose names are reserved elsewhere as well.</param>
    private static bool TryReserve(string name, bool isProcesses) =>
        (isProcesses || !LocalEnsemble.ProcessEnsembles.Contains(name, StringComparer.OrdinalIgnoreCase)) && Ensembles.TryAdd(name, null);

    /// <summary>The same, that containers have no such name either, unless it is for these.</summary>
    public static async Task<bool> TryReserveAsync(string name, bool isProcesses, bool isContainers, CancellationToken cancellationToken) =>
        (isContainers || !(await EnsembleEngines.FindAsync(null, cancellationToken).ConfigureAwait(false)).Any(e => e.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        && TryReserve(name, isProcesses);

    /// <summary>Reserves a name that no ensemble has.</summary>
    public static async Task<string> ReserveAnyAsync(CancellationToken cancellationToken)
    {
        HashSet<string> taken = [.. (await EnsembleEngines.FindAsync(null, cancellationToken).ConfigureAwait(false)).Select(static e => e.Name.ToUpperInvariant())];
        for (int i = 1; ; i++)
        {
            string name = $"coord{i}";
            if (!taken.Contains(name.ToUpperInvariant()) && TryReserve(name, isProcesses: false))
                return name;
        }
    }

    /// <summary>Keeps an ensemble that was started, until it is stopped or the process ends; others need no keeping.</summary>
    public static void Add(CoordEnsemble ensemble)
    {
        if (ensemble.Kind != LocalEnsembleKind.InProcess)
        {
            Release(ensemble.Name);
            return;
        }

        Ensembles[ensemble.Name] = ensemble;
        ProcessLifetime.Watch();
    }

    public static void Release(string name) => Ensembles.TryRemove(name, out _);

    /// <summary>Stops an ensemble; its name is free afterwards.</summary>
    public static async Task StopAsync(CoordEnsemble ensemble)
    {
        try
        {
            await ensemble.StopAsync().ConfigureAwait(false);
        }
        finally
        {
            Ensembles.TryRemove(KeyValuePair.Create<string, CoordEnsemble?>(ensemble.Name, ensemble));
        }
    }
}
