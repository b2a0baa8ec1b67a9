namespace CoordPS.Server.Hosting;

/// <summary>Finds <c>coordps</c>.</summary>
internal static class MemberExecutable
{
    private static readonly string Name = OperatingSystem.IsWindows() ? "coordps.exe" : "coordps";

    /// <summary>The executable that was given; or the module's own, or one beside these assemblies, or the first on the PATH.</summary>
    /// <exception cref="LocalEnsembleException">There is none.</exception>
    public static string Find(string? given)
    {
        if (given is not null)
        {
            return File.Exists(given) ? Path.GetFullPath(given) : throw new LocalEnsembleException(
                LocalEnsembleProblem.Executable, $"'{given}' does not exist.", "Give the path of the coordps executable.");
        }

        string folder = AppContext.BaseDirectory;
#pragma warning disable IL3000 // Empty where the assembly is part of a single file, which is then beside it.
        if (Path.GetDirectoryName(typeof(MemberExecutable).Assembly.Location) is { Length: > 0 } own)
            folder = own;
#pragma warning restore IL3000
        string[] beside = [Path.Combine(folder, "..", "bin"), Path.Combine(folder, "..", "..", "bin"), folder];
        IEnumerable<string> onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return beside.Concat(onPath).Select(static f => Path.Combine(f, Name)).FirstOrDefault(File.Exists) is { } found
            ? Path.GetFullPath(found)
            : throw new LocalEnsembleException(
                LocalEnsembleProblem.Executable, $"'{Name}' is neither in '{Path.GetFullPath(beside[0])}' nor on the PATH.",
                "Build it with build/build.sh, give it with -ExecutablePath, or leave out -OutOfProcess.");
    }
}
