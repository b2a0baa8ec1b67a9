using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>
/// An ephemeral of ours that something is held by, from its creation to its release: whether it is there for certain, perhaps, or no more.
/// </summary>
#pragma warning disable CA1001 // Its cancellation sources have no timers and hold nothing to dispose of; a token may be asked for at any time.
internal sealed class HeldNode
#pragma warning restore CA1001
{
    private readonly ZooKeeperClient _client;
    private readonly Lock _gate = new();
    private CancellationTokenSource _lost = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<WatchedEvent> _watch;
    private readonly bool _shared;
    private volatile LockState _state = LockState.Held;
    private volatile bool _verifying;
    private Task? _deletion;
    private bool _removing;
    private bool _goneWhileRemoving;

    private HeldNode(ZooKeeperClient client, string path, bool shared)
    {
        _client = client;
        _shared = shared;
        Path = path;
        LostToken = _lost.Token;
        _watch = OnEvent;
    }

    /// <summary>Raised for each change, in order, on the thread pool.</summary>
    internal event Action<LockState, LockState>? Changed;

    internal string Path { get; }

    internal Stat Stat { get; private set; }

    /// <summary>Fires when the state is <see cref="LockState.Held"/> no more for the first time, for whatever reason.</summary>
    internal CancellationToken LostToken { get; }

    /// <summary>As <see cref="LostToken"/>; a new one whenever it is held again.</summary>
    internal CancellationToken CurrentToken
    {
        get
        {
            lock (_gate)
                return _lost.Token;
        }
    }

    /// <summary>Ends when it is lost or released.</summary>
    internal Task Ended => _ended.Task;

    internal LockState State
    {
        get
        {
            // The clock is asked here too: the news may not have been taken yet.
            SessionStanding standing = _client.Guard.Standing;
            lock (_gate)
            {
                return _state is LockState.Held or LockState.Suspended && standing != SessionStanding.Sure
                    ? standing == SessionStanding.Over ? LockState.Lost : LockState.Suspended
                    : _state;
            }
        }
    }

    /// <summary>Takes charge of a znode of this session; null when it is gone already.</summary>
    /// <param name="client">The session.</param>
    /// <param name="path">The znode.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <param name="shared">Whether others create theirs by the same name, when this one has gone.</param>
    internal static async Task<HeldNode?> WatchAsync(ZooKeeperClient client, string path, CancellationToken ct, bool shared = false)
    {
        var held = new HeldNode(client, path, shared);
        if (await client.TryGetDataAsync(path, held._watch, ct).ConfigureAwait(false) is not { } found)
            return null;
        held.Stat = found.Stat;
        client.Guard.Add(held);
        if (held.Ended.IsCompleted)
            client.Guard.Remove(held);
        return held;
    }

    /// <summary>Deletes the znode. The task ends when a server has confirmed it, or the session, and with it the znode, has ended.</summary>
    internal Task ReleaseAsync()
    {
        End(LockState.Released);
        lock (_gate)
            return _deletion ??= DeleteAsync();
    }

    /// <summary>Waits for the release as long as a server is there to confirm it.</summary>
    internal Task WhileServedAsync(Task released) => WhileServedAsync(_client, released);

    /// <summary>Removes the znode together with something else: that it goes by this is no loss, whoever tells of it first.</summary>
    /// <param name="removal">Removes both; false when the znode was not ours any more.</param>
    internal async Task<bool> RemoveAsync(Func<Task<bool>> removal)
    {
        bool removed = false;
        lock (_gate)
            _removing = true;
        try
        {
            removed = await removal().ConfigureAwait(false);
            if (removed)
                Forget();
            return removed;
        }
        finally
        {
            bool gone;
            lock (_gate)
            {
                _removing = false;
                gone = _goneWhileRemoving;
            }

            if (gone && !removed)
                End(LockState.Lost);
        }
    }

    /// <summary>The znode was deleted together with something else.</summary>
    internal void Forget()
    {
        lock (_gate)
            _deletion ??= Task.CompletedTask;
        End(LockState.Released);
    }

    /// <summary>Whether the standing is news. Quick: called under other locks.</summary>
    internal bool NeedsToKnow(SessionStanding standing) => _state switch
    {
        LockState.Held => standing != SessionStanding.Sure,
        LockState.Suspended => standing != SessionStanding.Doubtful && !_verifying,
        _ => false,
    };

    /// <summary>Learns how the session stands now.</summary>
    internal void Take()
    {
        switch (_client.Guard.Standing)
        {
            case SessionStanding.Over:
                End(LockState.Lost);
                break;
            case SessionStanding.Doubtful:
                Move(LockState.Held, LockState.Suspended);
                break;
            default:
                _ = VerifyAsync();
                break;
        }
    }

    /// <summary>The session is sure again; is the znode there?</summary>
    private async Task VerifyAsync()
    {
        lock (_gate)
        {
            if (_state != LockState.Suspended || _verifying)
                return;
            _verifying = true;
        }

        try
        {
            Stat? stat = await _client.ExistsAsync(Path, _watch).ConfigureAwait(false);
            if (stat?.Czxid != Stat.Czxid)
                Miss();
            else if (_client.Guard.Standing == SessionStanding.Sure)
                Move(LockState.Suspended, LockState.Held);
        }
        catch (ZooKeeperException)
        {
            // The connection went again, or the session has ended; the guard tells which.
        }
        finally
        {
            _verifying = false;
        }
    }

    private void OnEvent(WatchedEvent e)
    {
        if (e.Type == WatchEventType.NodeDeleted)
            Miss();
        else if (e.Type is WatchEventType.NodeDataChanged)
            _ = WatchAgainAsync();
    }

    private async Task WatchAgainAsync()
    {
        try
        {
            Stat? stat = await _client.RepeatAsync(() => _client.ExistsAsync(Path, _watch), CancellationToken.None).ConfigureAwait(false);
            // What was read at first may still be on its way to its place.
            if (stat is null || (Stat.Czxid != 0 && stat.Value.Czxid != Stat.Czxid))
                Miss();
        }
        catch (ZooKeeperException)
        {
            // The session has ended; the guard tells.
        }
    }

    /// <summary>The znode is not there.</summary>
    private void Miss()
    {
        lock (_gate)
        {
            if (_removing)
            {
                _goneWhileRemoving = true;
                return;
            }
        }

        End(LockState.Lost);
    }

    private void End(LockState state)
    {
        if (!Move(LockState.Held, state) && !Move(LockState.Suspended, state))
            return;
        _client.Guard.Remove(this);
        _ended.TrySetResult();
        _client.ForgetWatch(Path, WatcherType.Data, _watch);
        // By the clock it is lost, but the session may live: then nobody else would delete it.
        if (state == LockState.Lost)
        {
            lock (_gate)
                _deletion ??= DeleteAsync();
        }
    }

    private bool Move(LockState from, LockState to)
    {
        lock (_gate)
        {
            if (_state != from)
                return false;
            _state = to;
            if (to == LockState.Held)
            {
                _lost = new CancellationTokenSource();
            }
            else if (from == LockState.Held)
            {
                // Callbacks of the token are others' code: they run apart from one another and from this.
                ThreadPool.UnsafeQueueUserWorkItem(static lost => lost.Cancel(), _lost, preferLocal: false);
            }
        }

        Changed?.Invoke(from, to);
        return true;
    }

    /// <summary>Deletes an ephemeral of a session's own: waits while the session is served, and goes on in the background after that.</summary>
    internal static Task DeleteOwnAsync(ZooKeeperClient client, string path) => WhileServedAsync(client, DeleteAsync(client, path));

    private Task DeleteAsync() => _shared ? DeleteOursAsync() : DeleteAsync(_client, Path);

    /// <summary>Deletes the znode if it is the one that was taken charge of, and not another's that has come since.</summary>
    private async Task DeleteOursAsync()
    {
        try
        {
            await _client.RepeatAsync(
                async () =>
                {
                    // A delete whose answer was lost may have been carried out.
                    await _client.SyncAsync(Path).ConfigureAwait(false);
                    if ((await _client.ExistsAsync(Path).ConfigureAwait(false))?.Czxid == Stat.Czxid)
                        await _client.DeleteAsync(Path).ConfigureAwait(false);
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (NoNodeException)
        {
            // Gone already.
        }
        catch (ZooKeeperException) when (_client.State.IsFinal)
        {
            // The session has ended and the znode with it.
        }
    }

    private static async Task DeleteAsync(ZooKeeperClient client, string path)
    {
        try
        {
            await client.DeleteIfThereAsync(path, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ZooKeeperException) when (client.State.IsFinal)
        {
            // The session has ended and the znode with it.
        }
    }

    private static async Task WhileServedAsync(ZooKeeperClient client, Task deleted)
    {
        var unserved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (!client.State.IsConnected)
                unserved.TrySetResult();
        }

        client.Moved += Look;
        Look();
        await Task.WhenAny(deleted, unserved.Task).ConfigureAwait(false);
        client.Moved -= Look;
    }
}
