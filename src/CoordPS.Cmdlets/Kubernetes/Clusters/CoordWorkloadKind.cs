namespace CoordPS;

/// <summary>What keeps pods running and rolls out changes of them.</summary>
public enum CoordWorkloadKind
{
    /// <summary>Pods that are all alike.</summary>
    Deployment,

    /// <summary>Pods with names and volumes of their own.</summary>
    StatefulSet,

    /// <summary>A pod on every node.</summary>
    DaemonSet,
}
