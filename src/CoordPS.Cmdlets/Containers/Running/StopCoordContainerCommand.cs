using System.Management.Automation;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>Stops containers: asks their process to end, and ends it when that takes too long. They can be started again.</summary>
[Cmdlet(VerbsLifecycle.Stop, "CoordContainer", SupportsShouldProcess = true)]
[OutputType(typeof(CoordContainer))]
public sealed class StopCoordContainerCommand : ContainerCmdlet
{
    /// <summary>How long a container may take to end by itself; default: what it was created with, 10 seconds if it was not said.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Ends them at once, as a crash would.</summary>
    [Parameter]
    public SwitchParameter Kill { get; set; }

    /// <summary>Emits the containers.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override async Task ProcessAsync(DockerEngineClient engine, ContainerInfo container)
    {
        if (!ShouldProcess(container.Name, Kill ? "Kill container" : "Stop container"))
            return;
        var progress = new ProgressReporter(this, $"Stopping {container.Name}");
        Task<bool> stopping = Kill ? KillAsync(engine, container) : engine.StopContainerAsync(container.Id, Timeout, Cancellation);
        while (await Task.WhenAny(stopping, Task.Delay(TimeSpan.FromMilliseconds(250), Cancellation)) != stopping && !Cancellation.IsCancellationRequested)
            progress.Report("It has been asked to end");
        progress.Complete();
        WriteVerbose(await stopping ? $"'{container.Name}' was stopped." : $"'{container.Name}' did not run.");
        if (PassThru)
            WriteObject(new CoordContainer(await engine.GetContainerAsync(container.Id, Cancellation), engine.Endpoint));
    }

    private async Task<bool> KillAsync(DockerEngineClient engine, ContainerInfo container)
    {
        try
        {
            await engine.KillContainerAsync(container.Id, null, Cancellation);
            return true;
        }
        catch (DockerConflictException) when (container.State is not ContainerState.Running)
        {
            return false;
        }
    }
}
