using System.Collections.Concurrent;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>
/// A cluster as one user, whose client, with its connections and what it knows of the server, all cmdlets of the process share. A kubeconfig that
/// has changed makes another.
/// </summary>
internal sealed class Cluster
{
    private static readonly ConcurrentDictionary<string, Lazy<Cluster>> Opened = new(StringComparer.Ordinal);

    private readonly ConcurrentQueue<(bool IsWarning, string Text)> _messages = new();

    private Cluster(KubernetesConnection connection, string? kubeConfig)
    {
        KubeConfig = kubeConfig;
        Client = new KubernetesClient(connection)
        {
            OnWarning = text => _messages.Enqueue((true, text)),
            OnRetry = text => _messages.Enqueue((false, text)),
        };
        foreach (string warning in connection.Warnings)
            _messages.Enqueue((true, warning));
    }

    /// <summary>The client.</summary>
    public KubernetesClient Client { get; }

    /// <summary>The path of the kubeconfig as it was given; null for the usual one.</summary>
    public string? KubeConfig { get; }

    /// <summary>The context's name; null in a pod.</summary>
    public string? Context => Client.Connection.Context;

    /// <summary>The cluster of a context.</summary>
    /// <param name="kubeConfig">The kubeconfig's full path; null for the usual one.</param>
    /// <param name="context">The context; null for the current one.</param>
    /// <exception cref="KubernetesException">Nothing is configured, or something is missing or wrong.</exception>
    public static Cluster Open(string? kubeConfig, string? context)
    {
        string key = string.Join('\n', [context ?? "", kubeConfig is null ? "" : "given", .. FilesOf(kubeConfig).Select(Stamp)]);
        Lazy<Cluster> cluster = Opened.GetOrAdd(key, _ => new Lazy<Cluster>(() => new Cluster(KubernetesConnection.Load(kubeConfig, context), kubeConfig)));
        try
        {
            return cluster.Value;
        }
        catch (KubernetesException)
        {
            // What is wrong may be put right elsewhere than in these files.
            Opened.TryRemove(KeyValuePair.Create(key, cluster));
            throw;
        }
    }

    /// <summary>What the client has to say since it was last asked: each message once, whichever cmdlet asks first.</summary>
    public IEnumerable<(bool IsWarning, string Text)> TakeMessages()
    {
        while (_messages.TryDequeue(out (bool, string) message))
            yield return message;
    }

    private static IEnumerable<string> FilesOf(string? kubeConfig) => kubeConfig is not null
        ? [kubeConfig]
        : Kubernetes.KubeConfig.DefaultFiles(Environment.GetEnvironmentVariable("KUBECONFIG"));

    private static string Stamp(string file) => $"{file} {File.GetLastWriteTimeUtc(file).Ticks}";
}
