using System.Buffers.Binary;
using CoordPS.Protocol;
using Microsoft.Win32.SafeHandles;

namespace CoordPS.Storage;

/// <summary>
/// Reads one transaction log, Apache's or ours, from its header to its last whole record. The file may be one that a server is
/// appending to.
/// </summary>
/// <remarks>
/// After <see cref="Read"/> has returned false, <see cref="Torn"/> tells a torn tail from a clean end. How the two are told from
/// corruption is described at <see cref="TxnLogTail"/>.
/// </remarks>
public sealed class TxnLogReader : IDisposable
{
    private const int BufferCapacity = 256 * 1024;

    private readonly SafeFileHandle _handle;
    private byte[] _buffer = new byte[BufferCapacity];
    private long _bufferOffset;
    private int _bufferLength;
    private long _length;
    private bool _ended;

    /// <summary>Opens a log and checks its header.</summary>
    /// <param name="file">The log's path.</param>
    /// <exception cref="StorageException">The file can't be opened.</exception>
    /// <exception cref="CorruptLogException">The file is not a transaction log of version 2.</exception>
    public TxnLogReader(string file)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        FileName = Path.GetFullPath(file);
        NamedZxid = StorageFile.TryParse(Path.GetFileName(FileName), StorageFile.LogPrefix, out long zxid) ? zxid : 0;
        try
        {
            _handle = File.OpenHandle(FileName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e))
        {
            throw new StorageException($"Can't open transaction log '{FileName}': {e.Message} Check the path and its permissions.", FileName, e);
        }

        try
        {
            ReadHeader();
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    /// <summary>Full path of the file.</summary>
    public string FileName { get; }

    /// <summary>The zxid in the file's name, which is that of its first transaction; 0 when the name has none.</summary>
    public long NamedZxid { get; }

    /// <summary>The file's header; default when a torn tail begins at byte 0.</summary>
    public FileHeader Header { get; private set; }

    /// <summary>The record last read. Its memory is valid until the next call of <see cref="Read"/>.</summary>
    public TxnLogRecord Current { get; private set; }

    /// <summary>The end of the last whole record read so far, or of the header; 0 when the header is torn.</summary>
    public long EndOffset { get; private set; }

    /// <summary>The last transaction read so far; 0 before the first.</summary>
    public long LastZxid { get; private set; }

    /// <summary>The torn tail, once <see cref="Read"/> has returned false; null when the log ends cleanly.</summary>
    public TornTail? Torn { get; private set; }

    /// <summary>Reads the next record into <see cref="Current"/>.</summary>
    /// <returns>False at the end of the log: see <see cref="Torn"/>.</returns>
    /// <exception cref="CorruptLogException">A record is corrupt before the tail.</exception>
    /// <exception cref="StorageException">The file can't be read.</exception>
    public bool Read()
    {
        if (_ended)
            return false;
        if (TryReadRecord(EndOffset, out ReadOnlyMemory<byte> entry))
            return Accept(entry);

        // A server may have appended since the buffer was filled: what is judged below is read again.
        _bufferLength = 0;
        LogEnd end = TxnLogTail.Classify(this, EndOffset);
        if (end.Kind == LogEndKind.Record && TryReadRecord(EndOffset, out entry))
            return Accept(entry);
        _ended = true;
        Current = default;
        switch (end.Kind)
        {
            case LogEndKind.Clean:
                return false;
            case LogEndKind.Torn:
                Torn = new TornTail(FileName, EndOffset, end.DataEnd - EndOffset, LastZxid, end.Reason);
                return false;
            default:
                throw new CorruptLogException(FileName, EndOffset, end.Reason, LastZxid);
        }
    }

    /// <summary>Lets <see cref="Read"/> look again where it found the end: a server may have appended.</summary>
    internal void Resume()
    {
        if (Header.Magic == 0)
            ReadHeader();
        _ended = Header.Magic == 0;
        if (!_ended)
            Torn = null;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    /// <summary>Reads a whole, valid record at an offset.</summary>
    internal bool TryReadRecord(long offset, out ReadOnlyMemory<byte> entry)
    {
        entry = default;
        if (!TryPeek(offset, 12, out ReadOnlyMemory<byte> prefix))
            return false;
        long checksum = BinaryPrimitives.ReadInt64BigEndian(prefix.Span);
        int length = BinaryPrimitives.ReadInt32BigEndian(prefix.Span[8..]);
        if (length < TxnLogRecord.HeaderSize || !TryPeek(offset, (long)length + TxnLog.RecordOverhead, out ReadOnlyMemory<byte> record))
            return false;
        entry = record.Slice(12, length);
        return record.Span[^1] == TxnLog.EndOfRecord && Adler32.Compute(entry.Span) == checksum;
    }

    /// <summary>Bytes of the file at an offset, valid until the next call; false when the file ends before.</summary>
    internal bool TryPeek(long offset, long count, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (offset + count > _length && offset + count > RefreshLength())
            return false;
        if (count > Array.MaxLength)
            return false;
        int wanted = (int)count;
        if (offset < _bufferOffset || offset + wanted > _bufferOffset + _bufferLength)
        {
            if (_buffer.Length < wanted)
                _buffer = new byte[wanted];
            _bufferOffset = offset;
            _bufferLength = ReadAt(_buffer, offset);
            if (_bufferLength < wanted)
                return false;
        }

        bytes = _buffer.AsMemory((int)(offset - _bufferOffset), wanted);
        return true;
    }

    /// <summary>The file's length now.</summary>
    internal long RefreshLength()
    {
        try
        {
            return _length = RandomAccess.GetLength(_handle);
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e))
        {
            throw CantRead(e);
        }
    }

    /// <summary>Fills a buffer from an offset, past the reader's own buffer; fewer bytes at the end of the file only.</summary>
    internal int ReadAt(Span<byte> buffer, long offset)
    {
        try
        {
            int total = 0;
            while (total < buffer.Length)
            {
                int read = RandomAccess.Read(_handle, buffer[total..], offset + total);
                if (read == 0)
                    break;
                total += read;
            }

            return total;
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e))
        {
            throw CantRead(e);
        }
    }

    private void ReadHeader()
    {
        if (TryPeek(0, FileHeader.Size, out ReadOnlyMemory<byte> bytes))
        {
            var reader = new JuteReader(bytes.Span);
            FileHeader header = FileHeader.Read(ref reader);
            if (header.Magic == FileHeader.TxnLogMagic && header.Version == FileHeader.CurrentVersion)
            {
                Header = header;
                EndOffset = FileHeader.Size;
                return;
            }
        }

        _bufferLength = 0;
        LogEnd end = TxnLogTail.ClassifyHeader(this);
        if (end.Kind == LogEndKind.Corrupt)
            throw new CorruptLogException(FileName, 0, end.Reason, 0);
        _ended = true;
        Torn = new TornTail(FileName, 0, end.DataEnd, 0, end.Reason);
    }

    private bool Accept(ReadOnlyMemory<byte> entry)
    {
        var reader = new JuteReader(entry.Span);
        var record = new TxnLogRecord(FileName, EndOffset, TxnHeader.Read(ref reader), entry);
        Current = record;
        EndOffset = record.EndOffset;
        LastZxid = record.Zxid;
        return true;
    }

    private StorageException CantRead(Exception e) =>
        new($"Can't read transaction log '{FileName}': {e.Message} Check the disk.", FileName, e);
}
