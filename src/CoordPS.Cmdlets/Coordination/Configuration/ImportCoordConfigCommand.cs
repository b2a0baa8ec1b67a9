using System.Collections;
using System.Management.Automation;
using System.Text.Json;
using System.Text.Json.Nodes;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Brings a configuration to what a file or environment variables say, as one transaction, and emits the changes. <c>-WhatIf</c> shows the
/// difference. A change that someone else makes meanwhile is not overwritten: then nothing is applied.
/// </summary>
[Cmdlet(VerbsData.Import, "CoordConfig", DefaultParameterSetName = FileSet, SupportsShouldProcess = true)]
[OutputType(typeof(CoordConfigChange))]
public sealed class ImportCoordConfigCommand : ConfigCmdlet
{
    private const string FileSet = "File";
    private const string EnvironmentSet = "Environment";

    /// <summary>The file. What it holds is told from its extension: <c>.json</c>, <c>.yaml</c> or <c>.yml</c>, <c>.env</c>.</summary>
    [Parameter(Position = 1, Mandatory = true, ParameterSetName = FileSet)]
    [Alias("FilePath")]
    [ValidateNotNullOrEmpty]
    public string LiteralPath { get; set; } = "";

    /// <summary>What the file holds, where its extension does not say it.</summary>
    [Parameter(ParameterSetName = FileSet)]
    public CoordConfigFormat As { get; set; }

    /// <summary>Take the variables of this process that begin with <c>-Prefix</c>.</summary>
    [Parameter(Mandatory = true, ParameterSetName = EnvironmentSet)]
    public SwitchParameter FromEnvironment { get; set; }

    /// <summary>What the variables begin with, such as <c>APP__</c>; it is no part of the settings' names.</summary>
    [Parameter(Mandatory = true, ParameterSetName = EnvironmentSet)]
    [Parameter(ParameterSetName = FileSet)]
    [AllowEmptyString]
    public string Prefix { get; set; } = "";

    /// <summary>Remove the settings that are not named.</summary>
    [Parameter]
    public SwitchParameter Prune { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (OpenStore() is not { } store)
            return;
        IReadOnlyDictionary<string, byte[]?> wanted = FromEnvironment
            ? ConfigEnvironment.Read(
                Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(static entry => KeyValuePair.Create((string)entry.Key, (string?)entry.Value ?? "")), Prefix)
            : await ReadFileAsync();
        await ApplyAsync(store, ConfigDiff.Between(await store.LoadAsync(Cancellation), wanted, Prune));
    }

    private async Task<IReadOnlyDictionary<string, byte[]?>> ReadFileAsync()
    {
        string file = GetUnresolvedProviderPathFromPSPath(LiteralPath);
        try
        {
            string text = await File.ReadAllTextAsync(file, Cancellation);
            CoordConfigFormat format = IsBound(nameof(As)) ? As : ConfigFile.FormatOf(file);
            if (format == CoordConfigFormat.Environment)
                return ConfigEnvironment.Read(ConfigFile.ReadVariables(text), Prefix);
            if (format == CoordConfigFormat.ConfigMap)
                return ConfigEnvironment.Read(ConfigMapManifest.Read(text), Prefix);
            JsonNode? json = format == CoordConfigFormat.Yaml
                ? ConfigYaml.Parse(text)
                : JsonNode.Parse(text, null, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false });
            return json is JsonObject ? Flatten(json, file) : throw new FormatException("It holds no object of settings.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or JsonException)
        {
            ThrowTerminatingError(ErrorRecords.From(
                new CoordException("BadConfigFile", Protocol.ErrorCode.BadArguments, $"'{file}' can't be imported: {e.Message}", "Correct the file, or say what it holds with -As.", Path, e), file));
            throw;
        }
    }
}
