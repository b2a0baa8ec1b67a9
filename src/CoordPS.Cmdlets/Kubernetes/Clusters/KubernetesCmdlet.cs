using System.Management.Automation;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet that talks to a Kubernetes cluster.</summary>
public abstract class KubernetesCmdlet : AsyncCmdlet
{
    private (string? KubeConfig, string? Context, Cluster Cluster)? _opened;

    /// <summary>The kubeconfig; default: those of the variable <c>KUBECONFIG</c>, else <c>~/.kube/config</c>, else, in a pod, its service account.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? KubeConfig { get; set; }

    /// <summary>The context of the kubeconfig; default: its current one.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ContextCompleter))]
    public string? Context { get; set; }

    /// <summary>The namespace; default: the context's.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? Namespace { get; set; }

    /// <summary>The cluster for the current object.</summary>
    private protected Cluster Cluster
    {
        get
        {
            if (_opened is { } opened && opened.KubeConfig == KubeConfig && opened.Context == Context)
                return opened.Cluster;
            Cluster cluster = ClusterUse.Open(this, KubeConfig, Context);
            _opened = (KubeConfig, Context, cluster);
            return cluster;
        }
    }

    /// <summary>The client of the cluster for the current object.</summary>
    private protected KubernetesClient Client => Cluster.Client;

    /// <summary>The namespace for the current object.</summary>
    private protected string CurrentNamespace => string.IsNullOrEmpty(Namespace) ? Client.Namespace : Namespace;

    /// <inheritdoc/>
    protected override Task EndAsync()
    {
        if (_opened is { } opened)
            ClusterUse.Report(this, opened.Cluster);
        return Task.CompletedTask;
    }
}
