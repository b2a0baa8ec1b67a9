using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CoordPS.Storage.Tests.Apache;

/// <summary>Debian's Apache ZooKeeper: its server, standalone on a free loopback port, and its offline tools.</summary>
internal sealed class ApacheServer : IDisposable
{
    private const string Java = "/usr/bin/java";
    private const string Jars = "/usr/share/java/";
    private static readonly string ClassPath = $"{Jars}zookeeper.jar:{Jars}slf4j-simple.jar:{Jars}netty-transport-native-unix-common.jar:{Jars}netty-codec.jar:{Jars}netty-resolver.jar:{Jars}servlet-api.jar:{Jars}jetty9-util-ajax.jar";

    private readonly Process _process;
    private readonly StringBuilder _output;

    private ApacheServer(Process process, StringBuilder output, int port)
    {
        _process = process;
        _output = output;
        Port = port;
    }

    /// <summary>Null when it is installed, else how to install it.</summary>
    public static string? Missing { get; } =
        File.Exists(Java) && File.Exists(Jars + "zookeeper.jar") && File.Exists(Jars + "slf4j-simple.jar")
            ? null
            : "Apache ZooKeeper is not installed: apt-get install libzookeeper-java libslf4j-java libservlet-api-java default-jre-headless";

    public int Port { get; }

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Starts a server and waits until it serves.</summary>
    public static async Task<ApacheServer> StartAsync(string dataDir, params string[] systemProperties)
    {
        int port = FreePort();
        string configuration = Path.Combine(dataDir, $"zoo-{port}.cfg");
        await File.WriteAllTextAsync(configuration,
            $"tickTime=2000\ndataDir={dataDir}\nclientPort={port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n4lw.commands.whitelist=*\n");
        (Process process, StringBuilder output) = Launch([
            "-Xmx256m", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8", "-Dzookeeper.extendedTypesEnabled=true", .. systemProperties,
            "-cp", ClassPath, "org.apache.zookeeper.server.ZooKeeperServerMain", configuration]);
        var server = new ApacheServer(process, output, port);
        long start = Stopwatch.GetTimestamp();
        while (!process.HasExited && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60))
        {
            if ((await server.AskAsync("srvr")).Contains("Mode: standalone", StringComparison.Ordinal))
                return server;
            await Task.Delay(50);
        }

        server.Dispose();
        throw new InvalidOperationException($"Apache ZooKeeper does not serve: {output}");
    }

    /// <summary>Runs one of its tools and returns what it prints.</summary>
    public static async Task<string> RunToolAsync(string name, params string[] arguments)
    {
        (Process process, StringBuilder output) = Launch(["-cp", ClassPath, "org.apache.zookeeper.server." + name, .. arguments]);
        using (process)
            await process.WaitForExitAsync();
        return output.ToString();
    }

    /// <summary>What the server answers to a four-letter word; nothing when it does not answer.</summary>
    public async Task<string> AskAsync(string word)
    {
        // A connection made while the server starts may never be answered.
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port, timeout.Token);
            NetworkStream stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(word), timeout.Token);
            using var reader = new StreamReader(stream);
            return await reader.ReadToEndAsync(timeout.Token);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            return "";
        }
    }

    /// <summary>Kills the server as <c>kill -9</c> does.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    public override string ToString()
    {
        lock (_output)
            return _output.ToString();
    }

    private static (Process Process, StringBuilder Output) Launch(string[] arguments)
    {
        var output = new StringBuilder();
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(Java, arguments) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return (process, output);

        void Append(string? line)
        {
            lock (output)
                output.AppendLine(line);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return int.Parse(listener.LocalEndpoint.ToString()!.Split(':')[1], CultureInfo.InvariantCulture);
    }
}
