using System.Management.Automation;
using System.Text.Json.Nodes;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Changes a configuration as one transaction, all of it or nothing, and emits the changes. What <c>Get-CoordConfig</c> emitted is only
/// written back if nobody changed it meanwhile; <c>-Force</c> overwrites.
/// </summary>
[Cmdlet(VerbsCommon.Set, "CoordConfig", DefaultParameterSetName = ObjectSet, SupportsShouldProcess = true)]
[OutputType(typeof(CoordConfigChange))]
public sealed class SetCoordConfigCommand : ConfigCmdlet
{
    private const string ObjectSet = "Object";
    private const string KeySet = "Key";

    /// <summary>The settings as nested objects or hashtables. Those it does not name stay as they are, unless <c>-Prune</c> is given.</summary>
    [Parameter(Position = 1, Mandatory = true, ValueFromPipeline = true, ParameterSetName = ObjectSet)]
    public object InputObject { get; set; } = null!;

    /// <summary>The path of one setting below the configuration's: <c>db/host</c>.</summary>
    [Parameter(Mandatory = true, ParameterSetName = KeySet)]
    [ValidatePattern("^[^/].*[^/]$|^[^/]$")]
    public string Key { get; set; } = "";

    /// <summary>Its value: text, a number, a boolean, a list, or nested objects.</summary>
    [Parameter(Position = 1, Mandatory = true, ParameterSetName = KeySet)]
    [AllowNull]
    [AllowEmptyString]
    public object? Value { get; set; }

    /// <summary>Remove the settings that the object does not name.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    public SwitchParameter Prune { get; set; }

    /// <summary>Overwrite what others changed since the object was read.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (OpenStore() is not { } store)
            return;
        JsonNode? json;
        ConfigSnapshot? origin = null;
        if (ParameterSetName == KeySet)
        {
            json = ToJson(Value);
            foreach (string name in Key.Split('/').Reverse())
                json = new JsonObject { [name] = json };
        }
        else
        {
            origin = Force ? null : OriginOf(InputObject);
            json = ToJson(InputObject);
            if (json is not JsonObject)
            {
                WriteError(
                    new CoordException(
                        "BadConfig", Protocol.ErrorCode.BadArguments, $"A value of type {(InputObject is PSObject o ? o.BaseObject : InputObject).GetType()} is no configuration.",
                        "Give nested objects or hashtables, or one setting by -Key and -Value.", Path), InputObject);
                return;
            }
        }

        if (origin is not null && origin.Root != Path)
            origin = null;
        ConfigSnapshot from = origin ?? await store.LoadAsync(Cancellation);
        await ApplyAsync(store, ConfigDiff.Between(from, Flatten(json, Key.Length > 0 ? Key : InputObject), Prune));
    }
}
