using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Net.Sockets;
using System.Text;
using CoordPS.Protocol;
using CoordPS.Server;
using CoordPS.Storage;

namespace CoordPS.Cmdlets;

/// <summary>
/// Starts an ensemble of one member in this process and emits it. It ends with <c>Stop-CoordEnsemble</c>, with the module, or with the process;
/// any ZooKeeper client can use it until then, and its files are those of Apache ZooKeeper.
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "CoordEnsemble", SupportsShouldProcess = true)]
[OutputType(typeof(CoordEnsemble))]
public sealed class StartCoordEnsembleCommand : AsyncCmdlet
{
    /// <summary>A name, unique in this process; default: coord1, coord2 and so on.</summary>
    [Parameter(Position = 0)]
    [ValidatePattern(@"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    public string? Name { get; set; }

    /// <summary>The port for clients; 0, the default, takes any free one.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    public int Port { get; set; }

    /// <summary>The address to listen on; default 127.0.0.1, which serves this machine only. 0.0.0.0 serves the network.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>The folder for transaction logs and snapshots, which stays. Default: a temporary one that goes with the ensemble.</summary>
    [Parameter]
    [Alias("DataDir")]
    [ValidateNotNullOrEmpty]
    public string? DataPath { get; set; }

    /// <summary>Further settings by the names that Apache's zoo.cfg gives them, such as <c>@{ snapCount = 1000; extendedTypesEnabled = $true }</c>.</summary>
    [Parameter]
    public IDictionary? Configuration { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (!ShouldProcess(Name ?? "a new ensemble", "Start ensemble of one member in this process"))
            return;
        string name = Name ?? EnsembleRegistry.ReserveAny();
        if (Name is not null && !EnsembleRegistry.TryReserve(name))
        {
            WriteError(
                new CoordException(
                    "EnsembleExists", ErrorCode.NodeExists, $"An ensemble named '{name}' runs in this process.",
                    "Use it (Get-CoordEnsemble), stop it (Stop-CoordEnsemble), or choose another name."),
                name);
            return;
        }

        bool temporary = DataPath is null;
        string dataPath = temporary ? Directory.CreateTempSubdirectory("coordps-").FullName : GetUnresolvedProviderPathFromPSPath(DataPath);
        CoordEnsemble? ensemble = null;
        try
        {
            ServerConfig config = Configure(dataPath);
            foreach (ConfigWarning warning in config.Warnings)
                WriteWarning(warning.ToString());
            WriteVerbose($"Starting '{name}' with data in {dataPath}.");
            ZooKeeperServer server = await ZooKeeperServer.StartAsync(config, null, Cancellation);
            ensemble = new CoordEnsemble(name, server, dataPath, temporary, RunspaceState.Current);
            EnsembleRegistry.Add(ensemble);
        }
        catch (Exception e) when (Explain(e, name, dataPath) is { } explained)
        {
            WriteError(explained, name);
            return;
        }
        finally
        {
            if (ensemble is null)
            {
                EnsembleRegistry.Release(name);
                if (temporary)
                    Directory.Delete(dataPath, recursive: true);
            }
        }

        WriteVerbose($"'{name}' serves clients at {ensemble.ConnectionString}.");
        WriteObject(ensemble);
    }

    private static CoordException? Explain(Exception exception, string name, string dataPath) => exception switch
    {
        ConfigException e => new CoordException(
            "BadConfiguration", ErrorCode.BadArguments, $"Ensemble '{name}' can't start: {e.Message}", "Correct the setting in -Configuration.", null, e),
        SocketException e => new CoordException(
            "AddressUnavailable", ErrorCode.BadArguments, $"Ensemble '{name}' can't start: {e.Message}",
            "Leave out -Port to take a free one, or choose another -Port and -Address.", null, e, ErrorCategory.ResourceUnavailable),
        StorageException or UnauthorizedAccessException or IOException => new CoordException(
            "DataPathUnusable", ErrorCode.DataInconsistency, $"Ensemble '{name}' can't start: {exception.Message}",
            $"Make sure that '{dataPath}' can be written and that no other server uses it, or give another -DataPath.", null, exception, ErrorCategory.OpenError),
        _ => null,
    };

    private ServerConfig Configure(string dataPath)
    {
        var text = new StringBuilder("admin.enableServer=false\n");
        foreach (DictionaryEntry setting in Configuration ?? new Hashtable())
            text.Append(CultureInfo.InvariantCulture, $"{Escape(setting.Key)}={Escape(setting.Value)}\n");
        text.Append(CultureInfo.InvariantCulture, $"dataDir={Escape(dataPath)}\nclientPort={Port}\nclientPortAddress={Address}\n");
        return ServerConfig.Parse(text.ToString());
    }

    /// <summary>The value as a Java properties file writes it.</summary>
    private static string Escape(object? value) => ((value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        null => "",
        bool yes => yes ? "true" : "false",
        object other => (string)LanguagePrimitives.ConvertTo(other, typeof(string), CultureInfo.InvariantCulture),
    }).Replace("\\", "\\\\", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
