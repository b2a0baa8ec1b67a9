namespace CoordPS.Client.Recipes;

/// <summary>How long a registration lasts.</summary>
public enum ServiceType
{
    /// <summary>As long as whoever registered it: an ephemeral, kept across sessions. The default.</summary>
    Dynamic,

    /// <summary>Until it is unregistered; disposing the registration does so.</summary>
    Static,

    /// <summary>Until it is unregistered by name; disposing the registration leaves it.</summary>
    Permanent,

    /// <summary>An ephemeral with a counter after its id. Curator's only: it is read, but not registered.</summary>
    DynamicSequential,
}
