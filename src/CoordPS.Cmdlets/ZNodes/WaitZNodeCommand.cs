using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Waits until znodes exist, are gone, have a value, or change, and emits them as they are then. Watches tell when to look: it does not poll.
/// </summary>
[Cmdlet(VerbsLifecycle.Wait, "ZNode", DefaultParameterSetName = ExistsSet)]
[OutputType(typeof(ZNode))]
public sealed class WaitZNodeCommand : ReadZNodeCmdlet
{
    private const string ExistsSet = "Exists";
    private const string DeletedSet = "Deleted";
    private const string ValueSet = "Value";
    private const string ChangedSet = "Changed";

    private byte[]? _wanted;

    /// <summary>Paths, relative to the session's chroot.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>A znode from the pipeline.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, DontShow = true)]
    [Alias("Node")]
    public ZNode? InputObject { get; set; }

    /// <summary>Until it exists: the default.</summary>
    [Parameter(ParameterSetName = ExistsSet)]
    public SwitchParameter Exists { get; set; }

    /// <summary>Until it does not exist. Nothing is emitted.</summary>
    [Parameter(ParameterSetName = DeletedSet, Mandatory = true)]
    public SwitchParameter Deleted { get; set; }

    /// <summary>Until it exists and has this data, byte for byte: text, bytes, or with <c>-As Json</c> any object.</summary>
    [Parameter(ParameterSetName = ValueSet, Mandatory = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? Value { get; set; }

    /// <summary>Until it is created, its data is set, or it is removed; of a piped znode, since it was read. A znode that is gone is not emitted.</summary>
    [Parameter(ParameterSetName = ChangedSet, Mandatory = true)]
    public SwitchParameter Changed { get; set; }

    /// <summary>The longest to wait for one znode: <c>30s</c>, <c>5m</c>, a TimeSpan or a number of seconds. After it the error is <c>OperationTimeout</c>. Default: no limit.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>All are waited for side by side.</summary>
    private protected override bool AnswersAtOnce => false;

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        if (ParameterSetName == ValueSet)
        {
            try
            {
                _wanted = new DataConverter(As, Encoding, InvokeCommand).ToBytes(Value, null);
            }
            catch (CoordException e)
            {
                ThrowTerminatingError(ErrorRecords.From(e, Value));
            }
        }

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
            long? since = Changed && InputObject?.Path == path ? InputObject.Mzxid : null;
            WriteVerbose($"Waiting for {path}: {ParameterSetName}.");
            await SubmitAsync(path, cancel => WaitAsync(session.Client, path, since, cancel), found =>
            {
                if (found is { } node)
                    WriteZNode(session, path, node.Data, node.Stat);
            });
        }
    }

    private async Task<ZNodeData?> WaitAsync(ZooKeeperClient client, string path, long? since, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (Timeout is { } timeout)
            ending.CancelAfter(timeout);
        try
        {
            while (true)
            {
                var change = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                Action<WatchedEvent> watch = e =>
                {
                    // A connection that comes and goes is the client's business: it tells afterwards what was missed.
                    if (!e.IsSessionEvent || e.State is KeeperState.Expired or KeeperState.Closed or KeeperState.AuthFailed)
                        change.TrySetResult();
                };
                bool done = false;
                try
                {
                    Stat? stat = await client.ExistsAsync(path, watch, ending.Token).ConfigureAwait(false);
                    since ??= Changed ? stat?.Mzxid ?? 0 : null;
                    (done, ZNodeData? found) = await LookAsync(client, path, stat, since ?? 0, ending.Token).ConfigureAwait(false);
                    if (done)
                        return found;
                    await change.Task.WaitAsync(ending.Token).ConfigureAwait(false);
                }
                finally
                {
                    if (!change.Task.IsCompleted)
                        _ = ForgetAsync(client, path, watch);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CoordException(
                nameof(ErrorCode.OperationTimeout), ErrorCode.OperationTimeout, $"'{path}' was waited for in vain for {Timeout!.Value.TotalSeconds:0.###} s ({ParameterSetName}).",
                "See what is there with Get-ZNode, and wait longer with -Timeout if it is still to come.", path);
        }
    }

    /// <summary>Removes a watch that is no longer needed. What comes of it interests nobody.</summary>
    private static async Task ForgetAsync(ZooKeeperClient client, string path, Action<WatchedEvent> watch)
    {
        try
        {
            await client.RemoveWatchesAsync(path, WatcherType.Any, watch).ConfigureAwait(false);
        }
        catch (ZooKeeperException)
        {
            // It has fired, or went with the session.
        }
    }

    private async Task<(bool Done, ZNodeData? Found)> LookAsync(
        ZooKeeperClient client, string path, Stat? stat, long since, CancellationToken cancellationToken)
    {
        if (stat is not { } there)
            return (Deleted || (Changed && since != 0), null);
        if (Deleted || (Changed && there.Mzxid == since) || (_wanted is not null && there.DataLength != _wanted.Length))
            return (false, null);
        try
        {
            ZNodeData read = ParameterSetName == ValueSet
                ? await client.GetDataAsync(path, cancellationToken).ConfigureAwait(false)
                : await Reader.ReadAsync(client, path, cancellationToken).ConfigureAwait(false);
            bool done = ParameterSetName != ValueSet || (read.Data ?? []).AsSpan().SequenceEqual(_wanted);
            return (done, done ? read : null);
        }
        catch (NoNodeException)
        {
            // It went between the two requests: the watch says so, too.
            return (Changed, null);
        }
    }
}
