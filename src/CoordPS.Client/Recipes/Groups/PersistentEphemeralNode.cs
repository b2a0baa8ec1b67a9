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
    private long _createdCount;
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
            await WriteAsync(at.Client, ct).ConfigureAwait(false);
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
        // Others of the same session may want the znode, too.
        bool mayBeNew = false;
        while (true)
        {
            Stat? stat = await client.RepeatAsync(() => client.ExistsAsync(Path, _signal.Handler, ct), ct).ConfigureAwait(false);
            if (stat is null)
            {
                mayBeNew |= await CreateAsync(client, replace: false, ct).ConfigureAwait(false);
                continue;
            }

            bool isOurs, isNew, isStale;
            lock (_gate)
            {
                isNew = _created?.Stat.Czxid != stat.Value.Czxid;
                isOurs = stat.Value.EphemeralOwner == client.SessionId && (mayBeNew || !isNew);
                isStale = isNew && _createdCount != _dataCount;
                _created = isOurs ? (client, stat.Value) : null;
            }

            mayBeNew = false;
            if (!isOurs)
            {
                // What is there at first was left by an owner that is gone, most likely: whoever comes last has the znode. An owner that it was
                // taken from waits, or two of the same name would take it from each other for ever.
                if (_first.Task.IsCompleted)
                    await _signal.WaitAsync(ct).ConfigureAwait(false);
                else
                    mayBeNew = await CreateAsync(client, replace: true, ct).ConfigureAwait(false);
                continue;
            }

            try
            {
                if (isStale)
                    await WriteAsync(client, ct).ConfigureAwait(false);
            }
            catch (NoNodeException)
            {
                continue;
            }

            _first.TrySetResult();
            if (isNew)
                Created?.Invoke(this, EventArgs.Empty);
            await _signal.WaitAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>Writes the data there is, so that of two writes the later has the newer.</summary>
    private Task<Stat> WriteAsync(ZooKeeperClient client, CancellationToken ct) => client.RepeatAsync(
        () =>
        {
            lock (_gate)
                return client.SetDataAsync(Path, _data, -1, ct);
        },
        ct);

    /// <summary>Creates the znode, or puts it in the place of another at once.</summary>
    /// <returns>Whether it may be there by that.</returns>
    private async Task<bool> CreateAsync(ZooKeeperClient client, bool replace, CancellationToken ct)
    {
        try
        {
            byte[] data;
            lock (_gate)
                (data, _createdCount) = (_data, _dataCount);
            // Not cancelled: a znode created for nobody would stay.
            Task creation = replace
                ? client.MultiAsync([ZooKeeperOperation.Delete(Path), ZooKeeperOperation.Create(Path, data, CreateMode.Ephemeral)], CancellationToken.None)
                : client.CreateAsync(Path, data, CreateMode.Ephemeral, null, null, CancellationToken.None);
            await creation.WaitAsync(ct).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            _ = HeldNode.DeleteOwnAsync(client, Path);
            throw;
        }
        catch (ZooKeeperTransactionException e) when (e.Error == ErrorCode.NoNode)
        {
            // It has gone by itself.
            return false;
        }
        catch (NoNodeException)
        {
            await client.EnsureContainersAsync(ZPath.Parent(Path), ct).ConfigureAwait(false);
            return false;
        }
        catch (NodeExistsException)
        {
            // The next look tells whose. If it is ours, by a try whose answer was lost, it has the data of then.
            lock (_gate)
                _createdCount = -1;
            return false;
        }
        catch (ZooKeeperException e) when (e.IsOutage())
        {
            // The next look tells whether it was created.
            await client.WhenServedAsync(ct).ConfigureAwait(false);
            return e.IsOutcomeUnknown();
        }
    }
}
