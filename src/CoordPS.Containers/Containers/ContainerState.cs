namespace CoordPS.Containers;

/// <summary>What a container does.</summary>
public enum ContainerState
{
    /// <summary>It was never started.</summary>
    Created,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It is frozen until it is resumed.</summary>
    Paused,

    /// <summary>It ended, and its restart policy starts it again.</summary>
    Restarting,

    /// <summary>It is being removed.</summary>
    Removing,

    /// <summary>It ended or was stopped.</summary>
    Exited,

    /// <summary>The engine failed to remove it.</summary>
    Dead,
}

/// <summary>What a container's health check says.</summary>
public enum ContainerHealth
{
    /// <summary>It has no health check.</summary>
    None,

    /// <summary>It was not healthy yet, and has time to become so.</summary>
    Starting,

    /// <summary>Its last check succeeded.</summary>
    Healthy,

    /// <summary>Its checks fail.</summary>
    Unhealthy,
}
