namespace CoordPS.Kubernetes;

/// <summary>When a problem of a pod is taken for certain. See docs/decisions/0061-when-a-rollout-has-failed.md.</summary>
public sealed record RolloutRules
{
    /// <summary>How often a container must have ended until it is a crash loop. Default: 3, which a kubelet reaches some 10 s after the first start.</summary>
    public int Crashes { get; init; } = 3;

    /// <summary>
    /// How long an image can't be pulled for a reason that may pass. Default: 30 s. A registry that says that there is no such
    /// image, or denies it, is certain at once.
    /// </summary>
    public TimeSpan ImageGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a container can't be created, because what it names may be applied just after it. Default: 30 s.</summary>
    public TimeSpan ConfigGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long pods can't be created, because a quota may get free when old pods end. Default: 60 s.</summary>
    public TimeSpan CreateGrace { get; init; } = TimeSpan.FromSeconds(60);
}
