using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace CoordPS.Testing;

/// <summary>
/// Our own server as a process, <c>coordps server</c>, for what only a process can show: what a kill leaves, or a limit of the system does.
/// The test project must reference CoordPS.Cli.
/// </summary>
public sealed class CoordPSProcess : IServerProcess
{
    private static readonly HashSet<Process> Running = [];

    private readonly TestServerOptions _options;
    private readonly TempDirectory _directory = new();
    private readonly StringBuilder _output = new();
    private readonly IReadOnlyList<string> _launcher;
    private Process? _process;

    static CoordPSProcess() => AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
    {
        lock (Running)
        {
            foreach (Process process in Running.Where(p => !p.HasExited))
                process.Kill();
        }
    };

    /// <summary>A server that does not run yet.</summary>
    /// <param name="options">How it differs from the usual.</param>
    /// <param name="launcher">A command that runs the one given to it as arguments, or null.</param>
    public CoordPSProcess(TestServerOptions? options = null, IReadOnlyList<string>? launcher = null)
    {
        _options = options ?? new TestServerOptions();
        _launcher = launcher ?? [];
        Port = _options.Port ?? FreePort.Next();
        DataDirectory = _options.DataDirectory ?? _directory.Combine("data");
    }

    /// <inheritdoc/>
    public int Port { get; }

    /// <inheritdoc/>
    public string ConnectionString => $"127.0.0.1:{Port}";

    /// <inheritdoc/>
    public string DataDirectory { get; }

    /// <summary>What it has written to its output and error streams.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>The process; null before the first start.</summary>
    public Process? Process => _process;

    /// <inheritdoc/>
    public int? ProcessId => _process is { HasExited: false } process ? process.Id : null;

    /// <summary>Starts a server and waits until it serves.</summary>
    public static async Task<CoordPSProcess> StartNewAsync(TestServerOptions? options = null, CancellationToken ct = default)
    {
        var server = new CoordPSProcess(options);
        try
        {
            await server.StartAsync(ct).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken ct = default)
    {
        if (_process is { HasExited: false })
            throw new InvalidOperationException($"The server on port {Port} runs already.");
        Forget();
        Directory.CreateDirectory(DataDirectory);
        string config = _directory.Combine("zoo.cfg");
        await File.WriteAllLinesAsync(config,
        [
            $"tickTime={_options.TickTime}",
            $"dataDir={DataDirectory.Replace('\\', '/')}",
            $"clientPort={Port}",
            "clientPortAddress=127.0.0.1",
            "maxClientCnxns=0",
            "admin.enableServer=false",
            "4lw.commands.whitelist=*",
            "extendedTypesEnabled=true",
            $"DigestAuthenticationProvider.superDigest={TestServerOptions.SuperDigest}",
            .. _options.ConfigLines,
            .. _options.Properties.Select(property => $"{property.Key.Replace("zookeeper.", "", StringComparison.Ordinal)}={property.Value}"),
        ], ct).ConfigureAwait(false);
        if (_options.MemberId is { } id)
            await File.WriteAllTextAsync(Path.Combine(DataDirectory, "myid"), id.ToString(CultureInfo.InvariantCulture), ct).ConfigureAwait(false);
        string[] coordps = _options.Executable is { } executable ? [executable]
            : [Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", Path.Combine(AppContext.BaseDirectory, "coordps.dll")];
        string[] command = [.. _launcher, .. coordps, "server", config];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in command.Skip(1))
            start.ArgumentList.Add(argument);
        // Its double mapping of code is a file of its own, which a limit on files would meet.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        lock (Running)
            Running.Add(process);
        _process = process;
        await WaitUntilServingAsync(process, ct).ConfigureAwait(false);
    }

    /// <summary>Waits until the process has ended by itself and returns its exit code.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken ct = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_options.StartTimeout);
        await _process!.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken ct = default)
    {
        if (_process is not { HasExited: false } process)
            return;
        if (OperatingSystem.IsWindows())
            process.Kill();
        else
            ProcessSignal.Send(process.Id, ProcessSignal.Terminate);
        await process.WaitForExitAsync(ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task KillAsync(CancellationToken ct = default)
    {
        if (_process is not { HasExited: false } process)
            return;
        process.Kill();
        await process.WaitForExitAsync(ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync().ConfigureAwait(false);
        Forget();
        _directory.Dispose();
    }

    private void Forget()
    {
        if (_process is not { } process)
            return;
        lock (Running)
            Running.Remove(process);
        process.Dispose();
        _process = null;
    }

    private async Task WaitUntilServingAsync(Process process, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_options.StartTimeout);
        while (true)
        {
            if (process.HasExited)
                throw new InvalidOperationException($"coordps ended with code {process.ExitCode} instead of serving. Its output: {Output}");
            try
            {
                string answer = await ApacheZooKeeper.FourLetterWordAsync(Port, "srvr", limit.Token).ConfigureAwait(false);
                if (answer.Contains("Mode: ", StringComparison.Ordinal) || (_options.MemberId is not null && answer.Length > 0))
                    return;
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // Not listening yet.
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                throw new TimeoutException($"coordps did not serve within {_options.StartTimeout.TotalSeconds} s. Its output: {Output}");
            }

            await Task.Delay(20, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private void Append(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
    }
}
