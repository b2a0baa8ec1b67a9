namespace CoordPS;

/// <summary>A change of the number of pods. It binds to <c>Wait-CoordRollout</c>.</summary>
/// <param name="Name">The workload's name.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Previous">How many there were to be.</param>
/// <param name="Replicas">How many there are to be.</param>
/// <param name="Context">The context; null in a pod.</param>
/// <param name="KubeConfig">The kubeconfig; null for the usual one.</param>
public sealed record CoordScale(string Name, string Namespace, string Kind, int Previous, int Replicas, string? Context, string? KubeConfig);
