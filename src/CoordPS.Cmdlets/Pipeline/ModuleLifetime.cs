using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Ends, when the module is removed from a runspace, what was begun there: open sessions and in-process ensembles.</summary>
public sealed class ModuleLifetime : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => ProcessLifetime.End(RunspaceState.Current);
}
