using System.Management.Automation;
using System.Text;
using System.Threading.Channels;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Watches znodes, which need not exist yet, and emits each change as it comes: until Ctrl+C, or <c>-Count</c> changes, or <c>-Timeout</c>.
/// A lost connection is a warning: changes until the next one are not reported. Needs servers of 3.6 or later.
/// </summary>
[Cmdlet(VerbsCommon.Watch, "ZNode")]
[OutputType(typeof(ZNodeEvent))]
public sealed class WatchZNodeCommand : SessionCmdlet
{
    private readonly List<(CoordSession Session, string Path)> _watched = [];
    private ZNodeReader? _reader;

    /// <summary>Paths, relative to the session's chroot.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>Watches all that is below as well.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    /// <summary>Ends after so many changes.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = int.MaxValue;

    /// <summary>Ends after so long: <c>30s</c>, <c>5m</c>, a TimeSpan or a number of seconds. That is no error.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Emits only these kinds of changes.</summary>
    [Parameter]
    public ZNodeEventType[]? EventType { get; set; }

    /// <summary>Reads the znode after each change, so that the event has its data; a znode that has changed again has the data of then.</summary>
    [Parameter]
    public SwitchParameter WithData { get; set; }

    /// <summary>What the value takes the data for, with <c>-WithData</c>.</summary>
    [Parameter]
    public ZNodeDataFormat As { get; set; }

    /// <summary>The encoding of text and JSON; default UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = EncodingTransformationAttribute.Default;

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        foreach (string path in Path)
        {
            if (ZPath.Check(path) is { } reason)
                WriteError(ErrorRecords.BadPath(path, reason), path);
            else
                _watched.Add((CurrentSession, path));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        _reader = new ZNodeReader(As, Encoding, noData: false, InvokeCommand);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        if (Timeout is { } timeout)
            ending.CancelAfter(timeout);
        var events = Channel.CreateUnbounded<(CoordSession Session, WatchedEvent Event)>(new UnboundedChannelOptions { SingleReader = true });
        var watches = new List<ZNodeWatch>();
        try
        {
            var forwarding = new List<Task>();
            foreach ((CoordSession session, string path) in _watched.Distinct())
            {
                // What is said of a session is said to each of its watches: the first of them passes it on.
                bool first = !_watched.TakeWhile(each => each != (session, path)).Any(each => each.Session == session);
                if (await OpenAsync(session, path, ending.Token) is not { } watch)
                    continue;
                watches.Add(watch);
                forwarding.Add(ForwardAsync(session, watch, first, events.Writer, ending.Token));
            }

            if (watches.Count == 0)
                return;
            _ = Task.WhenAll(forwarding).ContinueWith(
                _ => events.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            WriteVerbose($"Watching {string.Join(", ", watches.Select(watch => watch.Path))}.");
            await WriteEventsAsync(events.Reader, ending.Token);
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            WriteVerbose("The time is up.");
        }
        finally
        {
            // On Ctrl+C nobody waits for servers.
            Task removed = Task.WhenAll(watches.Select(watch => watch.DisposeAsync().AsTask()));
            if (!Cancellation.IsCancellationRequested)
                await removed;
        }
    }

    private static async Task ForwardAsync(
        CoordSession session, ZNodeWatch watch, bool withSessionEvents, ChannelWriter<(CoordSession Session, WatchedEvent Event)> writer, CancellationToken cancellationToken)
    {
        await foreach (WatchedEvent e in watch.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (withSessionEvents || !e.IsSessionEvent)
                writer.TryWrite((session, e));
        }
    }

    private async Task<ZNodeWatch?> OpenAsync(CoordSession session, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await session.Client.OpenWatchAsync(path, Recurse ? AddWatchMode.PersistentRecursive : AddWatchMode.Persistent, cancellationToken);
        }
        catch (ZooKeeperException e)
        {
            WriteError(e, path);
            return null;
        }
    }

    private async Task WriteEventsAsync(ChannelReader<(CoordSession Session, WatchedEvent Event)> events, CancellationToken cancellationToken)
    {
        int count = 0;
        await foreach ((CoordSession session, WatchedEvent e) in events.ReadAllAsync(cancellationToken))
        {
            if (e.IsSessionEvent)
            {
                WriteSessionEvent(session, e.State);
                continue;
            }

            if (ZNodeEvent.TypeOf(e.Type) is not { } type || EventType?.Contains(type) == false)
                continue;
            ZNode? node = WithData && type != ZNodeEventType.Deleted ? await ReadAsync(session, e.Path!, cancellationToken) : null;
            WriteObject(new ZNodeEvent(session, e.Path!, type, e.Zxid) { ZNode = node });
            if (++count == Count)
                return;
        }
    }

    private async Task<ZNode?> ReadAsync(CoordSession session, string path, CancellationToken cancellationToken)
    {
        try
        {
            ZNodeData read = await session.Client.GetDataAsync(path, cancellationToken);
            return _reader!.Create(session, path, read.Data, read.Stat);
        }
        catch (NoNodeException)
        {
            // It has been removed since; that will be the next event.
            return null;
        }
        catch (Exception e) when (ErrorRecords.IsKnown(e))
        {
            WriteError(e, path);
            return null;
        }
    }

    private void WriteSessionEvent(CoordSession session, KeeperState state)
    {
        switch (state)
        {
            case KeeperState.Disconnected:
                WriteWarning($"Session {session.Id} has lost its connection. Changes are not reported until it has another.");
                break;
            case KeeperState.SyncConnected or KeeperState.ConnectedReadOnly:
                WriteWarning($"Session {session.Id} is connected again, at {session.Server}. Read what changed meanwhile: it was not reported.");
                break;
            case KeeperState.Expired:
                WriteError(
                    new CoordException(
                        nameof(ErrorCode.SessionExpired), ErrorCode.SessionExpired, $"Session {session.Id} has expired, and with it the watch.",
                        "Run Connect-Coord for a new session, watch again, and read what changed meanwhile."),
                    session);
                break;
            case KeeperState.AuthFailed:
                WriteError(
                    new CoordException(
                        nameof(ErrorCode.AuthFailed), ErrorCode.AuthFailed, $"A server refused the credentials of session {session.Id}, which ends it and the watch.",
                        "Check the credentials and run Connect-Coord again."),
                    session);
                break;
            case KeeperState.Closed:
                WriteWarning($"Session {session.Id} was closed, and with it the watch.");
                break;
            default:
                WriteVerbose($"Session {session.Id}: {state}.");
                break;
        }
    }
}
