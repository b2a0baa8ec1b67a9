using System.Collections.Concurrent;
using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>The ensembles that run in this process, for all of its runspaces.</summary>
internal static class EnsembleRegistry
{
    private static readonly ConcurrentDictionary<string, CoordEnsemble?> Ensembles = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Those that have been started and not stopped.</summary>
    public static IEnumerable<CoordEnsemble> All => Ensembles.Values.OfType<CoordEnsemble>().OrderBy(ensemble => ensemble.Started);

    /// <summary>Those whose name is like a pattern with wildcards.</summary>
    public static IReadOnlyList<CoordEnsemble> Find(string name)
    {
        var like = new WildcardPattern(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        return [.. All.Where(ensemble => like.IsMatch(ensemble.Name))];
    }

    /// <summary>Reserves a name until <see cref="Add"/> or <see cref="Release"/>. False if an ensemble has it.</summary>
    public static bool TryReserve(string name) => Ensembles.TryAdd(name, null);

    /// <summary>Reserves a name that no ensemble has.</summary>
    public static string ReserveAny()
    {
        for (int i = 1; ; i++)
        {
            if (TryReserve($"coord{i}"))
                return $"coord{i}";
        }
    }

    public static void Add(CoordEnsemble ensemble)
    {
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
