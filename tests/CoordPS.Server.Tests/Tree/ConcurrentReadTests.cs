using System.Diagnostics;
using CoordPS.Protocol;

namespace CoordPS.Server.Tests;

/// <summary>Readers without a lock beside the one writer: what they see is always one state, and what is there they find.</summary>
[Collection(AloneCollection.Name)]
public sealed class ConcurrentReadTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>How many reads each reader makes at least, however busy the machine is.</summary>
    private const int Enough = 100;

    private readonly DataTree _tree = new(extendedTypes: true);
    private long _zxid;

    [Fact]
    public async Task Data_and_stat_belong_together_and_nodes_that_stay_are_always_found()
    {
        byte[][] paths = [.. Enumerable.Range(0, 50).Select(i => Bytes.Of($"/stays/{i}"))];
        Create("/stays", []);
        foreach (byte[] path in paths)
            Create(Bytes.Text(path), Pattern(0));
        Create("/parent", []);
        using var duration = new CancellationTokenSource(Duration);
        using var patience = new CancellationTokenSource(Patience);
        bool GoesOn(long reads) => !duration.IsCancellationRequested || (reads <= Enough && !patience.IsCancellationRequested);
        Task<long>[] readers = [Task.Run(() => ReadData(paths, GoesOn)), Task.Run(() => ReadChildren(GoesOn))];

        // Everything at once: nodes that come and go, in numbers that make the table grow, and data of all sizes on the same blocks.
        var random = new Random(1);
        int[] versions = new int[paths.Length];
        var made = new Queue<string>();
        long writes = 0;
        for (int next = 0; !readers.All(reader => reader.IsCompleted); next++)
        {
            for (int i = 0; i < 20; i++)
            {
                int at = random.Next(paths.Length);
                Apply(OpCode.SetData, new SetDataTxn(Bytes.Text(paths[at]), Pattern(++versions[at]), versions[at]));
                string name = $"/parent/{next}-{i}";
                Create(name, Pattern(random.Next(50)));
                Create(name + "/child", Pattern(random.Next(50)));
                made.Enqueue(name);
                writes += 3;
            }

            while (made.Count > random.Next(5000))
            {
                string name = made.Dequeue();
                Apply(OpCode.Delete, new DeleteTxn(name + "/child"));
                Apply(OpCode.Delete, new DeleteTxn(name));
                writes += 2;
            }
        }

        long[] reads = await Task.WhenAll(readers);
        Assert.All(reads, r => Assert.True(r > Enough, $"{r} reads beside {writes} writes"));
        while (made.TryDequeue(out string? name))
        {
            Assert.NotNull(_tree.Find(name));
            Apply(OpCode.Delete, new DeleteTxn(name + "/child"));
            Apply(OpCode.Delete, new DeleteTxn(name));
        }

        Assert.Equal(0, _tree.Find("/parent")!.Value.ChildCount);
        Assert.Equal(paths.Length + 6, _tree.NodeCount);
    }

    /// <summary>Data from which its version can be told at every byte, of a length that the version gives.</summary>
    private static byte[] Pattern(int version)
    {
        byte[] data = new byte[Length(version)];
        data.AsSpan().Fill((byte)version);
        return data;
    }

    private static int Length(int version) => (version % 7) switch { 0 => 0, 1 => 3, 2 => 40, 3 => 700, 4 => 5000, 5 => 33_000, _ => 8 } + (version % 5);

    private long ReadData(byte[][] paths, Func<long, bool> goesOn)
    {
        var random = new Random(2);
        byte[] copy = new byte[64 * 1024];
        long reads = 0;
        while (goesOn(reads))
        {
            byte[] path = paths[random.Next(paths.Length)];
            if (_tree.Find(path) is not { } node)
                throw new UnreachableException($"{Bytes.Text(path)} was not found");
            ReadOnlySpan<byte> data = node.Data;
            data.CopyTo(copy);
            Stat stat = node.ReadStat();
            if (!node.IsUnchanged)
                continue;
            Assert.Equal((Length(stat.Version), Length(stat.Version)), (stat.DataLength, data.Length));
            Assert.False(copy.AsSpan(0, data.Length).ContainsAnyExcept((byte)stat.Version), $"data of version {stat.Version} has bytes of another");
            Assert.Equal(stat.Version == 0, stat.Mzxid == stat.Czxid);
            reads++;
        }

        return reads;
    }

    private long ReadChildren(Func<long, bool> goesOn)
    {
        long reads = 0;
        List<string> names = [];
        while (goesOn(reads))
        {
            names.Clear();
            DataNode parent = _tree.Find("/parent"u8)!.Value;
            foreach (DataNode child in parent)
                names.Add(Bytes.Text(child.Name.ToArray()));
            Stat stat = parent.ReadStat();
            if (!parent.IsUnchanged)
                continue;
            Assert.Equal(stat.NumChildren, names.Count);
            Assert.Equal(names.Count, names.Distinct().Count());
            Assert.All(names, n => Assert.Contains('-', n));
            reads++;
        }

        return reads;
    }

    private void Create(string path, byte[] data) => Apply(OpCode.Create, new CreateTxn(path, data, Acl.OpenUnsafe, false, -1));

    private void Apply(OpCode type, object txn)
    {
        TxnResult result = _tree.Apply(new TxnHeader(1, 1, ++_zxid, _zxid, type), txn);
        Assert.Equal(ErrorCode.Ok, result.Error);
    }
}
