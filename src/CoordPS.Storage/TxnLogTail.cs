using System.Buffers.Binary;
using CoordPS.Protocol;

namespace CoordPS.Storage;

internal enum LogEndKind
{
    /// <summary>A whole record after all: a server appended it meanwhile.</summary>
    Record,

    /// <summary>Nothing but padding follows.</summary>
    Clean,

    /// <summary>What follows was being written at a crash and never committed.</summary>
    Torn,

    /// <summary>What follows may have been acknowledged.</summary>
    Corrupt,
}

/// <summary>What follows the last whole record of a log.</summary>
/// <param name="Kind">Which it is.</param>
/// <param name="DataEnd">One past the last byte that is not zero.</param>
/// <param name="Reason">For <see cref="LogEndKind.Torn"/> and <see cref="LogEndKind.Corrupt"/>: what is wrong.</param>
internal readonly record struct LogEnd(LogEndKind Kind, long DataEnd, string Reason);

/// <summary>
/// Tells the torn tail that a crash leaves from damage to what was durable.
/// <para>
/// A log is written front to back into zeros, and a commit returns when all of it is on the device. A crash before that leaves,
/// of what was being written, an arbitrary set of sectors; the others still hold the zeros they were preallocated with, or lie
/// past the end of the file. So an interrupted write shows zeros where data should be, and never wrong data. From that follows, for
/// bytes that are no whole record:
/// </para>
/// <list type="bullet">
/// <item>Zeros up to the end of the file: the log ends cleanly.</item>
/// <item>A whole record somewhere after them: corrupt. That record may be acknowledged, and its predecessors with it. (A commit of
/// many records whose later sectors reached the disk first looks the same. It can't be told apart, so the reader stops.)</item>
/// <item>The data stop before the record does: torn.</item>
/// <item>All of the record's bytes are there, or data go on after it, but a whole sector of it is zero: torn.</item>
/// <item>All of its bytes are there, no sector is missing, and still they don't agree: corrupt. No interrupted write does
/// that; it is a flipped bit in what may have been acknowledged.</item>
/// </list>
/// </summary>
internal static class TxnLogTail
{
    // The smallest unit in which a device writes all or nothing.
    private const int Sector = 512;
    private const int Chunk = 1024 * 1024;

    // An Adler-32 is stored as a long, so the first bytes of any record are zero.
    private const int LeadingZeros = 4;

    /// <summary>Judges what begins at an offset where no whole record was found.</summary>
    public static LogEnd Classify(TxnLogReader log, long offset)
    {
        long dataEnd = FindDataEnd(log, offset);
        if (log.TryReadRecord(offset, out _))
            return new LogEnd(LogEndKind.Record, dataEnd, "");
        if (dataEnd <= offset)
            return new LogEnd(LogEndKind.Clean, dataEnd, "");
        if (FindRecord(log, offset + 1, dataEnd, Math.Max(log.LastZxid, log.NamedZxid - 1)) is { } found)
        {
            return new LogEnd(LogEndKind.Corrupt, dataEnd,
                $"the record there is damaged, and the whole transaction 0x{found.Zxid:x} follows at byte {found.Offset}");
        }

        long present = dataEnd - offset;
        if (present < 12)
            return Torn(dataEnd, "the checksum and length of a record are incomplete");
        var prefix = new byte[12];
        log.ReadAt(prefix, offset);
        long checksum = BinaryPrimitives.ReadInt64BigEndian(prefix);
        int length = BinaryPrimitives.ReadInt32BigEndian(prefix.AsSpan(8));
        if (checksum is >= 0 and <= uint.MaxValue && IsComplete(log, offset, dataEnd, (uint)checksum))
            return new LogEnd(LogEndKind.Corrupt, dataEnd, $"the record's length {length} is wrong, the record itself is whole");
        if (length >= TxnLogRecord.HeaderSize && (long)length + TxnLog.RecordOverhead > present)
            return Torn(dataEnd, $"{present} of a record's {(long)length + TxnLog.RecordOverhead} bytes are there");
        if (HasMissingSector(log, offset + LeadingZeros, dataEnd))
            return Torn(dataEnd, "sectors of the last record were never written");
        return new LogEnd(LogEndKind.Corrupt, dataEnd, length < TxnLogRecord.HeaderSize
            ? $"a record can't be {length} bytes long"
            : "the record's checksum does not match, and no part of it is missing");
    }

