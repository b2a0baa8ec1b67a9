using System.Collections;
using System.Globalization;
using System.Management.Automation;
using CoordPS.Protocol;
using CoordPS.Server;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>
/// Starts an ensemble on this machine and emits it when a quorum serves. Its members run in this process, and end with
/// <c>Stop-CoordEnsemble</c>, with the module or with the process; or they are processes that go on. Any ZooKeeper client can use it, and its
/// files are those of Apache ZooKeeper.
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "CoordEnsemble", SupportsShouldProcess = true)]
[OutputType(typeof(CoordEnsemble))]
public sealed class StartCoordEnsembleCommand : AsyncCmdlet
{
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

    /// <summary>The address to listen on; default 127.0.0.1, which serves this machine only. 0.0.0.0 serves clients of the network.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>
    /// The folder for configuration, transaction logs and snapshots, which stays; when it holds an ensemble, that one is started again. Default: a
    /// temporary one that goes with the ensemble.
    /// </summary>
    [Parameter]
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
    [Parameter]
    public SwitchParameter OutOfProcess { get; set; }

    /// <summary>The <c>coordps</c> executable for <c>-OutOfProcess</c>; default: the module's own, or else the one on the PATH.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ExecutablePath { get; set; }

    /// <summary>How long a quorum may take to come about; default one minute.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        string what = $"Start {(IsBound(nameof(Members)) ? $"{Members} members" : "members")} {(OutOfProcess ? "as processes" : "in this process")}";
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
                name = EnsembleRegistry.ReserveAny();
            }
            else if (!EnsembleRegistry.TryReserve(name, OutOfProcess))
            {
                WriteError(
                    new CoordException(
                        "EnsembleExists", ErrorCode.NodeExists, $"An ensemble named '{name}' runs already.",
                        "Use it (Get-CoordEnsemble), stop it (Stop-CoordEnsemble), or choose another name."),
                    name);
                name = null;
                return;
            }

            ensemble = await StartAsync(Options(name, dataPath));
            EnsembleRegistry.Add(ensemble);
        }
        catch (LocalEnsembleException e)
        {
            WriteError(HostingErrors.From(e, $"Ensemble '{name}' can't start: "), name ?? DataPath);
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

    private async Task<CoordEnsemble> StartAsync(LocalEnsembleOptions options)
    {
        LocalEnsemble local = LocalEnsemble.Open(options);
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
        Settings = (Configuration ?? new Hashtable()).Cast<DictionaryEntry>().ToDictionary(static s => Text(s.Key), static s => Text(s.Value), StringComparer.Ordinal),
        Timeout = Timeout,
    };

    /// <summary>The value as a properties file has it.</summary>
    private static string Text(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        null => "",
        bool yes => yes ? "true" : "false",
        object other => (string)LanguagePrimitives.ConvertTo(other, typeof(string), CultureInfo.InvariantCulture),
    };
}
