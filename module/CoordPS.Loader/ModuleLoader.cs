using System.Collections.Concurrent;
using System.Reflection;

namespace CoordPS.Loader;

/// <summary>Loads the cmdlets and all they depend on into a load context of their own; see docs/decisions/0010-module-isolation.md.</summary>
public static class ModuleLoader
{
    // The cmdlets, and what users name in scripts: catch [CoordPS.Client.NoNodeException], [CoordPS.Protocol.CreateMode].
    private static readonly string[] Imported = ["CoordPS.Cmdlets", "CoordPS.Client", "CoordPS.Protocol"];

    private static readonly ConcurrentDictionary<string, Lazy<Assembly[]>> Loaded = new(StringComparer.Ordinal);

    /// <summary>
    /// The assemblies for <c>Import-Module</c>. Runspaces of a process that import the module from the same folder share them, so that a session
    /// made in one can be used in another.
    /// </summary>
    /// <param name="directory">The folder with the module's assemblies.</param>
    /// <exception cref="FileNotFoundException">The folder lacks one of them.</exception>
    public static Assembly[] Load(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return Loaded.GetOrAdd(Path.GetFullPath(directory), static folder => new Lazy<Assembly[]>(() => LoadAll(folder))).Value;
    }

    private static Assembly[] LoadAll(string folder)
    {
        var context = new ModuleLoadContext(folder);
        return [.. Imported.Select(name => context.LoadFromAssemblyPath(Path.Combine(folder, name + ".dll")))];
    }
}
