using System.Buffers.Binary;
using CoordPS.Protocol;
using Microsoft.Extensions.Logging;

namespace CoordPS.Storage.Tests;

/// <summary>Transactions and logs to test with.</summary>
internal static class TestLog
{
    public const long Session = 0x1000000000000001;
    public const long Time = 1_700_000_000_000;

    /// <summary>Files of the records alone. Nothing here survives a power failure, and no test is of that.</summary>
    public static readonly TxnLogOptions NoPadding = new() { PreAllocSize = 0, ForceSync = false };

    public static byte[] Entry<T>(long zxid, OpCode type, T record) where T : IJuteRecord<T>
    {
        using var writer = new JuteWriter();
        new TxnHeader(Session, (int)zxid, zxid, Time, type).Write(writer);
        record.Write(writer);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>A create of /n{zxid} whose data have no zero byte.</summary>
    public static byte[] Create(long zxid, int dataLength = 20)
    {
        var data = new byte[dataLength];
        for (int i = 0; i < data.Length; i++)
            data[i] = (byte)(1 + ((i * 31) + zxid) % 255);
        return Entry(zxid, OpCode.Create, new CreateTxn($"/n{zxid:x}", data, Acl.OpenUnsafe, false, (int)zxid));
    }

    /// <summary>Writes one log file with the zxids given and returns its path.</summary>
    public static string Write(string directory, IEnumerable<long> zxids, TxnLogOptions? options = null, int dataLength = 20)
    {
        using var log = new TxnLog(directory, options ?? NoPadding);
        foreach (long zxid in zxids)
            Assert.True(log.Append(zxid, Create(zxid, dataLength)));
        log.Commit();
        return log.CurrentFile!;
    }

    public static IEnumerable<long> Range(long first, long last)
    {
        for (long zxid = first; zxid <= last; zxid++)
            yield return zxid;
    }

    public static (List<TxnLogRecord> Records, TornTail? Torn) ReadFile(string file)
    {
        using var reader = new TxnLogReader(file);
        var records = new List<TxnLogRecord>();
        while (reader.Read())
            records.Add(reader.Current.Copy());
        return (records, reader.Torn);
    }

    public static List<long> Zxids(string directory, long from = 0, bool continuous = false) =>
        [.. TxnLogDirectory.Read(directory, from, new TxnLogReadOptions { RequireContinuity = continuous }).Select(record => record.Zxid)];

    /// <summary>The header of a log file, or of a snapshot.</summary>
    public static byte[] FileHeader(int magic = Protocol.FileHeader.TxnLogMagic, long dbId = 0)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt32BigEndian(bytes, magic);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), 2);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), dbId);
        return bytes;
    }
}

/// <summary>Keeps what is logged.</summary>
internal sealed class ListLogger : ILogger
{
    public List<(LogLevel Level, string Message)> Entries { get; } = [];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Entries.Add((logLevel, formatter(state, exception)));
}
