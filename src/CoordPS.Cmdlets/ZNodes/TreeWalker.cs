using System.Runtime.CompilerServices;
using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Reads a tree in the order of its paths, parents first. Reads of what comes next run ahead of what is consumed, up to a window;
/// beyond that it holds only the names of siblings not reached yet.
/// </summary>
internal sealed class TreeWalker(ZooKeeperClient client, int window, int maxDepth, bool withData)
{
    private readonly LinkedList<Item> _ahead = new();

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

        public Task<Visit>? Reading { get; set; }

        public bool Expanded { get; set; }
    }

    private readonly record struct Visit(Stat Stat, byte[]? Data, string[] Children, ZooKeeperException? Failure);

    /// <summary>Reads the tree below and including <paramref name="root"/>. What vanishes while it is read is left out, but for the root.</summary>
    public async IAsyncEnumerable<TreeEntry> WalkAsync(string root, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _ahead.Clear();
        _ahead.AddFirst(new Node(root, 0));
        while (true)
        {
            ReadAhead(cancellationToken);
            if (_ahead.First is not { Value: Node head } first)
                yield break;
            Visit visit = await head.Reading!.WaitAsync(cancellationToken).ConfigureAwait(false);
            Expand(first, head, visit);
            _ahead.RemoveFirst();
            switch (visit.Failure)
            {
                case null:
                    yield return new TreeEntry(head.Path, head.Depth, visit.Stat, visit.Data, null);
                    break;
                case NoNodeException when head.Depth > 0:
                    break;
                case { } failure:
                    yield return new TreeEntry(head.Path, head.Depth, visit.Stat, visit.Data, failure);
                    if (failure is SessionExpiredException or SessionClosedException or ConnectionLossException or AuthFailedException)
                        yield break;
                    break;
            }
        }
    }

    private void ReadAhead(CancellationToken cancellationToken)
    {
        int reading = 0;
        LinkedListNode<Item>? at = _ahead.First;
        while (at is not null && reading < window)
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
            node.Reading ??= ReadAsync(node, cancellationToken);
            reading++;
            if (node.Reading.IsCompletedSuccessfully)
                Expand(at, node, node.Reading.Result);
            at = at.Next;
        }
    }

    private void Expand(LinkedListNode<Item> at, Node node, Visit visit)
    {
        if (node.Expanded || visit.Children.Length == 0)
            return;
        node.Expanded = true;
        _ahead.AddAfter(at, new Siblings(node.Path, node.Depth + 1, visit.Children));
    }

    private async Task<Visit> ReadAsync(Node node, CancellationToken cancellationToken)
    {
        Stat stat = default;
        byte[]? data = null;
        try
        {
            if (withData)
                (data, stat) = await client.GetDataAsync(node.Path, cancellationToken).ConfigureAwait(false);
            else
                stat = await client.StatAsync(node.Path, cancellationToken).ConfigureAwait(false);
            if (stat.NumChildren == 0 || node.Depth >= maxDepth)
                return new Visit(stat, data, [], null);
            ChildrenResult listed = await client.GetChildrenAsync(node.Path, cancellationToken).ConfigureAwait(false);
            string[] children = [.. listed.Children];
            Array.Sort(children, StringComparer.Ordinal);
            return new Visit(stat, data, children, null);
        }
        catch (ZooKeeperException e)
        {
            return new Visit(stat, data, [], e);
        }
    }
}
