using CoordPS.Protocol;

namespace CoordPS.Client.Trees;

/// <summary>
/// Writes a tree to an ensemble: changes are batched into transactions of which several are in flight. Where one fails, its changes are
/// made one by one, so that each znode's own error is told and the others are done.
/// </summary>
internal sealed class EnsembleTreeTarget : ITreeTarget
{
    private const int MaxBatch = 128;
    private const int MaxBatchesInFlight = 16;
    private const long MaxBytesInFlight = 8 * 1024 * 1024;

    /// <summary>What a change takes in a request beside its path, data and access control list.</summary>
    private const int Overhead = 64;

    private readonly ZooKeeperClient _client;
    private readonly string _root;
    private readonly TreeCopyOptions _options;
    private readonly TreeCopyProgress _progress;
    private readonly int _maxBatchBytes;
    private readonly Queue<Batch> _inFlight = new();
    private List<Change> _batch = [];
    private long _batchBytes;
    private long _bytesInFlight;
    private string? _failedRoot;

    public EnsembleTreeTarget(ZooKeeperClient client, string root, EnsembleTreeOptions existing, TreeCopyOptions options, TreeCopyProgress progress)
    {
        _client = client;
        _root = root;
        _options = options;
        _progress = progress;
        _maxBatchBytes = Math.Min(128 * 1024, client.MaxRequestLength / 2);
        Existing = new EnsembleTree(client, root, new EnsembleTreeOptions
        {
            MayBeMissing = true,
            IncludeEphemerals = existing.IncludeEphemerals,
            MaxDepth = existing.MaxDepth,
            Filter = existing.Filter,
        });
    }

    private enum Kind
    {
        Create,
        SetData,
        SetAcl,
        Delete,
    }

    /// <inheritdoc/>
    public ITreeSource Existing { get; }

    /// <inheritdoc/>
    public string NameOf(string path) => TreePath.ToAbsolute(_root, path);

    /// <inheritdoc/>
    public async Task PrepareAsync(CancellationToken ct)
    {
        string parent = ZPath.Parent(_root);
        if (await _client.ExistsAsync(_root, ct).ConfigureAwait(false) is null && await _client.ExistsAsync(parent, ct).ConfigureAwait(false) is null)
            throw ZooKeeperException.FromReply(ErrorCode.NoNode, OpCode.Create, _root, null);
    }

    /// <inheritdoc/>
    public ValueTask CreateAsync(TreeNode node, CancellationToken ct) => AddAsync(Kind.Create, node, true, ct);

