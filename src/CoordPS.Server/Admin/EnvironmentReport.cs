using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;

namespace CoordPS.Server.Admin;

/// <summary>What <c>envi</c> shows; where Apache shows the Java runtime, this shows .NET's.</summary>
internal static class EnvironmentReport
{
    public static IEnumerable<(string Name, string Value)> Values()
    {
        var memory = GC.GetGCMemoryInfo();
        yield return ("zookeeper.version", ServerVersion.Text);
        yield return ("host.name", Dns.GetHostName());
        yield return ("dotnet.version", Environment.Version.ToString());
        yield return ("dotnet.description", RuntimeInformation.FrameworkDescription);
        yield return ("dotnet.runtime.identifier", RuntimeInformation.RuntimeIdentifier);
        yield return ("os.name", OperatingSystem.IsWindows() ? "Windows" : OperatingSystem.IsMacOS() ? "macOS" : "Linux");
        yield return ("os.arch", RuntimeInformation.OSArchitecture.ToString().ToUpperInvariant());
        yield return ("os.version", Environment.OSVersion.Version.ToString());
        yield return ("user.name", Environment.UserName);
        yield return ("user.home", Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));
        yield return ("user.dir", Environment.CurrentDirectory);
        yield return ("os.memory.free", Megabytes(memory.TotalAvailableMemoryBytes - Environment.WorkingSet));
        yield return ("os.memory.max", Megabytes(memory.TotalAvailableMemoryBytes));
        yield return ("os.memory.total", Megabytes(Environment.WorkingSet));
    }

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, bytes) / (1024 * 1024)}MB");
}
