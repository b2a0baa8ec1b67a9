namespace CoordPS;

/// <summary>What <c>Publish-CoordDeployment</c> did with one object. Workloads bind to <c>Wait-CoordRollout</c>, which passes over the others.</summary>
public sealed class CoordPublication
{
    internal CoordPublication()
    {
    }

    /// <summary>The object's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its namespace; null for what has none.</summary>
    public string? Namespace { get; init; }

    /// <summary>Its kind.</summary>
    public required string Kind { get; init; }

    /// <summary>Group and version that it was published in.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>What happened.</summary>
    public required CoordPublishAction Action { get; init; }

    /// <summary>The revision of a Deployment's rollout, which the cluster counts by changes of its pods; null for others, and while its
    /// controller has not seen the change before this one.</summary>
    public long? Revision { get; init; }

    /// <summary>What the cluster counts changes by; 0 for kinds that it does not count.</summary>
    public long Generation { get; init; }

    /// <summary>The images of a workload's containers, parted by commas; null for others.</summary>
    public string? Image { get; init; }

    /// <summary>The context it was published in; null in a pod.</summary>
    public string? Context { get; init; }

    /// <summary>The kubeconfig; null for the usual one.</summary>
    public string? KubeConfig { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind}/{Name} {Action}";
}
