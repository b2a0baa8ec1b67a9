using System.Management.Automation;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>
/// Removes names of images, and each image whose last name went. The containers that use an image are named before it is removed, and in the error
/// when the engine refuses for their sake.
/// </summary>
[Cmdlet(VerbsCommon.Remove, "CoordImage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveCoordImageCommand : EngineCmdlet
{
    /// <summary>Names or IDs.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Reference")]
    [ArgumentCompleter(typeof(ImageCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Does not ask, and removes an image by its ID that has several names, or that only stopped containers use.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (string name in Name)
        {
            try
            {
                // An image that is not there is told as such, not asked about.
                await Engine.GetImageAsync(name, Cancellation);
                IReadOnlyList<string> users = await Engine.GetImageUsersAsync(name, Cancellation);
                string target = users.Count == 0 ? name : $"{name}, used by {string.Join(", ", users)}";
                bool isAsked = IsBound("WhatIf") || IsBound("Confirm") || LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));
                if (!(Force && !isAsked || ShouldProcess(target, "Remove image")))
                    continue;
                foreach (ImageRemoval removal in await Engine.RemoveImageAsync(name, Force, Cancellation))
                    WriteVerbose(removal.Untagged is { } untagged ? $"Removed the name {untagged}." : $"Removed {removal.Deleted}.");
            }
            catch (DockerException e) when (e.Error is DockerError.NotFound or DockerError.Conflict)
            {
                WriteError(e, name);
            }
        }
    }
}
