namespace CoordPS;

/// <summary>A change of a service.</summary>
/// <param name="Time">When it was noticed.</param>
/// <param name="Change">What happened: <c>Added</c>, <c>Changed</c>, <c>Removed</c>.</param>
/// <param name="Service">The instance, as it is, or was.</param>
public sealed record CoordServiceChange(DateTimeOffset Time, string Change, CoordService Service)
{
    /// <summary>The service's name.</summary>
    public string Name => Service.Name;

    /// <summary>The instance's id.</summary>
    public string Id => Service.Id;

    /// <summary>Where to reach it.</summary>
    public string Uri => Service.Uri;
}
