using System.Reflection;
using System.Runtime.Loader;

namespace CoordPS.Loader;

/// <summary>Resolves from the module's folder first, whatever version of the same assembly PowerShell or another module has loaded.</summary>
internal sealed class ModuleLoadContext(string directory) : AssemblyLoadContext("CoordPS")
{
    /// <summary>Null for what the folder lacks (the framework, System.Management.Automation): those come from the default context.</summary>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string path = Path.Combine(directory, assemblyName.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
