using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using CoordPS.Protocol;
using CoordPS.Server;

namespace CoordPS.Benchmarks;

/// <summary>The data tree with 100,000 znodes of 100 bytes, a thousand in each parent.</summary>
[MemoryDiagnoser]
public class TreeBenchmarks
{
    private const int Nodes = 100_000;
    private const int PerParent = 1000;
    private readonly DataTree _tree = new(extendedTypes: false);
    private readonly byte[] _data = new byte[100];
    private readonly string[] _paths = new string[Nodes];
    private byte[][] _pathBytes = [];
    private long _zxid;
    private int _next;

    [GlobalSetup]
    public void SetUp()
    {
        for (var i = 0; i < Nodes; i++)
        {
            var parent = string.Create(CultureInfo.InvariantCulture, $"/parent-{i / PerParent}");
            if (i % PerParent == 0)
            {
                Apply(OpCode.Create, new CreateTxn(parent, _data, Acl.OpenUnsafe, false, 1));
            }

            _paths[i] = string.Create(CultureInfo.InvariantCulture, $"{parent}/node-{i}");
            Apply(OpCode.Create, new CreateTxn(_paths[i], _data, Acl.OpenUnsafe, false, (i % PerParent) + 1));
        }

        _pathBytes = [.. _paths.Select(Encoding.UTF8.GetBytes)];
    }

    [Benchmark]
    public bool Find_by_path() => _tree.Find(_pathBytes[Next()]) is not null;

    [Benchmark]
    public void Apply_setData() => Apply(OpCode.SetData, new SetDataTxn(_paths[Next()], _data, 1));

    [Benchmark]
    public void Apply_create_and_delete()
    {
        Apply(OpCode.Create, new CreateTxn("/parent-0/new", _data, Acl.OpenUnsafe, false, 1));
        Apply(OpCode.Delete, new DeleteTxn("/parent-0/new"));
    }

    // A stride that is prime to the count visits every node in an order that caches do not foresee.
    private int Next() => _next = (_next + 7919) % Nodes;

    private void Apply(OpCode type, object txn) => _tree.Apply(new TxnHeader(1, 0, ++_zxid, 0, type), txn);
}
