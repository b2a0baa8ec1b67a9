using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet over a configuration: a tree of znodes as nested objects.</summary>
public abstract class ConfigCmdlet : RecipeCmdlet
{
    /// <summary>What each emitted configuration was read as, so that setting it can refuse to overwrite a later change.</summary>
    private static readonly ConditionalWeakTable<object, ConfigSnapshot> Origins = [];

    /// <summary>The configuration's path.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The configuration at the path; null, after an error, when it can't be one.</summary>
    private protected ConfigStore? OpenStore()
    {
        if (Check(Path) is not { } bad)
            return new ConfigStore(Client, Path);
        WriteError(bad, Path);
        return null;
    }

    /// <summary>The znodes' bytes of a snapshot, by their paths below the root.</summary>
    private protected static Dictionary<string, byte[]?> ValuesOf(ConfigSnapshot snapshot) =>
        snapshot.Entries.ToDictionary(static entry => entry.Key, static entry => entry.Value.Data, StringComparer.Ordinal);

    /// <summary>The nested objects of a snapshot, which is remembered with them.</summary>
    private protected object? ToObject(ConfigSnapshot snapshot, bool asHashtable)
    {
        object? value = FromJson(ConfigJson.ToJson(ValuesOf(snapshot)), asHashtable);
        object? plain = value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
        if (plain is not null and not string && !plain.GetType().IsValueType)
            Origins.AddOrUpdate(plain, snapshot);
        return value;
    }

    /// <summary>What an object was read as; null for one that was not.</summary>
    private protected static ConfigSnapshot? OriginOf(object? value)
    {
        object? plain = value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
        return plain is not null && Origins.TryGetValue(plain, out ConfigSnapshot? origin) ? origin : null;
    }

    /// <summary>The JSON of an object, by PowerShell's own conversion.</summary>
    private protected JsonNode? ToJson(object? value) => JsonNode.Parse(string.Concat(InvokeCommand.InvokeScript(
        "param($Value) ConvertTo-Json -InputObject $Value -Depth 100 -Compress", false, System.Management.Automation.Runspaces.PipelineResultTypes.None, null, value)
        .Select(static line => line.ToString())));

    private protected object? FromJson(JsonNode? json, bool asHashtable)
    {
        if (json is null)
            return null;
        var results = InvokeCommand.InvokeScript(
            "param($Text, $AsHashtable) ConvertFrom-Json -InputObject $Text -NoEnumerate -AsHashtable:$AsHashtable -Depth 100", false,
            System.Management.Automation.Runspaces.PipelineResultTypes.None, null, json.ToJsonString(), asHashtable);
        return results.Count == 1 ? results[0] : results;
    }

    /// <summary>Shows what would change, asks, applies it as one transaction, and emits the changes.</summary>
    private protected async Task ApplyAsync(ConfigStore store, ConfigDiff diff)
    {
        if (diff.IsEmpty)
        {
            WriteVerbose($"{Path} is as wanted: nothing to change.");
            return;
        }

        List<CoordConfigChange> changes = [.. diff.Changes.Select(change => new CoordConfigChange(Path, change))];
        string summary = string.Join(Environment.NewLine, changes.Select(static change => $"  {change}"));
        if (!ShouldProcess($"Changing configuration {Path} as one transaction:{Environment.NewLine}{summary}", $"Change configuration {Path} as one transaction?{Environment.NewLine}{summary}", "Change configuration"))
            return;
        try
        {
            await store.ApplyAsync(diff, Cancellation);
        }
        catch (ConfigConflictException e)
        {
            WriteError(
                new CoordException(
                    "ConfigConflict", Protocol.ErrorCode.BadVersion, $"'{e.Path}' was changed by someone else since configuration '{Path}' was read; nothing was applied.",
                    "Read it again with Get-CoordConfig, look at the difference (-WhatIf), and set it again.", e.Path, e, ErrorCategory.InvalidOperation),
                e.Path);
            return;
        }

        foreach (CoordConfigChange change in changes)
            WriteObject(change);
    }

    /// <summary>The znodes that JSON stands for; ends the cmdlet when it has names that can't be znodes'.</summary>
    private protected IReadOnlyDictionary<string, byte[]?> Flatten(JsonNode? json, object? target)
    {
        try
        {
            return ConfigJson.Flatten(json);
        }
        catch (FormatException e)
        {
            ThrowTerminatingError(ErrorRecords.From(
                new CoordException("BadConfig", Protocol.ErrorCode.BadArguments, e.Message, "Rename or correct it.", Path, e), target));
            throw;
        }
    }
}
