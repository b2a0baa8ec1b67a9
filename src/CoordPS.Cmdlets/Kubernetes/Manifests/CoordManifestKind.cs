namespace CoordPS;

/// <summary>What the manifests are for.</summary>
public enum CoordManifestKind
{
    /// <summary>A service without state: Deployment, Service, HorizontalPodAutoscaler.</summary>
    Deployment,

    /// <summary>A ZooKeeper ensemble: StatefulSet, Services, PodDisruptionBudget.</summary>
    Ensemble,
}
