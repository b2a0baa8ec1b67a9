using System.Management.Automation;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>Lists deployments; or stateful sets or daemon sets.</summary>
[Cmdlet(VerbsCommon.Get, "CoordDeployment")]
[OutputType(typeof(CoordDeployment))]
public sealed class GetCoordDeploymentCommand : KubernetesCmdlet
{
    /// <summary>Their names, with wildcards; default: all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(WorkloadCompleter))]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <summary>What to list: <c>Deployment</c>, the default, <c>StatefulSet</c>, <c>DaemonSet</c>.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public CoordWorkloadKind Kind { get; set; }

    /// <summary>The labels that they have, such as <c>app=web,tier!=cache</c>.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Selector { get; set; }

    /// <summary>Look into all namespaces.</summary>
    [Parameter]
    public SwitchParameter AllNamespaces { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        ResourceType type = WorkloadKinds.TypeOf(Kind);
        if (Selector is null && !AllNamespaces && !Name.Any(WildcardPattern.ContainsWildcardCharacters))
        {
            foreach (string name in Name)
            {
                try
                {
                    Write(await Client.GetAsync(type, name, CurrentNamespace, Cancellation));
                }
                catch (KubernetesException e)
                {
                    WriteError(e, name);
                }
            }

            return;
        }

        WildcardPattern[] like = [.. Name.Select(static name => new WildcardPattern(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant))];
        KubernetesList all = await Client.ListAsync(type, CurrentNamespace, new ListOptions { LabelSelector = Selector, AllNamespaces = AllNamespaces }, Cancellation);
        foreach (KubernetesObject workload in all.Items.Where(one => like.Any(pattern => pattern.IsMatch(one.Name))))
            Write(workload);
    }

    private void Write(KubernetesObject workload) => WriteObject(new CoordDeployment(workload, Cluster.Context, Cluster.KubeConfig));
}
