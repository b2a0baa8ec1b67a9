using System.Management.Automation;
using CoordPS.Kubernetes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Applies services on a Kubernetes cluster, and emits what became of each object. The input are images, as <c>Build-CoordImage</c> and
/// <c>Push-CoordImage</c> emit them or as text; manifests, as <c>New-CoordManifest</c> or <c>ConvertFrom-Json</c> make them; YAML as text; files
/// and folders. The server merges them with what others have set, and refuses, field by field, what others manage. Many requests are in flight,
/// and results come in the order of the input. <c>-WhatIf</c> shows what the server says would change.
/// </summary>
[Cmdlet(VerbsData.Publish, "CoordDeployment", SupportsShouldProcess = true)]
[OutputType(typeof(CoordPublication))]
public sealed partial class PublishCoordDeploymentCommand : ManifestCmdlet
{
    private readonly RequestWindow _window;
    private readonly HashSet<(string Kind, string? Namespace, string Name)> _published = [];
    private readonly HashSet<string> _namespaces = new(StringComparer.Ordinal);
    private readonly List<string> _inFlight = [];
    private bool _hasNothingToSay;
    private Cluster _cluster = null!;
    private Publisher _publisher = null!;
    private bool _isTrial;
    private bool _failed;
    private int _applied;
    private string _last = "";

    /// <summary>Makes the cmdlet.</summary>
    public PublishCoordDeploymentCommand() => _window = new RequestWindow(WriteFailure) { Limit = 64 };

    /// <summary>
    /// What to publish: images, manifests, YAML, files or folders. Text is YAML when it has several lines or is a JSON object, a path when there is
    /// such a file or folder, and else an image.
    /// </summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public object[] InputObject { get; set; } = [];

    /// <summary>Files with manifests, or folders of them: <c>.yaml</c>, <c>.yml</c>, <c>.json</c>.</summary>
    [Parameter]
    [Alias("FilePath")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Look into folders below folders as well.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    /// <summary>The image, where none is piped.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Image { get; set; }

    /// <summary>
    /// The service that an image is for; default: the last part of the image's repository. With <c>-Replicas</c>, <c>-Port</c> or another
    /// parameter that says what it is to be like, all its objects are made as <c>New-CoordManifest</c> makes them; without, the image of the
    /// deployment there is set, and nothing else.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(WorkloadCompleter))]
    [ValidatePattern("^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$")]
    public string? Name { get; set; }

    /// <summary>The container whose image is set, of a deployment with several.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Container { get; set; }

    /// <summary>The kubeconfig; default: those of the variable <c>KUBECONFIG</c>, else <c>~/.kube/config</c>, else, in a pod, its service account.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? KubeConfig { get; set; }

    /// <summary>The context of the kubeconfig; default: its current one.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ContextCompleter))]
    public string? Context { get; set; }

    /// <summary>Who publishes: the name under which the server keeps whose a field is.</summary>
    [Parameter]
    [ValidateLength(1, 128)]
    public string FieldManager { get; set; } = "coordps";

    /// <summary>Take over fields that others manage.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>
    /// When all is published, delete what the same field manager has published before with the labels of <c>-Selector</c> in the same namespaces
    /// and does not publish any more. Volume claims, namespaces, and what belongs to no namespace are never deleted.
    /// </summary>
    [Parameter]
    public SwitchParameter Prune { get; set; }

    /// <summary>The labels of what may be pruned, such as <c>app=web</c>.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Selector { get; set; }

    /// <summary>The most requests in flight; default 64.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int ThrottleLimit
    {
        get => _window.Limit;
        set => _window.Limit = value;
    }

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        if (Prune != Selector is not null)
        {
            ThrowTerminatingError(ErrorRecords.From(
                new CoordException("BadArguments", ErrorCode.BadArguments, "-Prune and -Selector go together: what may be deleted is told by its labels.", "Give both, or neither.", null, null, ErrorCategory.InvalidArgument),
                null));
        }

        CheckGate();
        _isTrial = IsTrial();
        _cluster = ClusterUse.Open(this, KubeConfig, Context);
        _publisher = new Publisher(_cluster, Namespace, FieldManager, Force);
        Cancellation.Register(SayWhatWasApplied);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync() => _window.ProcessAsync(SubmitInputAsync, !IsGated, Cancellation);

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        await _window.DrainAsync(Cancellation);
        if (IsGated)
            await PublishGatedAsync();
        else if (Prune)
            await PruneAsync();
        lock (_inFlight)
            _hasNothingToSay = true;
        ClusterUse.Report(this, _cluster);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        // Where Ctrl+C ends the process, it may end before the thread that brought the news has come to this.
        if (disposing)
            SayWhatWasApplied();
    }

