using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Client.Trees;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Removes znodes; with <c>-Recurse</c> all below them as well, children first. Within <c>Invoke-ZNodeTransaction</c> it adds the removal to the
/// transaction.
/// </summary>
/// <remarks>
/// Removing one znode has a medium impact. Removing a tree has a high one, as if the cmdlet were declared so: it asks, unless
/// <c>-Confirm:$false</c>, <c>-Force</c> or <c>$ConfirmPreference</c> says not to.
/// </remarks>
[Cmdlet(VerbsCommon.Remove, "ZNode", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = OneSet)]
[OutputType(typeof(ZNodeOperation))]
public sealed class RemoveZNodeCommand : ChangeZNodeCmdlet
{
    private const string OneSet = "One";
    private const string UnchangedSet = "IfUnchanged";
    private const string TreeSet = "Tree";

    private bool _yesToAll;
    private bool _noToAll;
    private long _removed;

    /// <summary>Paths, relative to the session's chroot.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>A znode from the pipeline.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, DontShow = true)]
    [Alias("Node")]
    public ZNode? InputObject { get; set; }

    /// <summary>The version that the znode has to have, else the error is <c>BadVersion</c> and nothing is removed.</summary>
    [Parameter(ParameterSetName = OneSet)]
    [ValidateRange(0, int.MaxValue)]
    public int Version { get; set; } = -1;

    /// <summary>Removes a piped znode only if it has not been set since it was read, else the error is <c>BadVersion</c>.</summary>
    [Parameter(ParameterSetName = UnchangedSet, Mandatory = true)]
    public SwitchParameter IfUnchanged { get; set; }

    /// <summary>Removes all znodes below as well. Not a transaction, unless it is within <c>Invoke-ZNodeTransaction</c>.</summary>
    [Parameter(ParameterSetName = TreeSet, Mandatory = true)]
    public SwitchParameter Recurse { get; set; }

    /// <summary>Removes trees without asking.</summary>
    [Parameter(ParameterSetName = TreeSet)]
    public SwitchParameter Force { get; set; }

    /// <summary>Trees are removed side by side, and at the end there is time to tell how far it is.</summary>
    private protected override bool AnswersAtOnce => !Recurse;

    /// <inheritdoc/>
    protected override async Task SubmitInputAsync()
    {
        foreach (string path in Path)
        {
            if (!await CheckPathAsync(path))
                continue;
            int version = Version;
            if (IfUnchanged)
            {
                if (InputObject is not { } read || read.Path != path)
                {
                    await SubmitErrorAsync(new CoordException(
                        "NoVersionRead", ErrorCode.BadArguments, $"-IfUnchanged compares the version of a znode from the pipeline, and '{path}' is none.",
                        "Pipe what Get-ZNode emits, or give -Version.", path));
                    continue;
                }

                version = read.Version;
            }

            if (IsDeferred)
                await DeferAsync(path, version);
            else if (Recurse)
                await RemoveTreeAsync(path);
            else if (ShouldProcess(path, version < 0 ? "Remove znode" : $"Remove znode if the version is {version}"))
                await RemoveOneAsync(path, version);
        }
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var progress = new ProgressReporter(this, "Removing znodes");
        Task drained = base.EndAsync();
        while (!drained.IsCompleted)
        {
            await Task.WhenAny(drained, Task.Delay(TimeSpan.FromMilliseconds(250), Cancellation));
            if (!drained.IsCompleted)
                progress.Report(Volatile.Read(ref _removed), "znodes removed");
        }

        progress.Complete();
        await drained;
    }

    private async Task RemoveOneAsync(string path, int version)
    {
        ZooKeeperClient client = Client;
        await SubmitAsync(
            path,
            async cancel =>
            {
                await client.DeleteAsync(path, version, cancel).ConfigureAwait(false);
                return true;
            },
            _ => WriteVerbose($"Removed {path}."));
    }

    private async Task RemoveTreeAsync(string path)
    {
        if (!ShouldProcess(path, "Remove znode and all below it") || !await ConfirmTreeAsync(path))
            return;
        ZooKeeperClient client = Client;
        var removed = new RemovedCount(this);
        await SubmitAsync(
            path,
            async cancel =>
            {
                if (await client.DeleteRecursiveAsync(path, removed, cancel).ConfigureAwait(false) == 0 && path != ZPath.Root)
                    await client.StatAsync(path, cancel).ConfigureAwait(false);
                return true;
            },
            _ => WriteVerbose($"Removed {removed.Value} znodes of {path}."));
    }

    private async Task<bool> ConfirmTreeAsync(string path)
    {
        ConfirmImpact preference = GetPreference("ConfirmPreference", ConfirmImpact.High);
        bool asked = preference is ConfirmImpact.Low or ConfirmImpact.Medium;
        if (Force || IsBound("Confirm") || asked || preference == ConfirmImpact.None || Transaction is not null)
            return true;
        Stat? stat = await Client.ExistsAsync(path, Cancellation);
        return stat is not { NumChildren: > 0 }
            || ShouldContinue($"Remove '{path}' and all below it ({stat.Value.NumChildren} children and theirs)?", "Remove-ZNode -Recurse", ref _yesToAll, ref _noToAll);
    }

    private async Task DeferAsync(string path, int version)
    {
        if (!Recurse)
        {
            Defer(ZooKeeperOperation.Delete(path, version));
            return;
        }

        var tree = new List<string>();
        await foreach (TreeEntry entry in new TreeWalker(Client, new TreeWalkOptions { Window = ThrottleLimit, WithData = false }).WalkAsync(path, Cancellation))
        {
            if (entry.Failure is { } failure)
            {
                WriteError(failure, entry.Path);
                return;
            }

            tree.Add(entry.Path);
        }

        tree.Reverse();
        foreach (string each in tree)
            Defer(ZooKeeperOperation.Delete(each));
    }

    /// <summary>Counts one tree's znodes, and all trees'. Told from any thread.</summary>
    private sealed class RemovedCount(RemoveZNodeCommand cmdlet) : IProgress<int>
    {
        private int _value;

        public int Value => Volatile.Read(ref _value);

        public void Report(int value) => Interlocked.Add(ref cmdlet._removed, value - Interlocked.Exchange(ref _value, value));
    }
}
