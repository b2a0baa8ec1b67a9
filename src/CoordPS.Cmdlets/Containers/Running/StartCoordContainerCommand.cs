using System.Collections;
using System.Management.Automation;
using CoordPS.Containers;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Creates a container of an image and starts it; or starts one that is there, by its name or from the pipeline. With <c>-Wait</c> it emits the
/// container when it is healthy. What can't start is removed again.
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "CoordContainer", DefaultParameterSetName = ImageSet, SupportsShouldProcess = true)]
[OutputType(typeof(CoordContainer))]
public sealed class StartCoordContainerCommand : EngineCmdlet
{
    private const string ImageSet = "Image";
    private const string ContainerSet = "Container";

    /// <summary>The image: a reference such as <c>registry/app:1</c>, an id, or an image object. Without one <c>-Name</c> starts the container of that name.</summary>
    [Parameter(ParameterSetName = ImageSet, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Image { get; set; }

    /// <summary>A container that does not run, as <c>Get-CoordContainer</c> emits it.</summary>
    [Parameter(ParameterSetName = ContainerSet, Mandatory = true, ValueFromPipeline = true)]
    public CoordContainer Container { get; set; } = null!;

    /// <summary>The container's name; default: one that the engine makes up.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>The command, a program and its arguments, or the arguments of the image's entry point; default: the image's.</summary>
    [Parameter(ParameterSetName = ImageSet, Position = 1)]
    public string[] Command { get; set; } = [];

    /// <summary>The program and first arguments in place of the image's entry point.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    public string[] EntryPoint { get; set; } = [];

    /// <summary>Ports to publish, as docker writes them: <c>8080:80</c>, <c>127.0.0.1:8080:80</c>, <c>80</c> for a free port of the machine.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    public string[] Port { get; set; } = [];

    /// <summary>Volumes and folders to mount, as docker writes them: <c>data:/data</c>, <c>/srv/app:/app:ro</c>.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    public string[] Volume { get; set; } = [];

    /// <summary>Environment variables, such as <c>@{ LOG = 'debug' }</c>.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    public IDictionary? Environment { get; set; }

    /// <summary>Labels, such as <c>@{ 'coordps.service' = 'web'; 'coordps.port' = 8080 }</c>.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    public IDictionary? Label { get; set; }

    /// <summary>The network: a name, <c>host</c>, <c>none</c>, or <c>container:NAME</c>; default: the engine's.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    [ValidateNotNullOrEmpty]
    public string? Network { get; set; }

    /// <summary><c>no</c>, the default, <c>always</c>, <c>unless-stopped</c>, <c>on-failure</c>, or <c>on-failure:N</c> for at most N times.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    [ArgumentCompleter(typeof(ContainerWordCompleter))]
    public string? RestartPolicy { get; set; }

    /// <summary>The most memory: <c>512m</c>, <c>2g</c>, or a number of bytes.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    [SizeTransformation]
    [ValidateRange(1, long.MaxValue)]
    public long? Memory { get; set; }

    /// <summary>The most processor time, in processors, such as 0.5.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    [ValidateRange(0.001, 4096)]
    public double? Cpu { get; set; }

    /// <summary>The user it runs as: a name or number, with <c>:group</c> if need be; default: the image's.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    public string? User { get; set; }

    /// <summary>The working directory; default: the image's.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    public string? WorkingDirectory { get; set; }

    /// <summary>Gives it a terminal, which makes its two outputs one.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    public SwitchParameter Tty { get; set; }

    /// <summary>The health check: one string is for the container's shell, more are a program and its arguments. Default: the image's.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    [ValidateNotNullOrEmpty]
    public string[]? HealthCommand { get; set; }

    /// <summary>The time between two health checks; default: the image's, or 30 seconds.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    [DurationTransformation]
    public TimeSpan? HealthInterval { get; set; }

    /// <summary>How long a health check may take; default: the image's, or 30 seconds.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    [DurationTransformation]
    public TimeSpan? HealthTimeout { get; set; }

    /// <summary>How long failed health checks don't count after the start; default: the image's, or not at all.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    [DurationTransformation]
    public TimeSpan? HealthStartPeriod { get; set; }

    /// <summary>After how many failed health checks it is unhealthy; default: the image's, or 3.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    [ValidateRange(1, int.MaxValue)]
    public int? HealthRetries { get; set; }

    /// <summary>Runs the container without the image's health check.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    public SwitchParameter NoHealthCheck { get; set; }

    /// <summary>Waits until it is healthy or, without a health check, until it has run for a second. One that ends is an error with its last words.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>How long it may take with <c>-Wait</c>; default one minute.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);

    private HealthCheck? Health => NoHealthCheck ? new HealthCheck { Command = [] }
        : HealthCommand is null && HealthInterval is null && HealthTimeout is null && HealthStartPeriod is null && HealthRetries is null ? null
        : new HealthCheck { Command = HealthCommand, Interval = HealthInterval, Timeout = HealthTimeout, StartPeriod = HealthStartPeriod, Retries = HealthRetries };

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        string what = ParameterSetName == ContainerSet ? Container.Name : Name ?? Image ?? "";
        try
        {
            DockerEngineClient engine = Engine;
            if (await StartAsync(engine, what) is not { } id)
                return;
            WriteObject(new CoordContainer(Wait ? await WaitAsync(engine, id, what) : await engine.GetContainerAsync(id, Cancellation), engine.Endpoint));
        }
        catch (FormatException e)
        {
            WriteError(new CoordException("BadContainer", ErrorCode.BadArguments, $"A container can't be like that: {e.Message}", "Correct the parameter.", null, e), what);
        }
        catch (DockerException e)
        {
            WriteError(e, what);
        }
    }

    private async Task<string?> StartAsync(DockerEngineClient engine, string what)
    {
        if (ParameterSetName == ContainerSet || Image is null)
        {
            if (what.Length == 0)
            {
                WriteError(new CoordException("NoImage", ErrorCode.BadArguments, "There is no image to make a container of.", "Give -Image, or the -Name of a container that is there."), null);
                return null;
            }

            ContainerInfo known = await engine.GetContainerAsync(ParameterSetName == ContainerSet ? Container.Id : what, Cancellation);
            if (!ShouldProcess(known.Name, "Start container"))
                return null;
            if (!await engine.StartContainerAsync(known.Id, Cancellation))
                WriteVerbose($"'{known.Name}' runs already.");
            return known.Id;
        }

        ContainerSpec spec = Spec(Image);
        if (!ShouldProcess(Name ?? Image, $"Start a container of {Image}"))
            return null;
        WriteVerbose($"Creating {(Name is null ? "a container" : $"'{Name}'")} of {Image}.");
        return await ContainerStart.RunAsync(engine, spec, Cancellation);
    }

    private async Task<ContainerInfo> WaitAsync(DockerEngineClient engine, string id, string what)
    {
        var progress = new ProgressReporter(this, $"Waiting for {what}");
        Task<ContainerInfo> waiting = ContainerStart.WaitUntilUpAsync(engine, id, Timeout, Cancellation);
        while (await Task.WhenAny(waiting, Task.Delay(TimeSpan.FromMilliseconds(250), CancellationToken.None)) != waiting)
            progress.Report("It runs and is not healthy yet");
        progress.Complete();
        return await waiting;
    }

    private ContainerSpec Spec(string image) => new()
    {
        Image = image,
        Name = Name,
        Command = Command,
        EntryPoint = EntryPoint,
        Ports = [.. Port.Select(PortMapping.Parse)],
        Volumes = [.. Volume.Select(VolumeMount.Parse)],
        Environment = LabelTransformationAttribute.ToDictionary(Environment),
        Labels = LabelTransformationAttribute.ToDictionary(Label),
        Network = Network,
        RestartPolicy = RestartPolicy,
        Memory = Memory,
        Cpus = Cpu,
        User = User,
        WorkingDirectory = WorkingDirectory,
        Tty = Tty,
        Health = Health,
    };
}
