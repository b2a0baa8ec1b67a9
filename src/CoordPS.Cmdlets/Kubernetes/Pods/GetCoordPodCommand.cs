using System.Management.Automation;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>Lists pods: of a namespace, of a deployment, or by label.</summary>
[Cmdlet(VerbsCommon.Get, "CoordPod", DefaultParameterSetName = NameSet)]
[OutputType(typeof(CoordPod))]
public sealed class GetCoordPodCommand : KubernetesCmdlet
{
    private const string NameSet = "Name";
    private const string DeploymentSet = "Deployment";

    /// <summary>The pods' names, with wildcards; default: all.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(PodCompleter))]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The deployments whose pods are wanted; or stateful sets or daemon sets, where <c>-Kind</c> says so.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeploymentSet, ValueFromPipelineByPropertyName = true)]
    [Alias("DeploymentName")]
    [ArgumentCompleter(typeof(WorkloadCompleter))]
    public string[] Deployment { get; set; } = [];

    /// <summary>What the deployments are; default: <c>Deployment</c>.</summary>
    [Parameter(ParameterSetName = DeploymentSet, ValueFromPipelineByPropertyName = true)]
    public CoordWorkloadKind Kind { get; set; }

    /// <summary>The labels that the pods have, such as <c>app=web,tier!=cache</c>.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    public string? Selector { get; set; }

    /// <summary>Look into all namespaces.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public SwitchParameter AllNamespaces { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (ParameterSetName == DeploymentSet)
        {
            foreach (string name in Deployment)
                await WriteOfAsync(name);
            return;
        }

        if (Selector is null && !AllNamespaces && !Name.Any(WildcardPattern.ContainsWildcardCharacters))
        {
            foreach (string name in Name)
                WriteObject(new CoordPod(new Pod(await Client.GetAsync(ResourceType.Pods, name, CurrentNamespace, Cancellation)), Cluster.Context, Cluster.KubeConfig));
            return;
        }

        WildcardPattern[] like = [.. Name.Select(static name => new WildcardPattern(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant))];
        await WriteAsync(new ListOptions { LabelSelector = Selector, AllNamespaces = AllNamespaces }, name => like.Any(one => one.IsMatch(name)));
    }

    private async Task WriteOfAsync(string name)
    {
        KubernetesObject workload;
        try
        {
            workload = await Client.GetAsync(WorkloadKinds.TypeOf(Kind), name, CurrentNamespace, Cancellation);
        }
        catch (KubernetesException e)
        {
            WriteError(e, name);
            return;
        }

        await WriteAsync(new ListOptions { LabelSelector = WorkloadKinds.SelectorOf(workload) }, static _ => true);
    }

    private async Task WriteAsync(ListOptions options, Func<string, bool> matches)
    {
        KubernetesList pods = await Client.ListAsync(ResourceType.Pods, CurrentNamespace, options, Cancellation);
        foreach (KubernetesObject pod in pods.Items)
        {
            if (matches(pod.Name))
                WriteObject(new CoordPod(new Pod(pod), Cluster.Context, Cluster.KubeConfig));
        }
    }
}
