using System.Management.Automation;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet over the service registry, whose layout is that of Curator's service discovery.</summary>
public abstract class ServiceCmdlet : RecipeCmdlet
{
    /// <summary>The registry's path; default <c>/services</c>, as Spring Cloud's.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    [ValidateNotNullOrEmpty]
    public string BasePath { get; set; } = "/services";

    /// <summary>The registry of the current object; null, after an error, when its path can't be one.</summary>
    private protected ServiceDiscovery? OpenRegistry()
    {
        if (Check(BasePath) is not { } bad)
            return new ServiceDiscovery(Client, BasePath);
        WriteError(bad, BasePath);
        return null;
    }
}
