using System.Collections;
using System.Management.Automation;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>
/// Builds an image from a folder with a Dockerfile. The folder is streamed to the engine as it is read, without what .dockerignore names. Steps are
/// shown as progress, the build log with -Verbose; a step that fails is an error with its instruction, its exit code and the end of its output.
/// Emits the image, once for each name.
/// </summary>
[Cmdlet("Build", "CoordImage", SupportsShouldProcess = true)]
[OutputType(typeof(CoordImage))]
public sealed class BuildCoordImageCommand : EngineCmdlet
{
    /// <summary>The folder that the Dockerfile copies from; the current one by default.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = ".";

    /// <summary>The names that the image gets: REGISTRY/REPOSITORY:TAG. An image without one is found by its ID only.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string[] Tag { get; set; } = [];

    /// <summary>Values for the Dockerfile's ARG instructions. They can be read from the image: no place for secrets.</summary>
    [Parameter]
    public Hashtable BuildArg { get; set; } = [];

    /// <summary>The stage of the Dockerfile to end with; the default is the last.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Target { get; set; }

    /// <summary>Labels of the image, besides the Dockerfile's.</summary>
    [Parameter]
    public Hashtable Label { get; set; } = [];

    /// <summary>Does every step anew, in place of taking what an earlier build has left.</summary>
    [Parameter]
    public SwitchParameter NoCache { get; set; }

    /// <summary>Pulls base images even when the engine has them.</summary>
    [Parameter]
    public SwitchParameter Pull { get; set; }

    /// <summary>The platform to build for, such as linux/arm64; the default is the engine's own.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Platform { get; set; }

    /// <summary>
    /// The Dockerfile, in the folder or elsewhere; the default is Dockerfile there. A file FILE.dockerignore beside it goes before the folder's
    /// .dockerignore.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? File { get; set; }

    /// <summary>The network of RUN instructions: host, none or the name of one; the default is the engine's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Network { get; set; }

    /// <summary>Builds with BuildKit, by way of a docker command on PATH that has it; the default is the engine's own builder.</summary>
    [Parameter]
    public SwitchParameter BuildKit { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        string folder = GetUnresolvedProviderPathFromPSPath(Path);
        if (!ShouldProcess(Tag.Length == 0 ? folder : $"{string.Join(", ", Tag)} from {folder}", "Build image"))
            return;
        var options = new ImageBuildOptions
        {
            Directory = folder,
            Dockerfile = File is null ? null : GetUnresolvedProviderPathFromPSPath(File),
            Tags = Tag,
            Arguments = TextOf(BuildArg),
            Labels = TextOf(Label),
            Target = Target,
            Platform = Platform,
            Network = Network,
            NoCache = NoCache,
            Pull = Pull,
        };
        string id = await BuildAsync(options);
        ImageDetails details = await Engine.GetImageAsync(id, Cancellation);
        if (Tag.Length == 0)
            WriteObject(new CoordImage(details, null, Engine.Endpoint));
        foreach (string tag in Tag)
            WriteObject(new CoordImage(details, tag, Engine.Endpoint));
    }

    private async Task<string> BuildAsync(ImageBuildOptions options)
    {
        var progress = new ProgressReporter(this, $"Building {(Tag.Length == 0 ? options.Directory : Tag[0])}");
        try
        {
            string id = "";
            IAsyncEnumerable<BuildEvent> events = BuildKit ? Engine.BuildImageWithBuildKitAsync(options, Cancellation) : Engine.BuildImageAsync(options, Cancellation);
            await foreach (BuildEvent happened in events)
            {
                switch (happened.Kind)
                {
                    case BuildEventKind.ContextSent:
                        progress.Report($"{happened.Current / (1 << 20)} MiB of the build context sent");
                        break;
                    case BuildEventKind.StepStarted:
                        BuildStep step = happened.Step!;
                        progress.Report(step.ToString(), 100 * (step.Number - 1) / step.Total);
                        WriteVerbose($"Step {step}");
                        break;
                    case BuildEventKind.Pull:
                        progress.Report(happened.Text, happened is { Current: { } current, Total: > 0 and { } total } ? (int)Math.Min(100, 100 * current / total) : -1);
                        break;
                    case BuildEventKind.Warning:
                        WriteWarning(happened.Text);
                        break;
                    case BuildEventKind.Output when happened.Text.Length > 0:
                        WriteVerbose(happened.Text);
                        break;
                    case BuildEventKind.Built:
                        id = happened.Text;
                        break;
                }
            }

            return id;
        }
        finally
        {
            progress.Complete();
        }
    }

    private static Dictionary<string, string> TextOf(Hashtable table)
    {
        var text = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in table)
            text[LanguagePrimitives.ConvertTo<string>(entry.Key)] = LanguagePrimitives.ConvertTo<string>(entry.Value);
        return text;
    }
}
