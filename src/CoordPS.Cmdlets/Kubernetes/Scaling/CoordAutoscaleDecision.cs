using CoordPS.Kubernetes;

namespace CoordPS;

/// <summary>What an autoscaler would decide, and how it gets there.</summary>
public sealed class CoordAutoscaleDecision
{
    internal CoordAutoscaleDecision(string? name, string? ns, AutoscaleDecision decision)
    {
        Name = name;
        Namespace = ns;
        Current = decision.Current;
        Recommended = decision.Recommended;
        Desired = decision.Desired;
        Reason = decision.Reason;
        Step = decision.Steps;
    }

    /// <summary>The workload's name; null for given readings.</summary>
    public string? Name { get; }

    /// <summary>Its namespace; null for given readings.</summary>
    public string? Namespace { get; }

    /// <summary>How many pods there are to be now.</summary>
    public int Current { get; }

    /// <summary>What the readings alone say.</summary>
    public int Recommended { get; }

    /// <summary>What it would ask for.</summary>
    public int Desired { get; }

    /// <summary>What decided, as the controller's conditions call it, such as <c>TooManyReplicas</c>.</summary>
    public string Reason { get; }

    /// <summary>The reckoning, step by step.</summary>
    public IReadOnlyList<AutoscaleStep> Step { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Current} -> {Desired} ({Reason})";
}
