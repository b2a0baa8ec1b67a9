using System.Management.Automation;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;

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

    /// <summary>Whether it can be the name of a service, or the id of an instance; else there is an error.</summary>
    private protected bool CheckName(string name)
    {
        if (!name.Contains('/', StringComparison.Ordinal) && ZPath.Check($"/{name}") is null)
            return true;
        WriteError(
            new CoordException("BadServiceName", ErrorCode.BadArguments, $"'{name}' can't be the name of a service or the id of an instance.", "Give a name that a znode can have: no slash, not '.' or '..'."), name);
        return false;
    }
}
