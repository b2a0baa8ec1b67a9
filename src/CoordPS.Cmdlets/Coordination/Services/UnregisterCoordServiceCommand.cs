using System.Management.Automation;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Removes instances of services from the registry: those that this runspace registered, and any other by name and id. A dynamic one whose
/// owner lives registers itself again.
/// </summary>
[Cmdlet(VerbsLifecycle.Unregister, "CoordService", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class UnregisterCoordServiceCommand : ServiceCmdlet
{
    /// <summary>The service's name.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string Name { get; set; } = "";

    /// <summary>The instance's id; default: all instances of the service that this runspace registered.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    public string? Id { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (!CheckName(Name) || (Id is not null && !CheckName(Id)) || OpenRegistry() is not { } registry)
            return;
        var mine = RunspaceState.Current.Held.All<CoordService>().Where(one => one.Name == Name && one.BasePath == BasePath && (Id is null || one.Id == Id)).ToList();
        if (mine.Count == 0 && Id is null)
        {
            WriteError(
                new CoordException(
                    "NotRegistered", Protocol.ErrorCode.NoNode, $"This runspace has registered no instance of '{Name}' in {BasePath}.",
                    "Name one of others by its -Id, as Get-CoordService shows it."), Name);
            return;
        }

        foreach (CoordService service in mine)
        {
            if (!ShouldProcess($"{service}", $"Unregister from {BasePath}"))
                continue;
            HeldSet.Remove(service);
            await service.Registration!.DisposeAsync();
            if (service.Type == ServiceType.Permanent)
                await registry.UnregisterAsync(Name, service.Id, Cancellation);
        }

        if (mine.Count == 0 && ShouldProcess($"{Name}/{Id}", $"Unregister from {BasePath}"))
            await registry.UnregisterAsync(Name, Id!, Cancellation);
    }
}
