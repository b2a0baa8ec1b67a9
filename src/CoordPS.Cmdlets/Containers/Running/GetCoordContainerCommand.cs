using System.Collections;
using System.Management.Automation;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>Lists the containers of an engine: those that run, or with <c>-All</c>, a name or <c>-State</c> also others.</summary>
[Cmdlet(VerbsCommon.Get, "CoordContainer")]
[OutputType(typeof(CoordContainer))]
public sealed class GetCoordContainerCommand : EngineCmdlet
{
    /// <summary>Names, with <c>*</c> and <c>?</c>, or ids or beginnings of ids; default: all that run.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Container { get; set; }

    /// <summary>Also lists containers that don't run.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <summary>Only containers in one of these states.</summary>
    [Parameter]
    public ContainerState[]? State { get; set; }

    /// <summary>Only containers whose health is one of these.</summary>
    [Parameter]
    public ContainerHealth[]? Health { get; set; }

    /// <summary>Only containers with these labels: a hashtable, or names and <c>name=value</c>.</summary>
    [Parameter]
    [LabelTransformation]
    public string[]? Label { get; set; }

    /// <summary>Only containers of this image, or of one made from it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Image { get; set; }

    /// <summary>Only containers in one of these networks.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Network { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (Container is null)
        {
            await ListAsync(All || State is not null, static _ => true);
            return;
        }

        foreach (string name in Container)
        {
            if (WildcardPattern.ContainsWildcardCharacters(name))
            {
                var like = new WildcardPattern(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
                await ListAsync(all: true, info => like.IsMatch(info.Name));
                continue;
            }

            try
            {
                Emit(await Engine.GetContainerAsync(name, Cancellation));
            }
            catch (DockerException e)
            {
                WriteError(e, name);
            }
        }
    }

    private async Task ListAsync(bool all, Func<ContainerInfo, bool> matches)
    {
        var filters = new Dictionary<string, string[]>();
        if (Label is { Length: > 0 })
            filters["label"] = Label;
        if (Image is { Length: > 0 })
            filters["ancestor"] = Image;
        if (Network is { Length: > 0 })
            filters["network"] = Network;
        await foreach (ContainerInfo info in Engine.GetContainersAsync(all, filters, Cancellation))
        {
            if (matches(info))
                Emit(info);
        }
    }

    private void Emit(ContainerInfo info)
    {
        if ((State is null || State.Contains(info.State)) && (Health is null || Health.Contains(info.Health)))
            WriteObject(new CoordContainer(info, Engine.Endpoint));
    }
}
