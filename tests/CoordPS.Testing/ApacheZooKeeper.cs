using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CoordPS.Testing;

/// <summary>
/// Debian's Apache ZooKeeper as a process: started from the jars in /usr/share/java in a temporary directory, stopped by its id. All four-letter
/// words are allowed, extended types (TTL) are on, and <see cref="TestServerOptions.SuperUser"/> is the super user.
/// </summary>
public sealed class ApacheZooKeeper : IServerProcess
{
    private const string JarDirectory = "/usr/share/java";

    // zookeeper.jar names most of what it needs in its manifest; these it does not.
    private static readonly string[] Jars =
    [
        "zookeeper.jar", "slf4j-log4j12.jar", "log4j-1.2.jar", "netty-transport-native-unix-common.jar", "netty-codec.jar", "netty-resolver.jar",
        "servlet-api.jar", "jetty9-util-ajax.jar",
    ];

    private static readonly HashSet<Process> Running = [];

    private readonly TestServerOptions _options;
    private readonly TempDirectory _directory = new();
    private readonly StringBuilder _output = new();
    private Process? _process;

    static ApacheZooKeeper() => AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
    {
        lock (Running)
        {
            foreach (Process process in Running.Where(p => !p.HasExited))
                process.Kill();
        }
    };

    private ApacheZooKeeper(TestServerOptions options)
    {
        _options = options;
        Port = options.Port ?? FreePort.Next();
        AdminPort = FreePort.Next();
        DataDirectory = options.DataDirectory ?? _directory.Combine("data");
        ConfigFile = _directory.Combine("zoo.cfg");
    }

    /// <inheritdoc/>
    public int Port { get; }

    /// <summary>The port of the admin server (HTTP).</summary>
    public int AdminPort { get; }

    /// <inheritdoc/>
    public string ConnectionString => $"127.0.0.1:{Port}";

    /// <inheritdoc/>
    public string DataDirectory { get; }

    /// <summary>The configuration file.</summary>
    public string ConfigFile { get; }

    /// <summary>The server's log file.</summary>
    public string LogFile => _directory.Combine("zookeeper.log");

    /// <inheritdoc/>
    public int? ProcessId => _process is { HasExited: false } process ? process.Id : null;

    /// <summary>The class path by which Apache's classes, zkCli among them, are found.</summary>
    public static string ClassPath => string.Join(Path.PathSeparator, Jars.Select(jar => Path.Combine(JarDirectory, jar)));

