using System.Management.Automation;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Reads a configuration, a tree of znodes, as nested objects: as it was at one moment, whoever changes it meanwhile. Numbers, booleans and
/// lists are what they were set as; anything else is text.
/// </summary>
[Cmdlet(VerbsCommon.Get, "CoordConfig")]
[OutputType(typeof(PSObject))]
public sealed class GetCoordConfigCommand : ConfigCmdlet
{
    /// <summary>Emit hashtables in place of objects.</summary>
    [Parameter]
    public SwitchParameter AsHashtable { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (OpenStore() is not { } store)
            return;
        ConfigSnapshot snapshot = await store.LoadAsync(Cancellation);
        if (snapshot.Entries.Count == 0)
        {
            WriteError(
                new CoordException("NoConfig", Protocol.ErrorCode.NoNode, $"There is no configuration at '{Path}'.", "Check the path, or make one with Set-CoordConfig or Import-CoordConfig.", Path),
                Path);
            return;
        }

        WriteObject(ToObject(snapshot, AsHashtable));
    }
}
