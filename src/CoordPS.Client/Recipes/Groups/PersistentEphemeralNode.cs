using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>
/// An ephemeral that stays as long as its owner wants it: created again when someone deletes it and when the session has expired, by the
/// session that follows. Curator's <c>PersistentNode</c>. Every creation is an event to who watches, as it should be: between the two it was gone.
/// </summary>
public sealed class PersistentEphemeralNode : IAsyncDisposable
{
    private readonly ZooKeeperClient _client;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Signal _signal = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[] _data;
    private long _dataCount;
    private Task _run = Task.CompletedTask;
    private (ZooKeeperClient Client, Stat Stat)? _created;
    private int _disposed;

    private PersistentEphemeralNode(ZooKeeperClient client, string path, byte[] data)
    {
        _client = client;
        Path = ContendedLock.Checked(path);
        _data = data;
    }

    /// <summary>Raised when the znode has been created, at first and again, on the thread pool.</summary>
    public event EventHandler? Created;

    /// <summary>The znode.</summary>
    public string Path { get; }

    /// <summary>The data it has, or is to have.</summary>
    public byte[] Data
    {
        get
        {
            lock (_gate)
                return _data;
        }
    }

    /// <summary>The session that the znode belongs to now; 0 while there is none.</summary>
    public long SessionId
    {
        get
        {
            lock (_gate)
                return _created is { } created && !created.Client.State.IsFinal ? created.Client.SessionId : 0;
        }
    }

    /// <summary>Ends when it is disposed, or fails when the znode can't be kept: the client was closed or lacks the rights.</summary>
    public Task Completion => _run;

    /// <summary>
    /// Creates the znode, and parents it lacks as containers, and keeps it. One that is there already is replaced; its owner, should it keep it
    /// likewise, has it back when this one is disposed.
    /// </summary>
    /// <param name="client">The session; followed by new ones when it expires, until this client is disposed.</param>
    /// <param name="path">The znode.</param>
    /// <param name="data">Its data.</param>
    /// <param name="ct">Ends the wait; the znode is then not kept.</param>
    public static async Task<PersistentEphemeralNode> StartAsync(ZooKeeperClient client, string path, byte[] data, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(data);
        var node = new PersistentEphemeralNode(client, path, data);
        using (ExecutionContext.SuppressFlow())
            node._run = Task.Run(node.RunAsync, CancellationToken.None);
        try
        {
            await (await Task.WhenAny(node._first.Task, node._run).WaitAsync(ct).ConfigureAwait(false)).ConfigureAwait(false);
            return node;
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Changes the data, now and for every later creation.</summary>
    /// <param name="data">The data.</param>
    /// <param name="ct">Ends the wait only.</param>
    public async Task SetDataAsync(byte[] data, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        (ZooKeeperClient Client, Stat Stat)? created;
        lock (_gate)
        {
            _data = data;
            _dataCount++;
            created = _created;
        }

        _signal.Set();
        if (created is not { } at)
            return;
        try
        {
            await at.Client.RepeatAsync(() => at.Client.SetDataAsync(Path, data, -1, ct), ct).ConfigureAwait(false);
        }
        catch (ZooKeeperException e) when (e is NoNodeException or SessionExpiredException)
        {
            // It is about to be created again, with this data.
        }
    }

    /// <summary>Deletes the znode; without a connection it goes with its session.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        if (_created is { } created)
            await HeldNode.DeleteOwnAsync(created.Client, Path).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        CancellationToken stopping = _stop.Token;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await KeepAsync(await _client.Succession.CurrentAsync(stopping).ConfigureAwait(false), stopping).ConfigureAwait(false);
            }
            catch (SessionExpiredException)
            {
                // Again, with a new session.
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task KeepAsync(ZooKeeperClient client, CancellationToken ct)
    {
        while (true)
        {
            Stat? stat = await client.RepeatAsync(() => client.ExistsAsync(Path, _signal.Handler, ct), ct).ConfigureAwait(false);
            if (stat is null)
            {
                await CreateAsync(client, ct).ConfigureAwait(false);
                continue;
            }

            if (stat.Value.EphemeralOwner != client.SessionId)
            {
                // What is there at first was left by an owner that is gone, most likely: whoever comes last has the znode. An owner that it was
                // taken from waits, or two of the same name would take it from each other for ever.
                if (_first.Task.IsCompleted)
                {
                    lock (_gate)
                        _created = null;
                    await _signal.WaitAsync(ct).ConfigureAwait(false);
                }
                else
                {
                    await client.DeleteIfThereAsync(Path, ct).ConfigureAwait(false);
                }

                continue;
            }

            bool isNew;
            lock (_gate)
            {
                isNew = _created?.Stat.Czxid != stat.Value.Czxid;
                _created = (client, stat.Value);
            }

            _first.TrySetResult();
            if (isNew)
                Created?.Invoke(this, EventArgs.Empty);
            await _signal.WaitAsync(ct).ConfigureAwait(false);
        }
    }

    private async Task CreateAsync(ZooKeeperClient client, CancellationToken ct)
    {
        try
        {
            long count;
            byte[] data;
            lock (_gate)
                (data, count) = (_data, _dataCount);
            // Not cancelled: a znode created for nobody would stay.
            await client.CreateAsync(Path, data, CreateMode.Ephemeral, null, null, CancellationToken.None).WaitAsync(ct).ConfigureAwait(false);
            lock (_gate)
            {
                if (count == _dataCount)
                    return;
                data = _data;
            }

            await client.RepeatAsync(() => client.SetDataAsync(Path, data, -1, ct), ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = HeldNode.DeleteOwnAsync(client, Path);
            throw;
        }
        catch (NoNodeException)
        {
            await client.EnsureContainersAsync(ZPath.Parent(Path), ct).ConfigureAwait(false);
        }
        catch (NodeExistsException)
        {
            // The next look tells whose.
        }
        catch (ZooKeeperException e) when (e.IsOutage())
        {
            // The next look tells whether it was created.
            await client.WhenServedAsync(ct).ConfigureAwait(false);
        }
    }
}
