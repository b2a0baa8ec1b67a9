using System.Management.Automation;
using System.Text;
using CoordPS.Client;
using CoordPS.Client.Trees;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>What the cmdlets that emit znodes read from the ensemble have in common.</summary>
public abstract class ReadZNodeCmdlet : PipelinedCmdlet
{
    private ZNodeReader? _reader;

    /// <summary>What <c>Value</c> takes the data for: by default text where the bytes are text, else bytes.</summary>
    [Parameter]
    public ZNodeDataFormat As { get; set; }

    /// <summary>The encoding of text and JSON; default UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = EncodingTransformationAttribute.Default;

    /// <summary>Reads only the metadata.</summary>
    [Parameter]
    public SwitchParameter NoData { get; set; }

    private protected ZNodeReader Reader => _reader ??= new ZNodeReader(As, Encoding, NoData, InvokeCommand);

    /// <summary>Puts the reading of a znode in flight.</summary>
    private protected Task SubmitReadAsync(CoordSession session, string path) =>
        SubmitAsync(path, cancel => Reader.ReadAsync(session.Client, path, cancel), read => WriteZNode(session, path, read.Data, read.Stat));

    /// <summary>Emits a znode, or an error if its data is not what it should be taken for.</summary>
    private protected void WriteZNode(CoordSession session, string path, byte[]? data, Stat stat)
    {
        ZNode node;
        try
        {
            node = Reader.Create(session, path, data, stat);
        }
        catch (CoordException e)
        {
            WriteError(e, path);
            return;
        }

        WriteObject(node);
    }

    /// <summary>Emits a tree, parents first, as it is read.</summary>
    private protected async Task WriteTreeAsync(string root, int maxDepth, bool includeRoot, WildcardPattern? filter)
    {
        await DrainAsync();
        CoordSession session = CurrentSession;
        var progress = new ProgressReporter(this, $"Reading {root}");
        long count = 0;
        await foreach (TreeEntry entry in new TreeWalker(
            session.Client, new TreeWalkOptions { Window = ThrottleLimit, MaxDepth = maxDepth, WithData = Reader.WithData }).WalkAsync(root, Cancellation))
        {
            if (entry.Failure is { } failure)
            {
                WriteError(failure, entry.Path);
                continue;
            }

            progress.Report(++count, "znodes");
            if ((includeRoot || entry.Depth > 0) && filter?.IsMatch(ZPath.Name(entry.Path)) != false)
                WriteZNode(session, entry.Path, entry.Data, entry.Stat);
        }

        progress.Complete();
        WriteVerbose($"Read {count} znodes of {root}.");
    }
}
