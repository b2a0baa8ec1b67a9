using System.Management.Automation;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>Lists the images of an engine: an object for each name, and one for each image that has none.</summary>
[Cmdlet(VerbsCommon.Get, "CoordImage")]
[OutputType(typeof(CoordImage))]
public sealed class GetCoordImageCommand : EngineCmdlet
{
    private const int AtATime = 16;

    /// <summary>Names, with wildcards or without, and IDs. A name without a tag means all tags where it has wildcards, latest otherwise.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Reference")]
    [ArgumentCompleter(typeof(ImageCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Labels that the images must have, all of them: NAME, or NAME=VALUE.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Label { get; set; } = [];

    /// <summary>Only images that have no name and that no other is built on, which later builds of the same name leave.</summary>
    [Parameter]
    public SwitchParameter Dangling { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (Name.Length == 0)
            await ListAsync(static _ => true);
        foreach (string name in Name)
        {
            if (WildcardPattern.ContainsWildcardCharacters(name))
            {
                var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase);
                await ListAsync(reference => pattern.IsMatch(reference) || pattern.IsMatch(ImageReference.Parse(reference).Repository));
            }
            else
            {
                await GetAsync(name);
            }
        }
    }

    private async Task GetAsync(string name)
    {
        ImageDetails details;
        try
        {
            details = await Engine.GetImageAsync(name, Cancellation);
        }
        catch (DockerNotFoundException e)
        {
            WriteError(e, name);
            return;
        }

        // An ID stands for all names of the image.
        bool isId = details.Id.StartsWith(name.StartsWith("sha256:", StringComparison.Ordinal) ? name : $"sha256:{name}", StringComparison.Ordinal);
        foreach (string? reference in isId ? NamesOf(details.RepoTags) : [name])
            Emit(details, reference);
    }

    private async Task ListAsync(Func<string, bool> wanted)
    {
        var filters = new Dictionary<string, string[]>();
        if (Label.Length > 0)
            filters["label"] = Label;
        if (Dangling)
            filters["dangling"] = ["true"];
        (string Id, string?[] Names)[] images =
        [
            .. (await Engine.GetImagesAsync(filters, ct: Cancellation))
                .Select(image => (image.Id, Names: NamesOf(image.RepoTags).Where(name => wanted(name ?? image.Id)).ToArray()))
                .Where(static image => image.Names.Length > 0),
        ];
        foreach ((string Id, string?[] Names)[] chunk in images.Chunk(AtATime))
        {
            ImageDetails?[] details = await Task.WhenAll(chunk.Select(image => LookAsync(image.Id)));
            foreach ((ImageDetails? found, string?[] names) in details.Zip(chunk, static (found, image) => (found, image.Names)))
            {
                foreach (string? name in names)
                {
                    if (found is not null)
                        Emit(found, name);
                }
            }
        }
    }

    private async Task<ImageDetails?> LookAsync(string id)
    {
        try
        {
            return await Engine.GetImageAsync(id, Cancellation);
        }
        catch (DockerNotFoundException)
        {
            // Removed since it was listed.
            return null;
        }
    }

    private void Emit(ImageDetails details, string? reference)
    {
        var image = new CoordImage(details, reference, Engine.Endpoint);
        if (Array.TrueForAll(Label, label => HasLabel(image, label)) && (!Dangling || reference is null))
            WriteObject(image);
    }

    private static bool HasLabel(CoordImage image, string label)
    {
        string[] parts = label.Split('=', 2);
        return image.Labels.TryGetValue(parts[0], out string? value) && (parts.Length == 1 || value == parts[1]);
    }

    /// <summary>The names of an image; a single null when it has none.</summary>
    private static string?[] NamesOf(IReadOnlyList<string>? tags)
    {
        string?[] names = [.. (tags ?? []).Where(static tag => !tag.StartsWith("<none>", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        return names.Length == 0 ? [null] : names;
    }
}
