using System.Diagnostics;
using System.Globalization;

namespace CoordPS.Testing;

/// <summary>Software of others that tests run against when it is there.</summary>
public enum Peer
{
    /// <summary>A Kubernetes cluster of which the user may do everything, by <c>COORDPS_TEST_KUBECONFIG</c>.</summary>
    Kubernetes,

    /// <summary>The kubectl command.</summary>
    Kubectl,

    /// <summary>A Java runtime.</summary>
    Java,

    /// <summary>Debian's Apache ZooKeeper and the Java to run it.</summary>
    Apache,

    /// <summary>The kazoo client and the system's Python.</summary>
    Kazoo,

    /// <summary>Debian's Curator, and the Java compiler for a program that uses it.</summary>
    Curator,

    /// <summary>PowerShell.</summary>
    PowerShell,

    /// <summary>A Docker Engine with a registry beside it; tests/services/docker-up.sh starts them.</summary>
    Docker,

    /// <summary>The docker command; it needs no engine.</summary>
    DockerCommand,

    /// <summary>The docker command, version 23 or newer.</summary>
    DockerCommand23,
}

/// <summary>Which peers are there.</summary>
public static class Peers
{
    private static readonly Lazy<string?> Kubernetes = new(() => Environment.GetEnvironmentVariable("COORDPS_TEST_KUBECONFIG") is not { Length: > 0 } path
        ? "COORDPS_TEST_KUBECONFIG does not name the kubeconfig of a cluster to test against"
        : File.Exists(path) ? null : $"COORDPS_TEST_KUBECONFIG names {path}, which is not there");

    private static readonly Lazy<string?> Kubectl = new(() =>
        FindOnPath("kubectl") is null ? "kubectl is not on PATH; see https://kubernetes.io/docs/tasks/tools" : null);

    private static readonly Lazy<string?> Java = new(() =>
        FindOnPath("java") is null ? "java is not on PATH; on Debian: apt-get install default-jre-headless" : null);

    private static readonly Lazy<string?> Apache = new(() => Java.Value ?? (ApacheZooKeeper.MissingJar() is { } jar
        ? $"Apache ZooKeeper is not installed ({jar} is missing); on Debian: apt-get install zookeeper"
        : null));

    private static readonly Lazy<string?> Kazoo = new(() => Succeeds("/usr/bin/python3", "-c", "import kazoo")
        ? null
        : "kazoo is not installed for /usr/bin/python3; on Debian: apt-get install python3-kazoo");

    private static readonly Lazy<string?> Curator = new(() => Apache!.Value
        ?? (FindOnPath("javac") is null ? "javac is not on PATH; on Debian: apt-get install default-jdk-headless" : null)
        ?? (CuratorJars.FirstOrDefault(jar => !File.Exists(jar)) is { } missing
            ? $"Curator is not installed ({missing} is missing); on Debian: apt-get install libcurator-recipes-java libcurator-discovery-java"
            : null));

    private static readonly Lazy<string?> PowerShell = new(() => FindOnPath("pwsh") is null
        ? "pwsh is not on PATH; see https://learn.microsoft.com/powershell/scripting/install, or: dotnet tool install --global PowerShell"
        : null);

    /// <summary>The address of the engine for tests; null when there is none.</summary>
    public static string? DockerHost => Environment.GetEnvironmentVariable("COORDPS_TEST_DOCKER_HOST") is { Length: > 0 } host ? host : null;

    /// <summary>The registry for tests, which the engine and this process reach by the same name.</summary>
    public static string Registry => Environment.GetEnvironmentVariable("COORDPS_TEST_REGISTRY") is { Length: > 0 } registry ? registry : "127.0.0.1:5000";

    /// <summary>The class path by which Curator's classes are found.</summary>
    public static string CuratorClassPath => string.Join(Path.PathSeparator, [.. CuratorJars, ApacheZooKeeper.ClassPath]);

    private static IEnumerable<string> CuratorJars =>
        new[] { "curator-client", "curator-framework", "curator-recipes", "curator-x-discovery", "guava", "jackson-annotations", "jackson-core", "jackson-databind" }
            .Select(name => $"/usr/share/java/{name}.jar");

    /// <summary>Null when the peer is there, else why not and how to get it.</summary>
    public static string? Missing(Peer peer) => peer switch
    {
        Peer.Kubernetes => Kubernetes.Value,
        Peer.Kubectl => Kubectl.Value,
        Peer.Java => Java.Value,
        Peer.Apache => Apache.Value,
        Peer.Kazoo => Kazoo.Value,
        Peer.Curator => Curator.Value,
        Peer.PowerShell => PowerShell.Value,
        Peer.DockerCommand => DockerCommandBefore(0),
        Peer.DockerCommand23 => DockerCommandBefore(23),
        Peer.Docker => DockerHost is null ? "COORDPS_TEST_DOCKER_HOST names no Docker Engine; as root: eval \"$(tests/services/docker-up.sh)\"" : null,
        _ => throw new ArgumentOutOfRangeException(nameof(peer), peer, null),
    };

    /// <summary>The full path of an executable on PATH, or null.</summary>
    public static string? FindOnPath(string name)
    {
        string file = OperatingSystem.IsWindows() ? name + ".exe" : name;
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, file))
            .FirstOrDefault(File.Exists);
    }

    private static string? DockerCommandBefore(int version)
    {
        if (FindOnPath("docker") is not { } docker)
            return "docker is not on PATH; on Debian: apt-get install docker.io";
        using Process process = Process.Start(new ProcessStartInfo(docker, ["--version"]) { RedirectStandardOutput = true })!;
        // Docker version 28.2.2, build e6534b4
        string found = process.StandardOutput.ReadToEnd();
        return found.Split(' ', '.') is [_, _, var major, ..] && int.TryParse(major, CultureInfo.InvariantCulture, out int number) && number >= version
            ? null
            : $"docker on PATH is older than {version}: {found.Trim()}";
    }

    private static bool Succeeds(string file, params string[] arguments)
    {
        if (!File.Exists(file))
            return false;
        using Process process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
