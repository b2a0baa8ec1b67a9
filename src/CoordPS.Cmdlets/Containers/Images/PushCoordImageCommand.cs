using System.Management.Automation;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>
/// Pushes images to the registries that their names begin with, several at a time, and emits each with the digest that its registry reports, by which
/// what follows can pin it.
/// </summary>
[Cmdlet(VerbsCommon.Push, "CoordImage", SupportsShouldProcess = true)]
[OutputType(typeof(CoordImage))]
public sealed class PushCoordImageCommand : TransferCmdlet
{
    private protected override string Action => "Push";

    private protected override IAsyncEnumerable<TransferEvent> Transfer(DockerEngineClient engine, string name, RegistryAuth? auth) =>
        engine.PushImageAsync(name, auth, Cancellation);
}
