using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>Completes what a kubeconfig or a cluster knows, in the time one waits for a completion.</summary>
public abstract class ClusterCompleter : IArgumentCompleter
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string typed = (wordToComplete ?? "").Trim('\'', '"');
        try
        {
            using var limit = new CancellationTokenSource(Patience);
            return [.. Task.Run(() => FindAsync(fakeBoundParameters ?? new Hashtable(), limit.Token)).GetAwaiter().GetResult()
                .Where(name => name.StartsWith(typed, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)
                .Select(static name => new CompletionResult(name, name, CompletionResultType.ParameterValue, name))];
        }
        catch (Exception e) when (e is KubernetesException or OperationCanceledException)
        {
            // Nobody asked a question that an error would answer: there is nothing to complete.
            return [];
        }
    }

    /// <summary>The names there are.</summary>
    private protected abstract Task<IEnumerable<string>> FindAsync(IDictionary bound, CancellationToken ct);

    /// <summary>The cluster that the parameters typed so far name.</summary>
    private protected static Cluster Open(IDictionary bound) => Cluster.Open(PathOf(bound), bound["Context"]?.ToString());

    /// <summary>The kubeconfig that the parameters typed so far name.</summary>
    private protected static string? PathOf(IDictionary bound) => bound["KubeConfig"]?.ToString() is { Length: > 0 } path ? Path.GetFullPath(path) : null;

    /// <summary>The names of the objects of a type, in the namespace that the parameters typed so far name.</summary>
    private protected static async Task<IEnumerable<string>> ListAsync(IDictionary bound, ResourceType type, CancellationToken ct)
    {
        KubernetesClient client = Open(bound).Client;
        KubernetesList list = await client.ListAsync(type, bound["Namespace"]?.ToString() is { Length: > 0 } ns ? ns : client.Namespace, ct: ct).ConfigureAwait(false);
        return list.Items.Select(static one => one.Name);
    }
}

/// <summary>Completes the contexts of a kubeconfig.</summary>
public sealed class ContextCompleter : ClusterCompleter
{
    private protected override Task<IEnumerable<string>> FindAsync(IDictionary bound, CancellationToken ct) =>
        Task.FromResult<IEnumerable<string>>(KubeConfig.Load(PathOf(bound)).Contexts);
}

/// <summary>Completes the namespaces of a cluster.</summary>
public sealed class NamespaceCompleter : ClusterCompleter
{
    private protected override Task<IEnumerable<string>> FindAsync(IDictionary bound, CancellationToken ct) => ListAsync(bound, ResourceType.Namespaces, ct);
}

/// <summary>Completes the deployments of a namespace, or the stateful sets and daemon sets where <c>-Kind</c> says so.</summary>
public sealed class WorkloadCompleter : ClusterCompleter
{
    private protected override Task<IEnumerable<string>> FindAsync(IDictionary bound, CancellationToken ct) =>
        ListAsync(bound, Enum.TryParse(bound["Kind"]?.ToString(), true, out CoordWorkloadKind kind) ? WorkloadKinds.TypeOf(kind) : ResourceType.Deployments, ct);
}

/// <summary>Completes the pods of a namespace.</summary>
public sealed class PodCompleter : ClusterCompleter
{
    private protected override Task<IEnumerable<string>> FindAsync(IDictionary bound, CancellationToken ct) => ListAsync(bound, ResourceType.Pods, ct);
}
