using System.Collections.Concurrent;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>
/// The engines that may have ensembles: the one that the docker command would use, and those that an ensemble was started on in this process.
/// </summary>
internal static class EnsembleEngines
{
    /// <summary>How long an engine elsewhere may take to answer that nobody named.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>How long one on this machine may take: where there is none that is known at once, and one that is there may be busy.</summary>
    private static readonly TimeSpan LocalPatience = TimeSpan.FromSeconds(10);

    /// <summary>For as long as the process lives, as its ensembles may.</summary>
    private static readonly ConcurrentDictionary<(string, string?), DockerEngineClient> Clients = new();

    /// <summary>The client of an engine, whose ensembles are found from now on.</summary>
    public static DockerEngineClient Of(DockerEndpoint endpoint) => Clients.GetOrAdd((endpoint.ToString(), endpoint.Context), _ => new DockerEngineClient(endpoint));

    /// <summary>The ensembles in containers; those of engines that don't answer are not among them.</summary>
    /// <param name="unreachable">Told of engines that are known and don't answer.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<IReadOnlyList<ContainerEnsemble>> FindAsync(Action<DockerException>? unreachable, CancellationToken ct)
    {
        List<ContainerEnsemble> found = [];
        foreach (DockerEngineClient engine in Known())
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(engine.Endpoint.Scheme == "tcp" ? Patience : LocalPatience);
            try
            {
                found.AddRange(await ContainerEnsemble.FindAsync(engine, limit.Token).ConfigureAwait(false));
            }
            catch (DockerException e)
            {
                unreachable?.Invoke(e);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                // It is there and busy, or far away.
            }
        }

        return found;
    }

    /// <summary>The same for code that can't wait, such as completion.</summary>
    public static IReadOnlyList<ContainerEnsemble> Find() => Task.Run(() => FindAsync(null, CancellationToken.None)).GetAwaiter().GetResult();

    private static IEnumerable<DockerEngineClient> Known()
    {
        try
        {
            Of(EndpointResolver.Resolve());
        }
        catch (DockerException)
        {
            // Whoever uses containers learns what is wrong with the configuration; others have no containers.
        }

        return Clients.Values;
    }
}
