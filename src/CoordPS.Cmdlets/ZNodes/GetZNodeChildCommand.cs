using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Reads the children of znodes, in the order of their names, or just lists the names.</summary>
[Cmdlet(VerbsCommon.Get, "ZNodeChild")]
[OutputType(typeof(ZNode))]
[OutputType(typeof(string))]
public sealed class GetZNodeChildCommand : ReadZNodeCmdlet
{
    private WildcardPattern? _filter;

    /// <summary>Paths of the parents, relative to the session's chroot; default <c>/</c>.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [ZPath.Root];

    /// <summary>Emits only children whose name is like this, with <c>*</c>, <c>?</c> and <c>[a-z]</c>; case does not matter.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Filter { get; set; }

    /// <summary>Emits the names as strings: one request for each parent.</summary>
    [Parameter]
    public SwitchParameter Name { get; set; }

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        if (Filter is not null)
            _filter = new WildcardPattern(Filter, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        return base.BeginAsync();
    }

    /// <inheritdoc/>
    protected override async Task SubmitInputAsync()
    {
        foreach (string path in Path)
        {
            if (!await CheckPathAsync(path))
                continue;
            CoordSession session = CurrentSession;
            await SubmitAsync(path, cancel => session.Client.GetChildrenAsync(path, cancel), children => WriteChildrenAsync(session, path, NamesOf(children)));
        }
    }

    private static async Task<ZNodeData?> ReadIfThereAsync(Task<ZNodeData> reading)
    {
        try
        {
            return await reading.ConfigureAwait(false);
        }
        catch (NoNodeException)
        {
            // It was listed and has gone since.
            return null;
        }
    }

    private string[] NamesOf(ChildrenResult children) =>
        [.. children.Children.Where(name => _filter?.IsMatch(name) != false).Order(StringComparer.Ordinal)];

    private async Task WriteChildrenAsync(CoordSession session, string parent, string[] names)
    {
        if (Name)
        {
            WriteObject(names, enumerateCollection: true);
            return;
        }

        var reading = new Queue<(string Path, Task<ZNodeData?> Read)>();
        foreach (string name in names)
        {
            string path = ZPath.Combine(parent, name);
            reading.Enqueue((path, ReadIfThereAsync(Reader.ReadAsync(session.Client, path, Cancellation))));
            if (reading.Count >= ThrottleLimit)
                await WriteHeadAsync();
        }

        while (reading.Count > 0)
            await WriteHeadAsync();

        async Task WriteHeadAsync()
        {
            (string path, Task<ZNodeData?> read) = reading.Dequeue();
            ZNodeData? found;
            try
            {
                found = await read.WaitAsync(Cancellation);
            }
            catch (ZooKeeperException e)
            {
                WriteError(e, path);
                return;
            }

            if (found is { } child)
                WriteZNode(session, path, child.Data, child.Stat);
        }
    }
}
