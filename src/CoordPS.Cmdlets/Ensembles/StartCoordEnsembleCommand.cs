using System.Collections;
using System.Management.Automation;
using CoordPS.Containers;
using CoordPS.Protocol;
using CoordPS.Server;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>
/// Starts an ensemble on this machine and emits it when a quorum serves. Its members run in this process, and end with
/// <c>Stop-CoordEnsemble</c>, with the module or with the process; or they are processes or containers that go on. Any ZooKeeper client can use it,
/// and its files are those of Apache ZooKeeper.
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "CoordEnsemble", DefaultParameterSetName = LocalSet, SupportsShouldProcess = true)]
[OutputType(typeof(CoordEnsemble))]
public sealed class StartCoordEnsembleCommand : AsyncCmdlet
{
    private const string LocalSet = "Local";
    private const string ContainerSet = "Container";

    /// <summary>The image when none is named: what <c>build/image.sh</c> makes.</summary>
    private const string DefaultImage = "coordps:dev";

    /// <summary>A name, unique among this user's ensembles; default: that of the ensemble in <c>-DataPath</c>, or coord1, coord2 and so on.</summary>
    [Parameter(Position = 0)]
    [ValidatePattern(@"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    public string? Name { get; set; }

    /// <summary>
    /// How many members vote. Default: as many as the ensemble in <c>-DataPath</c> has, or 1, which is a standalone server. Three survive the
    /// loss of one, five of two.
    /// </summary>
    [Parameter]
    [ValidateRange(1, 255)]
    public int Members { get; set; }

    /// <summary>How many more members follow without a vote.</summary>
    [Parameter]
    [ValidateRange(0, 254)]
    public int Observers { get; set; }

    /// <summary>The ports for clients: one for each member, or the first of consecutive ones; 0, the default, takes free ones.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    public int[] Port { get; set; } = [];

    /// <summary>The ports on which learners reach a leader, in the same way.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    public int[] QuorumPort { get; set; } = [];

    /// <summary>The ports for elections, in the same way.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    public int[] ElectionPort { get; set; } = [];

    /// <summary>
    /// The address to listen on; default 127.0.0.1, which serves this machine only. 0.0.0.0 serves clients of the network. Of containers on another
    /// machine it is that machine's address, and the default the one by which its engine is reached.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>
    /// The folder for configuration, transaction logs and snapshots, which stays; when it holds an ensemble, that one is started again. Default: a
    /// temporary one that goes with the ensemble.
    /// </summary>
    [Parameter(ParameterSetName = LocalSet)]
    [Alias("DataDir")]
    [ValidateNotNullOrEmpty]
    public string? DataPath { get; set; }

    /// <summary>Further settings by the names that Apache's zoo.cfg gives them, such as <c>@{ snapCount = 1000; extendedTypesEnabled = $true }</c>.</summary>
    [Parameter]
    public IDictionary? Configuration { get; set; }

    /// <summary>
    /// Runs each member as a process, <c>coordps server</c>, that outlives this one. <c>Get-CoordEnsemble</c> finds it again from any shell of this
    /// user.
    /// </summary>
    [Parameter(ParameterSetName = LocalSet)]
    public SwitchParameter OutOfProcess { get; set; }

    /// <summary>The <c>coordps</c> executable for <c>-OutOfProcess</c>; default: the module's own, or else the one on the PATH.</summary>
    [Parameter(ParameterSetName = LocalSet)]
    [ValidateNotNullOrEmpty]
    public string? ExecutablePath { get; set; }

    /// <summary>
    /// Runs each member as a container with its data in a volume. They go on without this process, and <c>Get-CoordEnsemble</c> finds them by their
    /// labels. A stopped ensemble of that name is started again.
    /// </summary>
    [Parameter(ParameterSetName = ContainerSet, Mandatory = true)]
    public SwitchParameter Container { get; set; }

    /// <summary>
    /// The image for <c>-Container</c>: CoordPS's own, as <c>build/image.sh</c> makes it, or one with the environment variables of the official Apache
    /// image. Default: coordps:dev; for an ensemble that is there, the one it has.
    /// </summary>
    [Parameter(ParameterSetName = ContainerSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Image { get; set; } = DefaultImage;

    /// <summary>
    /// The network of containers: <c>host</c>, the default, where members differ by their ports; or a network of the engine in which containers find
    /// each other by name, with the ports for clients published.
    /// </summary>
    [Parameter(ParameterSetName = ContainerSet)]
    [ValidateNotNullOrEmpty]
    public string Network { get; set; } = "host";

    /// <summary>The address of the engine for <c>-Container</c>; default: that of the docker command.</summary>
    [Parameter(ParameterSetName = ContainerSet)]
    public string? DockerHost { get; set; }

    /// <summary>The docker context that names the engine for <c>-Container</c>.</summary>
    [Parameter(ParameterSetName = ContainerSet)]
    [ArgumentCompleter(typeof(DockerContextCompleter))]
    public string? DockerContext { get; set; }

    /// <summary>How long a quorum may take to come about; default one minute.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The values as a properties file has them.</summary>
    private Dictionary<string, string> Settings => LabelTransformationAttribute.ToDictionary(Configuration);

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        string what = $"Start {(IsBound(nameof(Members)) ? $"{Members} members" : "members")} {(Container ? $"in containers of {Image}" : OutOfProcess ? "as processes" : "in this process")}";
        if (!ShouldProcess(Name ?? "a new ensemble", what))
            return;
        string? name = Name;
        CoordEnsemble? ensemble = null;
        try
        {
            string? dataPath = DataPath is null ? null : GetUnresolvedProviderPathFromPSPath(DataPath);
            name ??= dataPath is null ? null : LocalEnsemble.NameIn(dataPath);
            if (name is null)
            {
                name = await EnsembleRegistry.ReserveAnyAsync(Cancellation);
            }
            else if (!await EnsembleRegistry.TryReserveAsync(name, OutOfProcess, Container, Cancellation))
            {
                WriteError(
                    new CoordException(
                        "EnsembleExists", ErrorCode.NodeExists, $"An ensemble named '{name}' runs already.",
                        "Use it (Get-CoordEnsemble), stop it (Stop-CoordEnsemble), or choose another name."),
                    name);
                name = null;
                return;
            }

            ensemble = await StartAsync(Container ? await OpenContainersAsync(name) : LocalEnsemble.Open(Options(name, dataPath)));
            EnsembleRegistry.Add(ensemble);
        }
        catch (LocalEnsembleException e)
        {
            WriteError(HostingErrors.From(e, $"Ensemble '{name}' can't start: "), name ?? DataPath);
            return;
        }
        catch (DockerException e)
        {
            WriteError(e, name);
            return;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(
                new CoordException(
                    "DataPathUnusable", ErrorCode.DataInconsistency, $"Ensemble '{name}' can't start: {e.Message}",
                    $"Make sure that '{DataPath ?? Path.GetTempPath()}' can be written, or give another -DataPath.", null, e, ErrorCategory.OpenError),
                name);
            return;
        }
        finally
        {
            if (ensemble is null && name is not null)
                EnsembleRegistry.Release(name);
        }

        WriteVerbose($"'{name}' serves clients at {ensemble.ConnectionString}.");
        WriteObject(ensemble);
    }

    private Task<ContainerEnsemble> OpenContainersAsync(string name)
    {
        DockerEndpoint endpoint = EndpointResolver.Resolve(DockerHost, DockerContext);
        return ContainerEnsemble.OpenAsync(EnsembleEngines.Of(endpoint), new ContainerEnsembleOptions
        {
            Name = name,
            Image = Image,
            Members = IsBound(nameof(Members)) ? Members : null,
            Observers = IsBound(nameof(Observers)) ? Observers : null,
            Network = Network,
            Address = endpoint.Scheme == "tcp" && !IsBound(nameof(Address)) ? endpoint.Address : Address,
            ClientPorts = Port,
            QuorumPorts = QuorumPort,
            ElectionPorts = ElectionPort,
            Settings = Settings,
            Timeout = Timeout,
        }, Cancellation);
    }

    private async Task<CoordEnsemble> StartAsync(HostedEnsemble local)
    {
        foreach (ConfigWarning warning in local.Warnings)
            WriteWarning(warning.ToString());
        WriteVerbose($"Starting '{local.Name}' with data in {local.DataPath}.");
        Task starting = local.StartAsync(Cancellation);
        var progress = new ProgressReporter(this, $"Starting {local.Name}");
        // The start cleans up after itself when it is canceled; that is worth waiting for.
        while (await Task.WhenAny(starting, Task.Delay(TimeSpan.FromMilliseconds(250), CancellationToken.None)) != starting)
            progress.Report(string.Join(", ", local.Members.Select(static m => $"{m.Id} {(m.State == LocalMemberState.Running ? m.Role : m.State)}")));
        progress.Complete();
        await starting;
        return new CoordEnsemble(local, RunspaceState.Current);
    }

    private LocalEnsembleOptions Options(string name, string? dataPath) => new()
    {
        Name = name,
        Members = IsBound(nameof(Members)) ? Members : null,
        Observers = IsBound(nameof(Observers)) ? Observers : null,
        DataPath = dataPath,
        OutOfProcess = OutOfProcess,
        ExecutablePath = ExecutablePath is null ? null : GetUnresolvedProviderPathFromPSPath(ExecutablePath),
        Address = Address,
        ClientPorts = Port,
        QuorumPorts = QuorumPort,
        ElectionPorts = ElectionPort,
        Settings = Settings,
        Timeout = Timeout,
    };
}
