namespace CoordPS;

/// <summary>A revision that a workload can go back to. It binds to <c>Undo-CoordRollout</c>.</summary>
/// <param name="Name">The workload's name.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Revision">The revision's number.</param>
/// <param name="IsCurrent">Whether it is what is asked for now.</param>
/// <param name="Image">The images of its containers, parted by commas.</param>
/// <param name="Created">When it was made.</param>
/// <param name="ChangeCause">Why, as its annotation <c>kubernetes.io/change-cause</c> says; null if it does not.</param>
/// <param name="Context">The context that it was read in; null in a pod.</param>
/// <param name="KubeConfig">The kubeconfig; null for the usual one.</param>
public sealed record CoordRolloutRevision(
    string Name, string Namespace, string Kind, long Revision, bool IsCurrent, string Image, DateTimeOffset? Created, string? ChangeCause, string? Context, string? KubeConfig);
