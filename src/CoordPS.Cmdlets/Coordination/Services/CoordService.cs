using CoordPS.Client.Recipes;
using CoordPS.Cmdlets;

namespace CoordPS;

/// <summary>An instance of a service in a registry, as Curator's service discovery knows it.</summary>
public sealed class CoordService : IHeld
{
    private readonly ServiceProvider? _provider;

    internal CoordService(CoordSession session, string basePath, ServiceInstance instance, ServiceRegistration? registration = null, ServiceProvider? provider = null)
    {
        Session = session;
        BasePath = basePath;
        Instance = instance;
        Registration = registration;
        _provider = provider;
    }

    /// <summary>The service's name.</summary>
    public string Name => Instance.Name;

    /// <summary>The instance's id.</summary>
    public string Id => Instance.Id;

    /// <summary>Its address or host name.</summary>
    public string? Address => Instance.Address;

    /// <summary>Its port.</summary>
    public int? Port => Instance.Port;

    /// <summary>Its port for TLS.</summary>
    public int? SslPort => Instance.SslPort;

    /// <summary>Where to reach it: by its own specification, else <c>http://ADDRESS:PORT</c>.</summary>
    public string Uri => Instance.Uri;

    /// <summary>Whether it is to be chosen.</summary>
    public bool Enabled => Instance.Enabled;

    /// <summary>What it says of itself, by name.</summary>
    public IReadOnlyDictionary<string, string> Metadata => Instance.Metadata;

    /// <summary>The payload as JSON; null when there is none.</summary>
    public string? Payload => Instance.Payload?.ToJsonString();

    /// <summary>Whether it goes with whoever registered it.</summary>
    public ServiceType Type => Instance.ServiceType;

    /// <summary>When it was registered, by the clock of who did.</summary>
    public DateTimeOffset Registered => Instance.RegistrationTime.ToLocalTime();

    /// <summary>The registry's path.</summary>
    public string BasePath { get; }

    /// <summary>The session it was read or registered with.</summary>
    public CoordSession Session { get; }

    HeldSet? IHeld.Holder { get; set; }

    internal ServiceInstance Instance { get; }

    internal ServiceRegistration? Registration { get; }

    /// <summary>
    /// Says that it failed: after a few times <c>Resolve-CoordService</c> leaves it out for a while. Does nothing for one that was not resolved.
    /// </summary>
    public void ReportError() => _provider?.NoteError(Instance);

    /// <inheritdoc/>
    public override string ToString() => Instance.ToString();
}
