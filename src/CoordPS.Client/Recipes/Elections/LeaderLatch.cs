using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>
/// Takes part in an election from its start to its end: Curator's <c>LeaderLatch</c>, with its znodes (<c>_c_GUID-latch-0000000001</c>),
/// or with <see cref="LockNaming.Kazoo"/> one of kazoo's <c>Election</c>. The leader stays it until it leaves or its session ends; after the session has expired the latch takes part again with a new one. While the
/// connection is lost it is not the leader, and it is again when the session goes on.
/// </summary>
public sealed class LeaderLatch : IAsyncDisposable
{
    private readonly ZooKeeperClient _client;
    private readonly LockOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HeldNode? _node;
    private Task _run = Task.CompletedTask;
    private int _disposed;

    private LeaderLatch(ZooKeeperClient client, string path, string? id, LockNaming naming)
    {
        _client = client;
        Path = ContendedLock.Checked(path);
        Id = id ?? Encoding.UTF8.GetString(LockOptions.DefaultData);
        _options = new LockOptions { Data = Encoding.UTF8.GetBytes(Id), Naming = naming };
    }

    /// <summary>Raised when <see cref="HasLeadership"/> may have changed, on the thread pool.</summary>
    public event EventHandler? LeadershipChanged;

    /// <summary>The election's znode.</summary>
    public string Path { get; }

    /// <summary>What the others know this participant by.</summary>
    public string Id { get; }

    /// <summary>Whether it is the leader now. Never true when its session may have ended.</summary>
    public bool HasLeadership => Current is not null;

    /// <summary>The leadership, when it is the leader now; else null.</summary>
    public Leadership? Current
    {
        get
        {
            HeldNode? node = Volatile.Read(ref _node);
            if (node is null)
                return null;
            var leadership = new Leadership(Id, node.Stat.Czxid, node.CurrentToken);
            return node.State == LockState.Held ? leadership : null;
        }
    }

    /// <summary>Ends when the latch is disposed, or fails when it can't take part any more: the client was closed or lacks the rights.</summary>
    public Task Completion => _run;

    /// <summary>Begins to take part.</summary>
    /// <param name="client">The session; followed by new ones when it expires, until this client is disposed.</param>
    /// <param name="path">The election's znode, which is created, as a container, when need be.</param>
    /// <param name="id">What the others know this participant by; null for <c>HOST/PROCESS/USER</c>.</param>
    /// <param name="naming">By whose rules znodes are named.</param>
    public static LeaderLatch Start(ZooKeeperClient client, string path, string? id = null, LockNaming naming = LockNaming.Curator)
    {
        ArgumentNullException.ThrowIfNull(client);
        var latch = new LeaderLatch(client, path, id, naming);
        using (ExecutionContext.SuppressFlow())
            latch._run = Task.Run(latch.RunAsync);
        return latch;
    }

    /// <summary>Waits until it is the leader.</summary>
    /// <param name="ct">Ends the wait; the latch goes on taking part.</param>
    /// <exception cref="ZooKeeperException">It can't take part any more.</exception>
    /// <exception cref="ObjectDisposedException">The latch was disposed.</exception>
    public async Task<Leadership> WaitForLeadershipAsync(CancellationToken ct = default)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
                changed = _changed.Task;
            if (Current is { } leadership)
                return leadership;
            if (_run.IsCompleted)
            {
                await _run.ConfigureAwait(false);
                throw new ObjectDisposedException(nameof(LeaderLatch));
            }

            await Task.WhenAny(changed, _run).WaitAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>Who takes part, the leader first. Their ids are in <see cref="LockParticipant.Owner"/>.</summary>
    public async Task<IReadOnlyList<LockParticipant>> GetParticipantsAsync(CancellationToken ct = default) =>
        await LockParticipants.ReadAsync(await _client.Succession.CurrentAsync(ct).ConfigureAwait(false), Path, ct).ConfigureAwait(false);

    /// <summary>Leaves the election; a leader's successor follows at once, or, without a connection, when the session ends.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        if (_node is { } node)
            await node.WhileServedAsync(node.ReleaseAsync()).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        CancellationToken stopping = _stop.Token;
        string name = _options.Naming == LockNaming.Kazoo ? ContenderName.KazooLock : ContenderName.Latch;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                ZooKeeperClient client = await _client.Succession.CurrentAsync(stopping).ConfigureAwait(false);
                HeldNode? node = await Contention.AcquireAsync(client, Path, name, _options, Contention.Exclusive, null, stopping).ConfigureAwait(false);
                Volatile.Write(ref _node, node);
                node!.Changed += (_, _) => Tell();
                Tell();
                await node.Ended.WaitAsync(stopping).ConfigureAwait(false);
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

    private void Tell()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
        LeadershipChanged?.Invoke(this, EventArgs.Empty);
    }
}
