using System.Diagnostics;
using CoordPS.Testing;

namespace CoordPS.Storage.Tests.Apache;

/// <summary>Apache's tools for files.</summary>
internal static class ApacheTools
{
    /// <summary>Runs a class of <c>org.apache.zookeeper.server</c> and returns what it prints.</summary>
    public static async Task<string> RunAsync(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            Peers.FindOnPath("java")!,
            ["-Dfile.encoding=UTF-8", "-cp", ApacheZooKeeper.ClassPath, "org.apache.zookeeper.server." + name, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output + await errors;
    }
}