    /// <summary>Judges a file whose header is not one of a transaction log.</summary>
    public static LogEnd ClassifyHeader(TxnLogReader log)
    {
        long dataEnd = FindDataEnd(log, 0);
        if (dataEnd == 0)
            return Torn(dataEnd, "the file is empty");
        if (FindRecord(log, FileHeader.Size, dataEnd, log.NamedZxid - 1) is { } found)
        {
            return new LogEnd(LogEndKind.Corrupt, dataEnd,
                $"the file's header is damaged, and the whole transaction 0x{found.Zxid:x} follows at byte {found.Offset}");
        }

        Span<byte> expected = stackalloc byte[FileHeader.Size], actual = stackalloc byte[FileHeader.Size];
        BinaryPrimitives.WriteInt32BigEndian(expected, FileHeader.TxnLogMagic);
        BinaryPrimitives.WriteInt32BigEndian(expected[4..], FileHeader.CurrentVersion);
        int read = log.ReadAt(actual, 0);
        if (dataEnd <= 8 && expected[..(int)dataEnd].SequenceEqual(actual[..(int)dataEnd]))
            return Torn(dataEnd, $"{read} of the file header's {FileHeader.Size} bytes are there");
        if (HasMissingSector(log, 0, Math.Min(dataEnd, Sector)))
            return Torn(dataEnd, "the file's first sector was never written");
        return new LogEnd(LogEndKind.Corrupt, dataEnd, "the file does not begin with ZKLG and version 2, so it is no transaction log, or its header is damaged");
    }

    private static int BufferSize(long length) => (int)Math.Clamp(length, 0, Chunk);

    private static LogEnd Torn(long dataEnd, string reason) => new(LogEndKind.Torn, dataEnd, reason);

    /// <summary>One past the last byte at or after an offset that is not zero; the offset itself if there is none.</summary>
    private static long FindDataEnd(TxnLogReader log, long offset)
    {
        long length = log.RefreshLength();
        var buffer = new byte[BufferSize(length - offset)];
        for (long end = length; end > offset;)
        {
            long start = Math.Max(offset, end - buffer.Length);
            int read = log.ReadAt(buffer.AsSpan(0, (int)(end - start)), start);
            int last = buffer.AsSpan(0, read).LastIndexOfAnyExcept((byte)0);
            if (last >= 0)
                return start + last + 1;
            end = start;
        }

        return offset;
    }

    /// <summary>
    /// Finds a whole record of a later transaction anywhere in a range. (Data that hold a piece of a log could be mistaken for one;
    /// that stops the reader for nothing, which is the safe side.)
    /// </summary>
    private static (long Offset, long Zxid)? FindRecord(TxnLogReader log, long offset, long dataEnd, long afterZxid)
    {
        const int Prefix = 12 + TxnLogRecord.HeaderSize;
        var buffer = new byte[BufferSize(dataEnd - offset)];
        while (offset + Prefix < dataEnd)
        {
            int read = log.ReadAt(buffer.AsSpan(0, (int)Math.Min(buffer.Length, dataEnd - offset)), offset);
            if (read < Prefix)
                return null;
            for (int i = 0; i <= read - Prefix; i++)
            {
                ReadOnlySpan<byte> candidate = buffer.AsSpan(i, Prefix);
                if (BinaryPrimitives.ReadInt32BigEndian(candidate) != 0 || BinaryPrimitives.ReadInt32BigEndian(candidate[8..]) < TxnLogRecord.HeaderSize)
                    continue;
                if (offset + i + BinaryPrimitives.ReadInt32BigEndian(candidate[8..]) + (long)TxnLog.RecordOverhead > dataEnd)
                    continue;
                var reader = new JuteReader(candidate[12..]);
                TxnHeader header = TxnHeader.Read(ref reader);
                if (header.Zxid > afterZxid && Enum.IsDefined(header.Type) && log.TryReadRecord(offset + i, out _))
                    return (offset + i, header.Zxid);
            }

            offset += read - Prefix + 1;
        }

        return null;
    }

    /// <summary>Whether the data up to their end are one record whose checksum is right, whatever its length field says.</summary>
    private static bool IsComplete(TxnLogReader log, long offset, long dataEnd, uint checksum)
    {
        long entry = offset + 12, end = dataEnd - 1;
        if (end - entry < TxnLogRecord.HeaderSize)
            return false;
        Span<byte> last = stackalloc byte[1];
        log.ReadAt(last, end);
        if (last[0] != TxnLog.EndOfRecord)
            return false;
        var buffer = new byte[BufferSize(end - entry)];
        uint actual = Adler32.Initial;
        while (entry < end)
        {
            int read = log.ReadAt(buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - entry)), entry);
            if (read == 0)
                return false;
            actual = Adler32.Append(actual, buffer.AsSpan(0, read));
            entry += read;
        }

        return actual == checksum;
    }

    /// <summary>Whether all of the range's part of some sector is zero.</summary>
    private static bool HasMissingSector(TxnLogReader log, long offset, long end)
    {
        var buffer = new byte[BufferSize(end - offset)];
        while (offset < end)
        {
            // Chunks end at sector boundaries, so that each sector is looked at in one piece.
            long next = Math.Min(end, (offset / Sector * Sector) + Chunk);
            int read = log.ReadAt(buffer.AsSpan(0, (int)(next - offset)), offset);
            for (long start = offset; start < offset + read;)
            {
                long sectorEnd = Math.Min(offset + read, (start / Sector * Sector) + Sector);
                if (!buffer.AsSpan((int)(start - offset), (int)(sectorEnd - start)).ContainsAnyExcept((byte)0))
                    return true;
                start = sectorEnd;
            }

            if (read == 0)
                return false;
            offset += read;
        }

        return false;
    }
}
