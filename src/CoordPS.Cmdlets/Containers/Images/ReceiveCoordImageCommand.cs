using System.Management.Automation;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>
/// Pulls images from the registries that their names begin with, several at a time, and emits each with the digest that its registry reports. A name
/// with a digest, REPOSITORY@sha256:..., gets that very image.
/// </summary>
[Cmdlet(VerbsCommunications.Receive, "CoordImage", SupportsShouldProcess = true)]
[OutputType(typeof(CoordImage))]
public sealed class ReceiveCoordImageCommand : TransferCmdlet
{
    /// <summary>The platform to pull for, such as linux/arm64; the default is the engine's own.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Platform { get; set; }

    private protected override string Action => "Pull";

    private protected override IAsyncEnumerable<TransferEvent> Transfer(DockerEngineClient engine, string name, RegistryAuth? auth) =>
        engine.PullImageAsync(name, auth, Platform, Cancellation);
}
