using System.Runtime.CompilerServices;
using CoordPS.Protocol;

namespace CoordPS.Client.Trees;

/// <summary>
/// Reads a tree in the order of its paths, parents first. Reads of what comes next run ahead of what is consumed, up to a window;
/// beyond that it holds only the names of siblings not reached yet.
/// </summary>
/// <param name="client">The session.</param>
/// <param name="options">What to read; null for the data of all znodes.</param>
public sealed class TreeWalker(ZooKeeperClient client, TreeWalkOptions? options = null)
{
    /// <summary>How many are consumed before the next are asked for: looking through the window costs more than the znode it would add.</summary>
    private const int Stride = 16;

    private readonly TreeWalkOptions _options = options ?? new TreeWalkOptions();

    /// <summary>
    /// Reads the tree below and including <paramref name="root"/>. What vanishes while it is read is left out, but for the root. An entry
    /// whose session has ended is the last.
    /// </summary>
    public async IAsyncEnumerable<TreeEntry> WalkAsync(string root, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var walk = new Walk(client, _options, root, cancellationToken);
        while (await walk.NextAsync().ConfigureAwait(false) is { } node)
        {
            switch (node.Failure)
            {
                case null:
                    if (_options.After is null || TreePath.Compare(node.Path, _options.After) > 0)
                        yield return new TreeEntry(node.Path, node.Depth, node.Stat, node.Data, node.Acl, null);
                    break;
                case NoNodeException when node.Depth > 0:
                    break;
                case { } failure:
                    yield return new TreeEntry(node.Path, node.Depth, node.Stat, node.Data, node.Acl, failure);
                    if (EndsSession(failure))
                        yield break;
                    break;
            }
        }
    }

    /// <summary>Whether no further request of the client can succeed for now.</summary>
    internal static bool EndsSession(ZooKeeperException failure) =>
        failure is SessionExpiredException or SessionClosedException or ConnectionLossException or AuthFailedException;

    private abstract class Item;

    /// <summary>Children of which none has been looked at from <see cref="Next"/> on.</summary>
    private sealed class Siblings(string parent, int depth, string[] names) : Item
    {
        private int _next;

        public Node? Next => _next < names.Length ? new Node(ZPath.Combine(parent, names[_next++]), depth) : null;
    }

    private sealed class Node(string path, int depth) : Item
    {
        public string Path => path;

        public int Depth => depth;

        public Stat Stat { get; private set; }

        public byte[]? Data { get; private set; }

        public IReadOnlyList<Acl>? Acl { get; private set; }

        public ZooKeeperException? Failure { get; private set; }

        /// <summary>The request that tells of its size and children.</summary>
        private Task? _head;
        private Task<ZNodeData>? _data;
        private Task<ChildrenResult>? _children;
        private bool _headTaken;
        private bool _isLeaf;

        public bool IsStarted => _head is not null;

        /// <summary>Bytes of data that it has asked for; -1 while it has yet to ask.</summary>
        public int Reserved { get; private set; }

        public bool IsDone => Failure is not null || (_headTaken && Reserved >= 0 && _data is null && _children is null && _isLeaf);

        /// <summary>What it waits for.</summary>
        public Task? Pending => _headTaken ? (Task?)_children ?? _data : _head;

        public void Start(ZooKeeperClient client, TreeWalkOptions options, CancellationToken cancellationToken) =>
            _head = options switch
            {
                { WithAcl: true } => client.GetAclAsync(path, cancellationToken),
                { WithData: true } => client.GetDataAsync(path, cancellationToken),
                _ => client.ExistsAsync(path, cancellationToken),
            };