    private bool IsTrial() => MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? given)
        ? (SwitchParameter)given
        : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

    private async Task SubmitInputAsync()
    {
        foreach (object input in Inputs())
        {
            IReadOnlyList<KubernetesObject> manifests;
            try
            {
                manifests = await ManifestsOfAsync(input);
            }
            catch (Exception e) when (ErrorRecords.IsKnown(e))
            {
                await _window.SubmitAsync<bool>(input, _ => Task.FromException<bool>(e), static _ => Task.CompletedTask, Cancellation);
                continue;
            }

            foreach (KubernetesObject manifest in manifests)
            {
                if (IsGated)
                    _gated.Add(manifest);
                else
                    await SubmitAsync(manifest);
            }
        }
    }

    private IEnumerable<object> Inputs()
    {
        foreach (string path in Path)
        {
            foreach (string file in GetResolvedProviderPathFromPSPath(path, out _))
                yield return new FileInfo(file);
        }

        // Once, not with every object of the pipeline.
        Path = [];
        if (Image is not null)
        {
            var image = new PSObject();
            image.Properties.Add(new PSNoteProperty(nameof(Image), Image));
            yield return image;
        }

        Image = null;
        foreach (object input in InputObject)
            yield return input;
        InputObject = [];
    }

    private async Task<IReadOnlyList<KubernetesObject>> ManifestsOfAsync(object input)
    {
        object plain = input is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : input;
        switch (plain)
        {
            case FileSystemInfo file:
                return ManifestReader.ReadPath(file.FullName, Recurse);
            case string text when string.IsNullOrWhiteSpace(text):
                // As of a program that failed; as a path it would be the current folder.
                throw BadManifest("An empty text is neither YAML, nor a path, nor an image.");
            case string text when text.Contains('\n', StringComparison.Ordinal) || text.TrimStart().StartsWith('{'):
                return ManifestReader.ReadText(text);
            case string text:
                return PathOf(text) is { } path ? ManifestReader.ReadPath(path, Recurse) : await ManifestsOfImageAsync(text);
        }

        if (Manifest.IsManifest(input))
        {
            try
            {
                return [new KubernetesObject(Manifest.ToJson(input))];
            }
            catch (FormatException e)
            {
                throw BadManifest(e.Message, e);
            }
        }

        return PSObject.AsPSObject(input).Properties["Image"]?.Value?.ToString() is { Length: > 0 } image
            ? await ManifestsOfImageAsync(image)
            : throw BadManifest($"A {plain.GetType()} is neither a manifest, with apiVersion and kind, nor an image, with a property Image.");
    }

    /// <summary>The path of a file or folder; null for a text that is no such path, as an image's reference, whose registry is no drive.</summary>
    private string? PathOf(string text)
    {
        try
        {
            string path = GetUnresolvedProviderPathFromPSPath(text);
            return File.Exists(path) || Directory.Exists(path) ? path : null;
        }
        catch (Exception e) when (e is System.Management.Automation.DriveNotFoundException or ProviderNotFoundException or NotSupportedException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<KubernetesObject>> ManifestsOfImageAsync(string image)
    {
        string name = Name ?? ImageText.Name(image);
        if (!DescribesService)
        {
            if (Prune)
            {
                throw new CoordException(
                    "BadArguments", ErrorCode.BadArguments, $"Only the image {image} is published: with -Prune the rest of the service would go.",
                    "Say what the service is to be like, as with -Replicas and -Port, or leave out -Prune.", null, null, ErrorCategory.InvalidArgument);
            }

            string ns = Namespace ?? _cluster.Client.Namespace;
            if (await _cluster.Client.FindAsync(ResourceType.Deployments, name, ns, Cancellation) is { } live)
            {
                try
                {
                    return [_publisher.WithImage(live, image, Container)];
                }
                catch (FormatException e)
                {
                    throw BadManifest(e.Message, e);
                }
            }
        }

        return [.. ManifestOrder.Sort((await BuildDeploymentAsync(name, image)).Select(static json => new KubernetesObject(json)))];
    }

    private async Task SubmitAsync(KubernetesObject manifest)
    {
        string what = manifest.Description;
        if (_isTrial)
        {
            await _window.SubmitAsync(what, ct => GuardAsync(() => _publisher.TryAsync(manifest, ct)), result =>
            {
                Remember(result.After);
                // With -WhatIf this asks nothing: it shows.
                ShouldProcess(Difference(result.Before, result.After), $"Publish {what}?", "Publish");
                return Task.CompletedTask;
            }, Cancellation);
            return;
        }

        if (!ShouldProcess(what, "Publish"))
        {
            // It is still wanted: not to be pruned.
            _published.Add((manifest.Kind, manifest.Namespace ?? Namespace ?? _cluster.Client.Namespace, manifest.Name));
            return;
        }

        lock (_inFlight)
            _inFlight.Add(what);
        await _window.SubmitAsync(what, ct => GuardAsync(() => PublishAsync(manifest, what, ct)), result =>
        {
            _published.Add((result.Kind, result.Namespace, result.Name));
            if (result.Namespace is not null)
                _namespaces.Add(result.Namespace);
            WriteVerbose($"{what}: {result.Action}.");
            WriteObject(result);
            return Task.CompletedTask;
        }, Cancellation);
        if (ManifestOrder.IsPrerequisite(manifest.Kind))
            await _window.DrainAsync(Cancellation);
    }

    private async Task<CoordPublication> PublishAsync(KubernetesObject manifest, string what, CancellationToken ct)
    {
        bool known = false;
        try
        {
            CoordPublication result = await _publisher.PublishAsync(manifest, ct).ConfigureAwait(false);
            lock (_inFlight)
            {
                _applied++;
                _last = what;
            }

            known = true;
            return result;
        }
        catch (KubernetesException)
        {
            known = true;
            throw;
        }
        finally
        {
            if (known)
            {
                lock (_inFlight)
                    _inFlight.Remove(what);
            }
        }
    }

    /// <summary>What can't be written for this server is an error of the object, not of this program.</summary>
    private static async Task<T> GuardAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (FormatException e)
        {
            throw BadManifest(e.Message, e);
        }
    }

    private void Remember(KubernetesObject value)
    {
        _published.Add((value.Kind, value.Namespace, value.Name));
        if (value.Namespace is not null)
            _namespaces.Add(value.Namespace);
    }

    private static string Difference(KubernetesObject? before, KubernetesObject after)
    {
        string text = ObjectDifference.ToText(before, after).TrimEnd();
        return text.Length == 0
            ? $"{after.Description} would stay as it is."
            : $"{after.Description} would be {(before is null ? "created" : "configured")}:{Environment.NewLine}{text}";
    }

    private async Task PruneAsync()
    {
        if (_failed)
        {
            WriteWarning("Nothing was pruned: not everything could be published.");
            return;
        }

        if (_namespaces.Count == 0)
        {
            // Such as when what was to make the input has failed: that nothing is wanted any more is not to be told from that.
            WriteWarning("Nothing was pruned: nothing was published. Remove-CoordDeployment deletes all of a service.");
            return;
        }

        foreach ((ResourceType type, KubernetesObject old) in await Pruner.FindAsync(_cluster.Client, _namespaces, Selector!, FieldManager, _published, Cancellation))
        {
            if (!ShouldProcess(old.Description, "Prune"))
                continue;
            await _cluster.Client.DeleteAsync(type, old.Name, old.Namespace, new DeleteOptions { Uid = old.Uid }, Cancellation);
            WriteObject(_publisher.Describe(old, old, CoordPublishAction.Pruned));
        }
    }

    private void WriteFailure(Exception exception, object? target)
    {
        _failed = true;
        WriteError(exception, target);
    }

    /// <summary>A pipeline that is stopped takes no more output, so this goes to the host.</summary>
    private void SayWhatWasApplied()
    {
        lock (_inFlight)
        {
            if (_hasNothingToSay || IsGated || _isTrial || (_applied == 0 && _inFlight.Count == 0))
                return;
            _hasNothingToSay = true;
            string last = _applied == 0 ? "nothing was applied" : $"{_applied} {(_applied == 1 ? "object was" : "objects were")} applied, {_last} last";
            string open = _inFlight.Count == 0 ? "" : $"; {_inFlight.Count} in flight may have been: {string.Join(", ", _inFlight.Take(10))}{(_inFlight.Count > 10 ? ", …" : "")}";
            // Under the lock: who comes second is not to leave before it is said.
            Host.UI.WriteWarningLine($"Publish-CoordDeployment was stopped: {last}{open}.");
        }
    }
}
