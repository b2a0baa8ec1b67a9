using System.Management.Automation;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>Lists the instances of services in the registry, those of Curator's and Spring Cloud's clients included.</summary>
[Cmdlet(VerbsCommon.Get, "CoordService")]
[OutputType(typeof(CoordService))]
public sealed class GetCoordServiceCommand : ServiceCmdlet
{
    /// <summary>The services' names, with wildcards; default: all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The id of the only instance to show.</summary>
    [Parameter(Position = 1)]
    public string? Id { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (OpenRegistry() is not { } registry)
            return;
        IReadOnlyList<string>? all = null;
        foreach (string name in Name)
        {
            bool isPattern = WildcardPattern.ContainsWildcardCharacters(name);
            if (!isPattern && !CheckName(name))
                continue;
            if (isPattern)
                all ??= await registry.GetNamesAsync(Cancellation);
            var like = new WildcardPattern(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
            foreach (string service in isPattern ? all!.Where(like.IsMatch) : [name])
            {
                foreach (ServiceInstance instance in await registry.GetInstancesAsync(service, Cancellation))
                {
                    if (Id is null || instance.Id == Id)
                        WriteObject(new CoordService(CurrentSession, BasePath, instance));
                }
            }
        }
    }
}
