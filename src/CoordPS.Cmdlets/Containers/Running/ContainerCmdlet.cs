using System.Management.Automation;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet for containers that come by name, id or object.</summary>
public abstract class ContainerCmdlet : EngineCmdlet
{
    /// <summary>Names, with <c>*</c> and <c>?</c>, or ids or beginnings of ids; or containers and members of ensembles in containers from the pipeline.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Container { get; set; } = [];

    /// <inheritdoc/>
    protected sealed override async Task ProcessAsync()
    {
        DockerEngineClient engine = Engine;
        foreach (string name in Container)
        {
            bool isPattern = WildcardPattern.ContainsWildcardCharacters(name);
            try
            {
                List<ContainerInfo> found = [];
                if (isPattern)
                    found = await FindAsync(engine, name);
                else
                    found.Add(await engine.GetContainerAsync(name, Cancellation));
                foreach (ContainerInfo container in found)
                    await GuardAsync(container.Name, () => ProcessAsync(engine, container));
            }
            catch (DockerException e)
            {
                WriteError(e, name);
            }
        }
    }

    private protected abstract Task ProcessAsync(DockerEngineClient engine, ContainerInfo container);

    /// <summary>Containers, running or not, whose name is like a pattern.</summary>
    private protected async Task<List<ContainerInfo>> FindAsync(DockerEngineClient engine, string pattern)
    {
        var like = new WildcardPattern(pattern, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        List<ContainerInfo> found = [];
        await foreach (ContainerInfo container in engine.GetContainersAsync(all: true, ct: Cancellation))
        {
            if (like.IsMatch(container.Name))
                found.Add(container);
        }

        return found;
    }

    /// <summary>Lets the next container have its turn when one fails.</summary>
    private async Task GuardAsync(string name, Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (DockerException e)
        {
            WriteError(e, name);
        }
    }
}
