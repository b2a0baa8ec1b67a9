using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Registers an instance of a service and emits it: until <c>Unregister-CoordService</c>, or the end of the session. After the loss of the
/// session it is registered again with a new one. Curator and Spring Cloud discover it.
/// </summary>
[Cmdlet(VerbsLifecycle.Register, "CoordService", SupportsShouldProcess = true)]
[OutputType(typeof(CoordService))]
public sealed class RegisterCoordServiceCommand : ServiceCmdlet
{
    /// <summary>The service's name.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidatePattern("^[^/]+$")]
    public string Name { get; set; } = "";

    /// <summary>The port it listens on.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(1, 65535)]
    public int? Port { get; set; }

    /// <summary>Its address or host name; default: this machine's first address that others can reach.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Address { get; set; }

    /// <summary>The port it listens on with TLS.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(1, 65535)]
    public int? SslPort { get; set; }

    /// <summary>The instance's id, which no other instance of the service has; default: a new GUID.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidatePattern("^[^/]+$")]
    public string? Id { get; set; }

    /// <summary>What it says of itself, by name, such as <c>@{ version = '1.2'; weight = 3 }</c>.</summary>
    [Parameter]
    public IDictionary? Metadata { get; set; }

    /// <summary>How its URI is made, as Curator writes it: <c>{scheme}://{address}:{port}/api</c>.</summary>
    [Parameter]
    public string? UriSpec { get; set; }

    /// <summary>
    /// <c>Dynamic</c>, the default, goes with the session; <c>Static</c> when it is unregistered or the module is removed; <c>Permanent</c>
    /// only when it is unregistered by name.
    /// </summary>
    [Parameter]
    [ValidateSet(nameof(ServiceType.Dynamic), nameof(ServiceType.Static), nameof(ServiceType.Permanent))]
    public ServiceType Type { get; set; }

    /// <summary>Register it as not to be chosen yet.</summary>
    [Parameter]
    public SwitchParameter Disabled { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (!CheckName(Name) || (Id is not null && !CheckName(Id)) || OpenRegistry() is not { } registry)
            return;
        ServiceInstance instance;
        try
        {
            instance = new ServiceInstance
            {
                Name = Name,
                Id = Id ?? Guid.NewGuid().ToString(),
                Address = Address ?? LocalAddress(),
                Port = Port,
                SslPort = SslPort,
                ServiceType = Type,
                Enabled = !Disabled,
                UriSpec = UriSpec is null ? null : ServiceUriSpec.Parse(UriSpec),
                Payload = Metadata is null ? null : ServiceInstance.ToPayload(Metadata.Cast<DictionaryEntry>().Select(static entry =>
                    KeyValuePair.Create(Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!, Convert.ToString(entry.Value, CultureInfo.InvariantCulture) ?? ""))),
            };
        }
        catch (FormatException e)
        {
            WriteError(
                new CoordException("BadUriSpec", Protocol.ErrorCode.BadArguments, $"'{UriSpec}' is no URI specification: {e.Message}", "Write it as {scheme}://{address}:{port}.", null, e), UriSpec);
            return;
        }

        if (!ShouldProcess($"{instance}", $"Register in {BasePath}"))
            return;
        CoordSession session = CurrentSession;
        var service = new CoordService(session, BasePath, instance, await registry.RegisterAsync(instance, Cancellation));
        RunspaceState.Current.Held.Add(service);
        WriteObject(service);
    }

    internal static string LocalAddress() =>
        NetworkInterface.GetAllNetworkInterfaces()
            .Where(static one => one.OperationalStatus == OperationalStatus.Up && one.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(static one => one.GetIPProperties().UnicastAddresses)
            .Select(static one => one.Address)
            .FirstOrDefault(static one => one.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(one))?.ToString() ?? "127.0.0.1";
}
