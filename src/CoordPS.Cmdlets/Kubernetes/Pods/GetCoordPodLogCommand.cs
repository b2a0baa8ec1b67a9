using System.Globalization;
using System.Management.Automation;
using System.Threading.Channels;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Reads the logs of pods. With <c>-Follow</c> those of several pods come as they are written, until the containers end, or Ctrl+C; a connection
/// that breaks is taken up again.
/// </summary>
[Cmdlet(VerbsCommon.Get, "CoordPodLog", DefaultParameterSetName = NameSet)]
[OutputType(typeof(CoordPodLogLine))]
public sealed class GetCoordPodLogCommand : KubernetesCmdlet
{
    private const string NameSet = "Name";
    private const string DeploymentSet = "Deployment";

    /// <summary>How long to wait before a log that could not be followed is asked for again.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly List<(string Pod, string Namespace, string Container, Cluster Cluster)> _sources = [];

    /// <summary>The pods' names.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = NameSet, ValueFromPipelineByPropertyName = true)]
    [Alias("Pod")]
    [ArgumentCompleter(typeof(PodCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The deployment whose pods' logs are wanted.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeploymentSet)]
    [ArgumentCompleter(typeof(WorkloadCompleter))]
    public string? Deployment { get; set; }

    /// <summary>What the deployment is; default: <c>Deployment</c>.</summary>
    [Parameter(ParameterSetName = DeploymentSet)]
    public CoordWorkloadKind Kind { get; set; }

    /// <summary>The containers; default: all of the pod.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public string[] Container { get; set; } = [];

    /// <summary>Go on with what is written from now on.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>How many lines from the end of each log; default: all.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? Tail { get; set; }

    /// <summary>Only what was written in this last while.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Since { get; set; }

    /// <summary>The log of the containers' run before this one: what a container said before it crashed.</summary>
    [Parameter]
    public SwitchParameter Previous { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        IEnumerable<KubernetesObject> pods;
        if (ParameterSetName == DeploymentSet)
        {
            KubernetesObject workload = await Client.GetAsync(WorkloadKinds.TypeOf(Kind), Deployment!, CurrentNamespace, Cancellation);
            pods = (await Client.ListAsync(ResourceType.Pods, CurrentNamespace, new ListOptions { LabelSelector = WorkloadKinds.SelectorOf(workload) }, Cancellation)).Items;
        }
        else
        {
            List<KubernetesObject> found = [];
            foreach (string name in Name)
            {
                try
                {
                    found.Add(await Client.GetAsync(ResourceType.Pods, name, CurrentNamespace, Cancellation));
                }
                catch (KubernetesException e)
                {
                    WriteError(e, name);
                }
            }

            pods = found;
        }

        foreach (KubernetesObject pod in pods)
        {
            string[] containers = [.. pod.Spec.Objects("containers").Select(static one => one.Text("name") ?? "")];
            foreach (string container in Container.Length > 0 ? Container : containers)
                _sources.Add((pod.Name, pod.Namespace!, container, Cluster));
        }

        if (Follow)
            return;
        foreach ((string pod, string ns, string container, Cluster cluster) in _sources)
        {
            try
            {
                await foreach (string line in cluster.Client.ReadLogAsync(pod, ns, Options(container), Cancellation))
                    WriteObject(Parse(line, ns, pod, container));
            }
            catch (KubernetesException e)
            {
                WriteError(e, pod);
            }
        }

        _sources.Clear();
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        if (_sources.Count > 0)
        {
            // Together, and no faster than the pipeline takes them.
            Channel<object> lines = Channel.CreateBounded<object>(new BoundedChannelOptions(1000) { SingleReader = true });
            Task all = Task.WhenAll(_sources.Select(source => FollowAsync(source.Pod, source.Namespace, source.Container, source.Cluster, lines.Writer)));
            _ = all.ContinueWith(done => lines.Writer.TryComplete(done.Exception?.InnerException), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            await foreach (object line in lines.Reader.ReadAllAsync(Cancellation))
            {
                if (line is (KubernetesException error, string pod))
                    WriteError(error, pod);
                else
                    WriteObject(line);
            }
        }

        await base.EndAsync();
    }

    private static CoordPodLogLine Parse(string line, string ns, string pod, string container)
    {
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        return DateTimeOffset.TryParse(space < 0 ? line : line[..space], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? new CoordPodLogLine(time.ToLocalTime(), ns, pod, container, space < 0 ? "" : line[(space + 1)..])
            : new CoordPodLogLine(null, ns, pod, container, line);
    }

    private LogOptions Options(string container) => new()
    {
        Container = container,
        Follow = Follow,
        TailLines = Tail,
        Since = Since,
        Previous = Previous,
        Timestamps = true,
    };

    private async Task FollowAsync(string pod, string ns, string container, Cluster cluster, ChannelWriter<object> lines)
    {
        LogOptions options = Options(container);
        CoordPodLogLine? last = null;
        while (true)
        {
            try
            {
                await foreach (string text in cluster.Client.ReadLogAsync(pod, ns, options, Cancellation).ConfigureAwait(false))
                {
                    CoordPodLogLine line = Parse(text, ns, pod, container);
                    // After an interruption the server begins with the second that it broke in.
                    if (last?.Time is { } seen && line.Time is { } time && time <= seen)
                        continue;
                    last = line;
                    await lines.WriteAsync(line, Cancellation).ConfigureAwait(false);
                }

                return;
            }
            catch (KubernetesException e) when (e.IsTransient)
            {
                if (last?.Time is { } time)
                    options = options with { SinceTime = time, TailLines = null, Since = null };
                await Task.Delay(RetryDelay, Cancellation).ConfigureAwait(false);
            }
            catch (KubernetesException e)
            {
                await lines.WriteAsync((e, pod), Cancellation).ConfigureAwait(false);
                return;
            }
        }
    }
}
