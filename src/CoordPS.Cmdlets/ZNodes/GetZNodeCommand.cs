using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Reads znodes: one, or with <c>-Recurse</c> all below it as well, in the order of their paths.</summary>
[Cmdlet(VerbsCommon.Get, "ZNode")]
[OutputType(typeof(ZNode))]
public sealed class GetZNodeCommand : ReadZNodeCmdlet
{
    private WildcardPattern? _filter;

    /// <summary>Paths, relative to the session's chroot.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>Reads all znodes below as well. What vanishes meanwhile is left out.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    /// <summary>How many levels below to read: 0 is the znode itself, 1 its children too. Implies <c>-Recurse</c>.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Depth { get; set; } = int.MaxValue;

    /// <summary>Emits only znodes whose name is like this, with <c>*</c>, <c>?</c> and <c>[a-z]</c>; case does not matter.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Filter { get; set; }

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        if (Filter is not null)
            _filter = new WildcardPattern(Filter, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        Recurse = Recurse || IsBound(nameof(Depth));
        return base.BeginAsync();
    }

    /// <inheritdoc/>
    protected override async Task SubmitInputAsync()
    {
        foreach (string path in Path)
        {
            if (!await CheckPathAsync(path))
                continue;
            if (Recurse)
                await WriteTreeAsync(path, Depth, includeRoot: true, _filter);
            else if (_filter?.IsMatch(Protocol.ZPath.Name(path)) != false)
                await SubmitReadAsync(CurrentSession, path);
        }
    }
}
