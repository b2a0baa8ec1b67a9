using System.Management.Automation;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Writes a configuration, as it was at one moment, as JSON, YAML, environment variables or a ConfigMap for Kubernetes: to a file, or, without one, as
/// text to the pipeline.
/// </summary>
[Cmdlet(VerbsData.Export, "CoordConfig", SupportsShouldProcess = true)]
[OutputType(typeof(string))]
[OutputType(typeof(FileInfo))]
public sealed class ExportCoordConfigCommand : ConfigCmdlet
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The file; its extension says what to write unless <c>-As</c> does. One that is there is replaced only with <c>-Force</c>.</summary>
    [Parameter(Position = 1)]
    [Alias("FilePath")]
    [ValidateNotNullOrEmpty]
    public string? LiteralPath { get; set; }

    /// <summary>What to write; default: what the file's extension says, else JSON.</summary>
    [Parameter]
    public CoordConfigFormat As { get; set; }

    /// <summary>What the variables begin with.</summary>
    [Parameter]
    [AllowEmptyString]
    public string Prefix { get; set; } = "";

    /// <summary>The name of the ConfigMap; default: the names of the path, parted by hyphens.</summary>
    [Parameter]
    [ValidatePattern("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")]
    public string? Name { get; set; }

    /// <summary>The namespace of the ConfigMap; default: that of whoever applies it.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Namespace { get; set; }

    /// <summary>Replace the file if it is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (OpenStore() is not { } store)
            return;
        ConfigSnapshot snapshot = await store.LoadAsync(Cancellation);
        if (snapshot.Entries.Count == 0)
        {
            WriteError(new CoordException("NoConfig", Protocol.ErrorCode.NoNode, $"There is no configuration at '{Path}'.", "Check the path.", Path), Path);
            return;
        }

        string? file = LiteralPath is null ? null : GetUnresolvedProviderPathFromPSPath(LiteralPath);
        CoordConfigFormat format = IsBound(nameof(As)) || file is null ? As : ConfigFile.FormatOf(file);
        string text;
        try
        {
            text = Write(snapshot, format);
        }
        catch (FormatException e)
        {
            WriteError(new CoordException("NotExportable", Protocol.ErrorCode.BadArguments, e.Message, "Export it as JSON or YAML.", Path, e), Path);
            return;
        }

        if (file is null)
        {
            WriteObject(text);
            return;
        }

        if (!ShouldProcess(file, $"Export configuration {Path}"))
            return;
        try
        {
            // Beside the file first: what is there is whole, before and after.
            string draft = $"{file}.{Environment.ProcessId}.tmp";
            if (File.Exists(file) && !Force)
                throw new IOException("it exists");
            await File.WriteAllTextAsync(draft, text, new UTF8Encoding(false), Cancellation);
            File.Move(draft, file, Force);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(
                new CoordException("CannotWrite", Protocol.ErrorCode.SystemError, $"'{file}' can't be written: {e.Message.TrimEnd('.')}.", "Choose another file, or replace this one with -Force.", Path, e, ErrorCategory.WriteError), file);
            return;
        }

        WriteObject(new FileInfo(file));
    }

    private string Write(ConfigSnapshot snapshot, CoordConfigFormat format)
    {
        Dictionary<string, byte[]?> values = ValuesOf(snapshot);
        if (format == CoordConfigFormat.Environment)
            return string.Concat(ConfigEnvironment.Write(values, Prefix).Select(static pair => ConfigFile.WriteVariable(pair.Key, pair.Value) + "\n"));
        if (format == CoordConfigFormat.ConfigMap)
            return ManifestYaml.Write(ConfigMapManifest.From(snapshot, Name ?? ConfigMapManifest.NameFor(Path), Namespace, Prefix)) + "\n";
        JsonNode? json = ConfigJson.ToJson(values);
        return format == CoordConfigFormat.Yaml ? ConfigYaml.Write(json) : (json?.ToJsonString(Indented) ?? "null") + "\n";
    }
}
