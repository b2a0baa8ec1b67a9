using System.Management.Automation;
using System.Text.Json.Nodes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Makes the manifests of a service: Deployment, with <c>-Port</c> a Service, with <c>-MaxReplicas</c> a HorizontalPodAutoscaler, with
/// <c>-ConfigFrom</c> a ConfigMap; or with <c>-Kind Ensemble</c> those of a ZooKeeper ensemble. They are objects to change
/// (<c>$m.spec.replicas = 5</c>) and to pipe to <c>Publish-CoordDeployment</c>; <c>$m.ToYaml()</c>, or <c>-AsYaml</c>, gives them as YAML. No
/// cluster is asked.
/// </summary>
[Cmdlet(VerbsCommon.New, "CoordManifest")]
[OutputType("CoordPS.KubernetesManifest")]
[OutputType(typeof(string))]
public sealed class NewCoordManifestCommand : ManifestCmdlet
{
    /// <summary>The name of the service, and of all its objects.</summary>
    [Parameter(Position = 0, Mandatory = true)]
    [ValidatePattern("^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$")]
    public string Name { get; set; } = "";

    /// <summary>
    /// The image, as text or as <c>Build-CoordImage</c> and <c>Push-CoordImage</c> emit it; pinned by a digest if you can. The default for an
    /// ensemble is <c>zookeeper:3.9</c>.
    /// </summary>
    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Image { get; set; }

    /// <summary>What to make: <c>Deployment</c>, the default, or <c>Ensemble</c>.</summary>
    [Parameter]
    public CoordManifestKind Kind { get; set; }

    /// <summary>Whose image an ensemble runs: <c>Apache</c>'s, the default, or <c>CoordPS</c>'s.</summary>
    [Parameter]
    public CoordEnsembleDistribution Distribution { get; set; }

    /// <summary>The size of each of a member's two volumes, for snapshots and for the log; default 10Gi.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string StorageSize { get; set; } = "10Gi";

    /// <summary>The storage class of the volumes; default: the cluster's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StorageClass { get; set; }

    /// <summary>Emit YAML, one document a manifest, in place of objects.</summary>
    [Parameter]
    public SwitchParameter AsYaml { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        IReadOnlyList<JsonObject> manifests;
        try
        {
            manifests = Kind == CoordManifestKind.Ensemble ? BuildEnsemble() : await BuildDeploymentAsync(
                Name, Image ?? throw BadManifest("A service needs an image: give -Image, or pipe one from Push-CoordImage."));
        }
        catch (FormatException e)
        {
            WriteError(BadManifest(e.Message, e), Name);
            return;
        }
        catch (Exception e) when (ErrorRecords.IsKnown(e))
        {
            WriteError(e, Name);
            return;
        }

        foreach (JsonObject manifest in manifests)
            WriteObject(AsYaml ? "---\n" + ManifestYaml.Write(manifest) : Manifest.ToObject(manifest));
    }

    private IReadOnlyList<JsonObject> BuildEnsemble()
    {
        string[] foreign = [.. new[] { nameof(Port), nameof(Probe), nameof(ConfigFrom), nameof(MinReplicas), nameof(MaxReplicas), nameof(TargetCpu) }.Where(IsBound)];
        if (foreign.Length > 0)
            throw BadManifest($"-{string.Join(", -", foreign)} can't be given with -Kind Ensemble: its ports, probes and settings are those of ZooKeeper, and its number of members is fixed.");
        if (Distribution == CoordEnsembleDistribution.CoordPS && Image is null)
            throw BadManifest("An ensemble of CoordPS needs the image that you built of it: give -Image.");
        int members = IsBound(nameof(Replicas)) ? Replicas : 3;
        if (members is < 1 or > 15)
            throw BadManifest($"{members} is no number of members: 3 or 5 is usual, 15 the most.");
        if (members % 2 == 0)
            WriteWarning($"{members} members bear the loss of no more than {members - 1} do.");
        ResourceRange.ValueOf(StorageSize);
        return
        [
            .. new EnsembleManifest
            {
                Name = Name,
                Image = Image ?? "zookeeper:3.9",
                Namespace = Namespace,
                Members = members,
                Distribution = Distribution,
                Cpu = ResourceRange.Parse(Cpu),
                Memory = ResourceRange.Parse(Memory),
                Env = Env,
                Labels = Label,
                ServiceAccount = ServiceAccount,
                StorageSize = StorageSize,
                StorageClass = StorageClass,
            }.Build(),
        ];
    }
}