    /// <summary>Starts a server and waits until it serves.</summary>
    public static async Task<ApacheZooKeeper> StartNewAsync(TestServerOptions? options = null, CancellationToken ct = default)
    {
        var server = new ApacheZooKeeper(options ?? new TestServerOptions());
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
        if (ProcessId is not null)
            throw new InvalidOperationException($"The server on port {Port} runs already.");
        WriteConfiguration();
        var start = new ProcessStartInfo(Peers.FindOnPath("java")!)
        {
            WorkingDirectory = _directory.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in Arguments())
            start.ArgumentList.Add(argument);

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

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken ct = default)
    {
        if (_process is not { } process)
            return;
        if (!process.HasExited)
        {
            if (OperatingSystem.IsWindows())
                process.Kill();
            else
                ProcessSignal.Send(process.Id, ProcessSignal.Terminate);
        }

        await ForgetAsync(process, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task KillAsync(CancellationToken ct = default)
    {
        if (_process is not { } process)
            return;
        process.Kill();
        await ForgetAsync(process, ct).ConfigureAwait(false);
    }

    /// <summary>Stops the process from running, as a long pause would; <see cref="Resume"/> lets it go on. Not on Windows.</summary>
    public void Suspend() => ProcessSignal.Suspend(this);

    /// <summary>Lets a suspended process go on.</summary>
    public void Resume() => ProcessSignal.Resume(this);

    /// <summary>Sends a four-letter word and returns the answer.</summary>
    public Task<string> FourLetterWordAsync(string word, CancellationToken ct = default) => FourLetterWordAsync(Port, word, ct);

    /// <summary>Sends a four-letter word to a port of the loopback address and returns the answer.</summary>
    public static async Task<string> FourLetterWordAsync(int port, string word, CancellationToken ct = default)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), ct).ConfigureAwait(false);
        await socket.SendAsync(Encoding.ASCII.GetBytes(word), SocketFlags.None, ct).ConfigureAwait(false);
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (ProcessId is not null)
            await KillAsync().ConfigureAwait(false);
        _directory.Dispose();
    }

    /// <summary>The first file that is missing to run the server, or null.</summary>
    internal static string? MissingJar() => Jars.Select(jar => Path.Combine(JarDirectory, jar)).FirstOrDefault(jar => !File.Exists(jar));

    private async Task ForgetAsync(Process process, CancellationToken ct)
    {
        await process.WaitForExitAsync(ct).ConfigureAwait(false);
        lock (Running)
            Running.Remove(process);
        process.Dispose();
        _process = null;
    }

    private void WriteConfiguration()
    {
        Directory.CreateDirectory(DataDirectory);
        List<string> lines =
        [
            $"tickTime={_options.TickTime}",
            $"dataDir={DataDirectory}",
            $"clientPort={Port}",
            "clientPortAddress=127.0.0.1",
            "maxClientCnxns=0",
            $"admin.serverPort={AdminPort}",
            "admin.serverAddress=127.0.0.1",
            "4lw.commands.whitelist=*",
            .. _options.ConfigLines,
        ];
        File.WriteAllLines(ConfigFile, lines);
        if (_options.MemberId is { } id)
            File.WriteAllText(Path.Combine(DataDirectory, "myid"), id.ToString(CultureInfo.InvariantCulture));
        File.WriteAllLines(_directory.Combine("log4j.properties"),
        [
            "log4j.rootLogger=INFO, F",
            "log4j.appender.F=org.apache.log4j.FileAppender",
            $"log4j.appender.F.File={LogFile}",
            "log4j.appender.F.layout=org.apache.log4j.PatternLayout",
            "log4j.appender.F.layout.ConversionPattern=%d{ISO8601} %-5p %c{1} %m%n",
        ]);
    }

    private IEnumerable<string> Arguments()
    {
        Dictionary<string, string> properties = new()
        {
            ["file.encoding"] = "UTF-8",
            ["java.net.preferIPv4Stack"] = "true",
            ["zookeeper.extendedTypesEnabled"] = "true",
            ["zookeeper.DigestAuthenticationProvider.superDigest"] = TestServerOptions.SuperDigest,
        };
        foreach ((string name, string value) in _options.Properties)
            properties[name] = value;
        yield return "-Xmx512m";
        foreach ((string name, string value) in properties)
            yield return $"-D{name}={value}";
        yield return "-cp";
        yield return _directory.Path + Path.PathSeparator + ClassPath;
        yield return "org.apache.zookeeper.server.quorum.QuorumPeerMain";
        yield return ConfigFile;
    }

    private async Task WaitUntilServingAsync(Process process, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_options.StartTimeout);
        while (true)
        {
            // A word that comes before the server has read its data is never answered.
            using var once = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
            once.CancelAfter(TimeSpan.FromSeconds(1));
            if (process.HasExited)
                throw new InvalidOperationException($"Apache ZooKeeper ended with code {process.ExitCode} instead of serving. {Tail()}");
            try
            {
                string answer = await FourLetterWordAsync("srvr", once.Token).ConfigureAwait(false);
                if (answer.Contains("Mode: ", StringComparison.Ordinal) || (_options.MemberId is not null && answer.Length > 0))
                    return;
            }
            catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !limit.IsCancellationRequested))
            {
                // Not listening yet, or not serving.
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                throw new TimeoutException($"Apache ZooKeeper did not serve within {_options.StartTimeout.TotalSeconds} s. {Tail()}");
            }

            await Task.Delay(50, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private void Append(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
    }

    private string Tail()
    {
        string log = File.Exists(LogFile) ? string.Join('\n', File.ReadLines(LogFile).TakeLast(20)) : "";
        lock (_output)
            return $"Its output: {_output}\nThe end of its log: {log}";
    }
}
