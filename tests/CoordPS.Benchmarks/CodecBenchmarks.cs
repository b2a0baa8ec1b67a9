using BenchmarkDotNet.Attributes;
using CoordPS.Protocol;

namespace CoordPS.Benchmarks;

/// <summary>Records as they go over the wire, with data of 100 bytes.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks : IDisposable
{
    private readonly JuteWriter _writer = new(4096);
    private readonly SetDataRequest _set = new("/coordps/bench/s7/n123456", new byte[100], -1);
    private readonly CreateRequest _create = new("/coordps/bench/s7/n123456", new byte[100], Acl.OpenUnsafe, CreateMode.Persistent);
    private readonly Stat _stat = new() { Czxid = 0x100000001, Mzxid = 0x100000002, Version = 1, DataLength = 100, Pzxid = 0x100000001 };
    private byte[] _setBytes = [];
    private byte[] _createBytes = [];
    private byte[] _statBytes = [];

    [GlobalSetup]
    public void SetUp()
    {
        _setBytes = Bytes(_set);
        _createBytes = Bytes(_create);
        _statBytes = Bytes(_stat);
    }

    [Benchmark]
    public int Write_a_setData_request()
    {
        _writer.Clear();
        var frame = _writer.BeginFrame();
        _set.Write(_writer);
        _writer.EndFrame(frame);
        return _writer.Length;
    }

    [Benchmark]
    public int Read_a_setData_request()
    {
        var reader = new JuteReader(_setBytes);
        return SetDataRequest.Read(ref reader).Path.Length;
    }

    [Benchmark]
    public int Read_a_create_request()
    {
        var reader = new JuteReader(_createBytes);
        return CreateRequest.Read(ref reader).Path.Length;
    }

    [Benchmark]
    public int Write_a_stat()
    {
        _writer.Clear();
        _stat.Write(_writer);
        return _writer.Length;
    }

    [Benchmark]
    public int Read_a_stat()
    {
        var reader = new JuteReader(_statBytes);
        return Stat.Read(ref reader).Version;
    }

    public void Dispose()
    {
        _writer.Dispose();
        GC.SuppressFinalize(this);
    }

    private byte[] Bytes<T>(in T record)
        where T : IJuteRecord<T>
    {
        _writer.Clear();
        record.Write(_writer);
        return _writer.WrittenSpan.ToArray();
    }
}