        /// <summary>Takes what has come and asks for what is next.</summary>
        /// <returns>The children that have just become known.</returns>
        public string[]? Advance(ZooKeeperClient client, TreeWalkOptions options, bool mayReserve, CancellationToken cancellationToken)
        {
            string[]? listed = null;
            try
            {
                if (!_headTaken && _head!.IsCompleted)
                    TakeHead();
                if (!_headTaken)
                    return null;
                if (!_isLeaf && _children is null)
                {
                    if (Stat.NumChildren == 0 || depth >= options.MaxDepth)
                        _isLeaf = true;
                    else
                        _children = client.GetChildrenAsync(path, cancellationToken);
                }

                if (options is { WithAcl: true, WithData: true } && Reserved < 0 && mayReserve)
                {
                    Reserved = Stat.DataLength;
                    _data = client.GetDataAsync(path, cancellationToken);
                }

                if (_data is { IsCompleted: true })
                {
                    (Data, Stat) = _data.GetAwaiter().GetResult();
                    _data = null;
                }

                if (_children is { IsCompleted: true })
                {
                    listed = [.. _children.GetAwaiter().GetResult().Children];
                    _children = null;
                    _isLeaf = true;
                }
            }
            catch (ZooKeeperException e)
            {
                Failure = e;
            }

            return listed;

            void TakeHead()
            {
                switch (_head)
                {
                    case Task<AclResult> acl:
                        (Acl, Stat) = acl.GetAwaiter().GetResult();
                        if (options.WithData)
                            Reserved = -1;
                        break;
                    case Task<ZNodeData> data:
                        (Data, Stat) = data.GetAwaiter().GetResult();
                        break;
                    case Task<Stat?> stat:
                        Stat = stat.GetAwaiter().GetResult() ?? throw ZooKeeperException.FromReply(ErrorCode.NoNode, OpCode.Exists, path, null);
                        break;
                }

                _headTaken = true;
            }
        }
    }

    /// <summary>One walk: what is ahead of the consumer, in order.</summary>
    private sealed class Walk
    {
        private readonly LinkedList<Item> _ahead = new();
        private readonly ZooKeeperClient _client;
        private readonly TreeWalkOptions _options;
        private readonly CancellationToken _cancellationToken;
        private int _consumed = Stride;
        private long _reserved;

        public Walk(ZooKeeperClient client, TreeWalkOptions options, string root, CancellationToken cancellationToken)
        {
            _client = client;
            _options = options;
            _cancellationToken = cancellationToken;
            _ahead.AddFirst(new Node(root, 0));
        }

        /// <summary>The next znode, read or failed; null at the end.</summary>
        public async ValueTask<Node?> NextAsync()
        {
            if (++_consumed >= Stride)
                ReadAhead();
            while (true)
            {
                if (_ahead.First is not { } first)
                    return null;
                if (first.Value is Node { IsDone: true } done)
                {
                    _ahead.RemoveFirst();
                    if (done.Reserved > 0)
                        _reserved -= done.Reserved;
                    return done;
                }

                ReadAhead();
                if (_ahead.First?.Value is Node { IsDone: false } head && head.Pending is { IsCompleted: false } pending)
                {
                    // What it failed with is rethrown, and taken, where its result is.
                    await pending.WaitAsync(_cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    _cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }

        private void ReadAhead()
        {
            _consumed = 0;
            int reading = 0;
            LinkedListNode<Item>? at = _ahead.First;
            while (at is not null && reading < _options.Window)
            {
                if (at.Value is Siblings siblings)
                {
                    if (siblings.Next is { } next)
                    {
                        at = _ahead.AddBefore(at, next);
                    }
                    else
                    {
                        LinkedListNode<Item>? after = at.Next;
                        _ahead.Remove(at);
                        at = after;
                    }

                    continue;
                }

                var node = (Node)at.Value;
                reading++;
                if (!node.IsStarted)
                    node.Start(_client, _options, _cancellationToken);
                if (!node.IsDone)
                    Advance(at, node);
                at = at.Next;
            }
        }

        private void Advance(LinkedListNode<Item> at, Node node)
        {
            int before = node.Reserved;
            string[]? children = node.Advance(_client, _options, at.Previous is null || _reserved < _options.WindowBytes, _cancellationToken);
            if (node.Reserved > 0 && before <= 0)
                _reserved += node.Reserved;
            if (children is null)
                return;
            if (_options.Exclude is not null || _options.After is not null)
                children = [.. children.Where(name => IsWanted(ZPath.Combine(node.Path, name)))];
            Array.Sort(children, StringComparer.Ordinal);
            if (children.Length > 0)
                _ahead.AddAfter(at, new Siblings(node.Path, node.Depth + 1, children));
        }

        private bool IsWanted(string path) =>
            _options.Exclude?.Invoke(path) != true
            && (_options.After is not { } after || TreePath.Compare(path, after) >= 0 || ZPath.IsSameOrBelow(after, path));
    }
}
