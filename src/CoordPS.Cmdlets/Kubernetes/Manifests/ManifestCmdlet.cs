using System.Collections;
using System.Management.Automation;
using System.Text.Json.Nodes;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet that says what a service is to be like on Kubernetes.</summary>
public abstract class ManifestCmdlet : RecipeCmdlet
{
    private static readonly string[] ProbeKinds = ["readiness", "liveness", "startup"];

    /// <summary>The namespace; default: that of the kubeconfig's context when it is applied.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [ValidatePattern("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
    public string? Namespace { get; set; }

    /// <summary>How many pods. With <c>-MaxReplicas</c> it is better left out: the autoscaler decides.</summary>
    [Parameter]
    [ValidateRange(0, 100_000)]
    public int Replicas { get; set; } = 1;

    /// <summary>
    /// The ports: <c>8080</c>, <c>80:8080</c> (the service's and the container's), <c>http=80:8080/TCP</c>. With a port there is a Service.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Port { get; set; }

    /// <summary>CPU of each container: one quantity for request and limit, such as <c>250m</c>, or both, <c>50m, 100m</c>.</summary>
    [Parameter]
    [ValidateCount(1, 2)]
    public string[]? Cpu { get; set; }

    /// <summary>Memory of each container: one quantity for request and limit, such as <c>256Mi</c>, or both, <c>128Mi, 256Mi</c>.</summary>
    [Parameter]
    [ValidateCount(1, 2)]
    public string[]? Memory { get; set; }

    /// <summary>
    /// Variables of the container. A value that is a hashtable says where it comes from: <c>@{ secretKeyRef = @{ name = 'db'; key = 'password' } }</c>.
    /// </summary>
    [Parameter]
    public IDictionary? Env { get; set; }

    /// <summary>
    /// How to ask the container whether it is well: <c>/healthz</c>, <c>/healthz:8081</c>, <c>https:/healthz</c>, <c>tcp</c>, <c>tcp:5432</c>,
    /// <c>exec:COMMAND</c>, for readiness and liveness both; or a hashtable of <c>readiness</c>, <c>liveness</c>, <c>startup</c>.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public object? Probe { get; set; }

    /// <summary>Further labels, of all objects and the pods. <c>app</c> is the name.</summary>
    [Parameter]
    public IDictionary? Label { get; set; }

    /// <summary>The service account that the pods run as.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ServiceAccount { get; set; }

    /// <summary>The fewest pods that the autoscaler may set; default 1.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int MinReplicas { get; set; } = 1;

    /// <summary>The most pods that the autoscaler may set. With it there is a HorizontalPodAutoscaler.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int MaxReplicas { get; set; }

    /// <summary>The CPU use that the autoscaler aims at, in percent of what is requested; default 80.</summary>
    [Parameter]
    [ValidateRange(1, 10_000)]
    public int TargetCpu { get; set; } = 80;

    /// <summary>
    /// The path of a configuration, a tree of znodes, whose settings are variables of the container: by a ConfigMap, and with an annotation of
    /// the pods that changes with it, so that they are replaced then.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(PathCompleter))]
    [ValidateNotNullOrEmpty]
    public string? ConfigFrom { get; set; }

    /// <summary>Whether anything is said of what the service is to be like, rather than only which image it is to run.</summary>
    private protected bool DescribesService => new[]
    {
        nameof(Replicas), nameof(Port), nameof(Cpu), nameof(Memory), nameof(Env), nameof(Probe), nameof(Label), nameof(ServiceAccount),
        nameof(MinReplicas), nameof(MaxReplicas), nameof(TargetCpu), nameof(ConfigFrom),
    }.Any(IsBound);

    /// <summary>The error for something that can't be put in a manifest.</summary>
    private protected static CoordException BadManifest(string message, Exception? inner = null) => new(
        "BadManifest", ErrorCode.BadArguments, message, "Correct it; Get-Help New-CoordManifest shows how each part is written.", null, inner, ErrorCategory.InvalidArgument);

    /// <summary>The manifests of a service.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="image">Its image.</param>
    /// <exception cref="CoordException">Something can't be written as a manifest.</exception>
    private protected async Task<IReadOnlyList<JsonObject>> BuildDeploymentAsync(string name, string image)
    {
        try
        {
            bool scaled = CheckAutoscaler();
            return
            [
                .. new DeploymentManifest
                {
                    Name = name,
                    Image = image,
                    Namespace = Namespace,
                    // Two that set one number would undo each other's work with every publication.
                    Replicas = scaled && !IsBound(nameof(Replicas)) ? null : Replicas,
                    Ports = PublishedPort.ParseAll(Port ?? []),
                    Cpu = ResourceRange.Parse(Cpu),
                    Memory = ResourceRange.Parse(Memory),
                    Env = Env,
                    Labels = Label,
                    ServiceAccount = ServiceAccount,
                    Probes = Probes(),
                    MinReplicas = scaled ? MinReplicas : null,
                    MaxReplicas = scaled ? MaxReplicas : null,
                    TargetCpu = TargetCpu,
                    Config = ConfigFrom is null ? null : await ReadConfigAsync(ConfigFrom, $"{name}-config", DeploymentManifest.LabelsOf(Label, name)),
                }.Build(),
            ];
        }
        catch (FormatException e)
        {
            throw BadManifest(e.Message, e);
        }
    }

    /// <summary>The ConfigMap for a configuration.</summary>
    /// <exception cref="CoordException">There is none, or it can't be a ConfigMap.</exception>
    private protected async Task<JsonObject> ReadConfigAsync(string path, string name, JsonObject? labels)
    {
        if (Check(path) is { } bad)
            throw bad;
        ConfigSnapshot snapshot = await new ConfigStore(Client, path).LoadAsync(Cancellation);
        if (!snapshot.Exists)
            throw new CoordException("NoConfig", ErrorCode.NoNode, $"There is no configuration at '{path}'.", "Check the path, or make one with Set-CoordConfig or Import-CoordConfig.", path);
        return ConfigMapManifest.From(snapshot, name, Namespace, labels: labels);
    }

    private bool CheckAutoscaler()
    {
        if (!IsBound(nameof(MaxReplicas)))
        {
            return IsBound(nameof(MinReplicas)) || IsBound(nameof(TargetCpu))
                ? throw BadManifest("-MinReplicas and -TargetCpu are for an autoscaler, which needs -MaxReplicas.")
                : false;
        }

        if (MaxReplicas < MinReplicas)
            throw BadManifest($"-MaxReplicas {MaxReplicas} is less than -MinReplicas {MinReplicas}.");
        if (Cpu is null)
            WriteWarning("The autoscaler goes by the CPU use in percent of what is requested: without -Cpu nothing is, and it can't decide.");
        if (IsBound(nameof(Replicas)))
            WriteWarning("With -Replicas each publication sets the number of pods that the autoscaler has decided on. Leave it out.");
        return true;
    }

    private Dictionary<string, string> Probes()
    {
        var probes = new Dictionary<string, string>();
        switch (Probe is PSObject wrapped ? wrapped.BaseObject : Probe)
        {
            case null:
                break;
            case IDictionary several:
                foreach (DictionaryEntry entry in several)
                {
                    string kind = entry.Key.ToString()!.ToLowerInvariant();
                    if (!ProbeKinds.Contains(kind))
                        throw new FormatException($"'{entry.Key}' is no kind of probe: give readiness, liveness, startup.");
                    probes[$"{kind}Probe"] = entry.Value?.ToString() ?? "";
                }

                break;
            case { } one:
                probes["readinessProbe"] = probes["livenessProbe"] = one.ToString()!;
                break;
        }

        return probes;
    }
}
