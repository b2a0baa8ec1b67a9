using System.Management.Automation;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>Removes containers with what they wrote outside of volumes. Volumes with a name stay.</summary>
[Cmdlet(VerbsCommon.Remove, "CoordContainer", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(void))]
public sealed class RemoveCoordContainerCommand : ContainerCmdlet
{
    /// <summary>Ends containers that run.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Removes their volumes that have no name, too.</summary>
    [Parameter]
    public SwitchParameter Volume { get; set; }

    private protected override async Task ProcessAsync(DockerEngineClient engine, ContainerInfo container)
    {
        if (!ShouldProcess(container.Name, Force && container.State == ContainerState.Running ? "Kill and remove container" : "Remove container"))
            return;
        try
        {
            await engine.RemoveContainerAsync(container.Id, Force, Volume, Cancellation);
        }
        catch (DockerConflictException) when (!Force && container.State is ContainerState.Running or ContainerState.Paused or ContainerState.Restarting)
        {
            throw new DockerConflictException($"Can't remove the container '{container.Name}': it is {container.State.ToString().ToLowerInvariant()}",
                "Stop it first (Stop-CoordContainer), or give -Force.", container.Name, engine.Endpoint);
        }

        WriteVerbose($"'{container.Name}' was removed.");
    }
}