    /// <inheritdoc/>
    public async ValueTask UpdateAsync(TreeNode node, TreeDifferences differences, CancellationToken ct)
    {
        bool acl = differences.HasFlag(TreeDifferences.Acl);
        // The list last: it may forbid the setting of the data.
        if (differences.HasFlag(TreeDifferences.Data))
            await AddAsync(Kind.SetData, node, !acl, ct).ConfigureAwait(false);
        if (acl)
            await AddAsync(Kind.SetAcl, node, true, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(TreeNode node, CancellationToken ct) => AddAsync(Kind.Delete, node, true, ct);

    /// <inheritdoc/>
    public async Task CompleteAsync(CancellationToken ct)
    {
        Send(ct);
        while (_inFlight.Count > 0)
            await SettleAsync(ct).ConfigureAwait(false);
    }

    private async ValueTask AddAsync(Kind kind, TreeNode node, bool counts, CancellationToken ct)
    {
        var change = new Change(kind, node, NameOf(node.Path), counts);
        long size = change.Path.Length + Overhead;
        if (kind is Kind.Create or Kind.SetData)
            size += node.Data?.Length ?? 0;
        if (kind is Kind.Create or Kind.SetAcl)
            size += 64 * node.Acl.Count;
        // A transaction can't set access control lists.
        bool alone = kind == Kind.SetAcl || size >= _maxBatchBytes;
        if (_batch.Count > 0 && (alone || _batchBytes + size > _maxBatchBytes))
            Send(ct);
        _batch.Add(change);
        _batchBytes += size;
        if (alone || _batch.Count >= MaxBatch)
            Send(ct);
        while (_inFlight.Count > MaxBatchesInFlight || (_inFlight.Count > 1 && _bytesInFlight > MaxBytesInFlight)
            || (_inFlight.TryPeek(out Batch oldest) && oldest.Task.IsCompleted))
            await SettleAsync(ct).ConfigureAwait(false);
    }

    private void Send(CancellationToken ct)
    {
        if (_batch.Count == 0)
            return;
        Task task = _batch is [var only] ? only.SendAsync(_client, ct) : _client.MultiAsync([.. _batch.Select(static change => change.ToOperation())], ct);
        _inFlight.Enqueue(new Batch(task, _batch, _batchBytes));
        _bytesInFlight += _batchBytes;
        _batch = [];
        _batchBytes = 0;
    }

    /// <summary>Waits for the oldest batch in flight.</summary>
    private async ValueTask SettleAsync(CancellationToken ct)
    {
        Batch batch = _inFlight.Dequeue();
        _bytesInFlight -= batch.Bytes;
        try
        {
            await batch.Task.WaitAsync(ct).ConfigureAwait(false);
        }
        catch (ZooKeeperException e) when (!IsFinal(e))
        {
            foreach (Change change in batch.Changes)
                await RedoAsync(change, ct).ConfigureAwait(false);
            return;
        }

        foreach (Change change in batch.Changes)
            OnDone(change);
    }

    /// <summary>Makes a change by itself. It may have been made already, when a connection was lost before the answer.</summary>
    private async Task RedoAsync(Change change, CancellationToken ct)
    {
        if (change.Kind == Kind.Create && _failedRoot is not null && ZPath.IsSameOrBelow(change.Path, _failedRoot))
        {
            _progress.OnFailed(change.Path, null);
            return;
        }

        while (true)
        {
            try
            {
                await change.SendAsync(_client, ct).ConfigureAwait(false);
                OnDone(change);
                return;
            }
            catch (NodeExistsException) when (change.Kind == Kind.Create)
            {
                await MergeAsync(change, ct).ConfigureAwait(false);
                return;
            }
            catch (NoNodeException) when (change.Kind == Kind.Delete)
            {
                OnDone(change);
                return;
            }
            catch (Exception e) when (e is ConnectionLossException { OutcomeUnknown: true } or RequestTimeoutException { OutcomeUnknown: true })
            {
                // Once more, on the next connection: all of these can be repeated.
            }
            catch (ZooKeeperException e) when (!IsFinal(e))
            {
                if (change.Kind == Kind.Create)
                    _failedRoot = change.Path;
                _progress.OnFailed(change.Path, e);
                return;
            }
        }
    }

    /// <summary>Someone else, or this client before its connection was lost, has created what was to be created.</summary>
    private async Task MergeAsync(Change change, CancellationToken ct)
    {
        try
        {
            (byte[]? data, _) = await _client.GetDataAsync(change.Path, ct).ConfigureAwait(false);
            (IReadOnlyList<Acl> acl, Stat stat) = await _client.GetAclAsync(change.Path, ct).ConfigureAwait(false);
            var found = new TreeNode(change.Node.Path)
            {
                Data = data,
                Acl = EnsembleTree.Shared(acl),
                Mode = EphemeralOwner.KindOf(stat.EphemeralOwner) == EphemeralKind.Ephemeral ? CreateMode.Ephemeral : null,
            };
            TreeDifferences differences = TreeNode.Compare(change.Node, found) & ~TreeDifferences.Mode;
            if (!_options.CopyAcl)
                differences &= ~TreeDifferences.Acl;
            if (differences == TreeDifferences.None)
            {
                OnDone(change);
                return;
            }

            if (!_options.Overwrite)
                throw new TreeConflictException(change.Path, differences);
            if (differences.HasFlag(TreeDifferences.Data))
                await _client.SetDataAsync(change.Path, change.Node.Data, -1, ct).ConfigureAwait(false);
            if (differences.HasFlag(TreeDifferences.Acl))
                await _client.SetAclAsync(change.Path, change.Node.Acl, -1, ct).ConfigureAwait(false);
            _progress.OnUpdated(change.Node.Data?.Length ?? 0);
        }
        catch (ZooKeeperException e) when (!IsFinal(e))
        {
            _progress.OnFailed(change.Path, e);
        }
    }

    private void OnDone(Change change)
    {
        if (!change.Counts)
            return;
        long bytes = change.Node.Data?.Length ?? 0;
        switch (change.Kind)
        {
            case Kind.Create:
                _progress.OnCreated(bytes);
                break;
            case Kind.Delete:
                _progress.OnDeleted();
                break;
            default:
                _progress.OnUpdated(change.Kind == Kind.SetData ? bytes : 0);
                break;
        }
    }

    /// <summary>Whether nothing more can be done with the session.</summary>
    private static bool IsFinal(ZooKeeperException e) =>
        e is not ConnectionLossException { OutcomeUnknown: true } && TreeWalker.EndsSession(e);

    /// <param name="Kind">What to do.</param>
    /// <param name="Node">The znode as it is to be.</param>
    /// <param name="Path">Where.</param>
    /// <param name="Counts">Whether the znode is counted with this change; not with the first of two.</param>
    private readonly record struct Change(Kind Kind, TreeNode Node, string Path, bool Counts)
    {
        private CreateMode Mode => Node.Mode is { IsEphemeral: false } mode ? mode : CreateMode.Persistent;

        public Task SendAsync(ZooKeeperClient client, CancellationToken ct) => Kind switch
        {
            Kind.Create => client.CreateAsync(Path, Node.Data, Mode, Node.Acl, Node.Ttl, ct),
            Kind.SetData => client.SetDataAsync(Path, Node.Data, -1, ct),
            Kind.SetAcl => client.SetAclAsync(Path, Node.Acl, -1, ct),
            _ => client.DeleteAsync(Path, -1, ct),
        };

        public ZooKeeperOperation ToOperation() => Kind switch
        {
            Kind.Create => ZooKeeperOperation.Create(Path, Node.Data, Mode, Node.Acl, Node.Ttl),
            Kind.SetData => ZooKeeperOperation.SetData(Path, Node.Data),
            _ => ZooKeeperOperation.Delete(Path),
        };
    }

    private readonly record struct Batch(Task Task, List<Change> Changes, long Bytes);
}
