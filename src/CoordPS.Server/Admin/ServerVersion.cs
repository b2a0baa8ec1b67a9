using System.Globalization;
using System.Reflection;

namespace CoordPS.Server.Admin;

/// <summary>The version as ZooKeeper's tools expect it: first the ZooKeeper release whose behavior the server has, then its own.</summary>
internal static class ServerVersion
{
    private const string ZooKeeperRelease = "3.8.0";

    /// <summary>For instance <c>3.8.0-CoordPS-0.1.0, built on 2026-01-31 12:00 UTC</c>.</summary>
    public static string Text { get; } = Describe();

    private static string Describe()
    {
        var assembly = typeof(ServerVersion).Assembly;
        var own = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        var version = $"{ZooKeeperRelease}-CoordPS-{own.Split('+')[0]}";

        // Builds are deterministic, so the time of a build is known from nowhere but the file.
#pragma warning disable IL3000 // empty in a single-file application, where the date is left out
        var file = assembly.Location;
#pragma warning restore IL3000
        return file.Length > 0 && File.Exists(file)
            ? string.Create(CultureInfo.InvariantCulture, $"{version}, built on {File.GetLastWriteTimeUtc(file):yyyy-MM-dd HH:mm} UTC")
            : version;
    }
}
