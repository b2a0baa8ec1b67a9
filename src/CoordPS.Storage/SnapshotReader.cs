using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Storage;

/// <summary>
/// Reads a snapshot, Apache's or ours, plain or gzip. Znodes are streamed, parents before children; memory does not grow with the tree.
/// </summary>
/// <remarks>
/// The checksum comes after the znodes: whoever loads them has to be ready to drop them when the last <see cref="ReadNode"/> throws.
/// </remarks>
public sealed class SnapshotReader : IDisposable
{
    private const int StatSize = 60;
    private const int BufferCapacity = 256 * 1024;
    private const int LastZxidPartSize = 8 + SealSize;
    private const int SealSize = 13;

    private readonly Stream _stream;
    private readonly Dictionary<long, IReadOnlyList<Acl>> _acls = [];
    private byte[] _buffer = new byte[BufferCapacity];
    private int _start;
    private int _end;
    private int _checked;
    private uint _checksum = Adler32.Initial;
    private long _bufferOffset;
    private readonly bool _isBody;

    /// <summary>Opens a snapshot and reads what comes before the znodes.</summary>
    /// <param name="file">The snapshot's path: <c>snapshot.HEX</c>, or with <c>.gz</c> after it.</param>
    /// <exception cref="CorruptSnapshotException">It is no snapshot of version 2, or its sessions or access control lists are damaged.</exception>
    /// <exception cref="StorageException">The file can't be opened or read, or is compressed with snappy.</exception>
    public SnapshotReader(string file)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        FileName = Path.GetFullPath(file);
        Zxid = StorageFile.TryParse(Path.GetFileName(FileName), StorageFile.SnapshotPrefix, out long zxid) ? zxid : 0;
        _stream = Open(FileName);
        try
        {
            ReadStart();
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Reads a snapshot as a leader sends it to a learner: without a file's header and checksum. What the stream held beyond it is in
    /// <see cref="Unread"/> at its end.
    /// </summary>
    /// <param name="stream">Where from; it is left open.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <param name="zxid">The zxid that came with it.</param>
    /// <exception cref="CorruptSnapshotException">Its sessions or access control lists are damaged, or the stream ends.</exception>
    public SnapshotReader(Stream stream, string name, long zxid)
    {
        ArgumentNullException.ThrowIfNull(stream);
        FileName = name;
        Zxid = zxid;
        _stream = stream;
        _isBody = true;
        ReadStart();
    }

    /// <summary>Bytes that were read from the stream and are not part of the snapshot.</summary>
    public ReadOnlyMemory<byte> Unread => _buffer.AsMemory(_start, _end - _start);

    /// <summary>Full path of the file.</summary>
    public string FileName { get; }

    /// <summary>The zxid in the file's name: the last transaction it surely has. 0 when the name has none.</summary>
    public long Zxid { get; }

    /// <summary>The file's header.</summary>
    public FileHeader Header { get; private set; }

    /// <summary>The sessions that were open, and their timeouts in milliseconds.</summary>
    public IReadOnlyList<(long Id, int TimeoutMilliseconds)> Sessions { get; private set; } = [];

    /// <summary>The access control lists by the keys that znodes name. <see cref="FindAcl"/> knows the one that is never in it.</summary>
    public IReadOnlyDictionary<long, IReadOnlyList<Acl>> Acls => _acls;

    /// <summary>Znodes read so far.</summary>
    public long NodeCount { get; private set; }

    /// <summary>Whether the last znode has been read and the checksum was right.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The tree's digest, once complete; null when the snapshot has none.</summary>
    public ZxidDigest? Digest { get; private set; }

    /// <summary>The last transaction applied, which 3.9 writes at the end, once complete; null when the snapshot has none.</summary>
    public long? LastProcessedZxid { get; private set; }

    /// <summary>
    /// The last transaction that the snapshot may have in part, being written while transactions went on, once complete; null when it
    /// doesn't tell.
    /// </summary>
    public long? LastIncludedZxid =>
        LastProcessedZxid is { } last ? Math.Max(Zxid, last) : Digest is { Zxid: > 0 } digest ? Math.Max(Zxid, digest.Zxid) : null;

    private long Offset => _bufferOffset + _start;

    /// <summary>Reads the next znode.</summary>
    /// <param name="node">The znode, valid until the next call.</param>
    /// <returns>False after the last, when checksum and trailer are verified: <see cref="IsComplete"/> is true then.</returns>
    /// <exception cref="CorruptSnapshotException">The snapshot is incomplete or damaged.</exception>
    /// <exception cref="StorageException">The file can't be read.</exception>
    public bool ReadNode(out SnapshotNodeSpan node)
    {
        node = default;
        if (IsComplete)
            return false;
        int pathLength = PeekLength(0, "path");
        Need(4 + pathLength + 4, "path");
        if (pathLength == 1 && _buffer[_start + 4] == (byte)'/')
        {
            Take(5);
            ReadEnd();
            return false;
        }

        int dataLength = PeekLength(4 + pathLength, "data", allowNull: true);
        bool isDataNull = dataLength < 0;
        dataLength = Math.Max(dataLength, 0);
        long total = 4L + pathLength + 4 + dataLength + 8 + StatSize;
        if (total > Array.MaxLength)
            throw Corrupt($"a znode can't have {dataLength} bytes of data");
        Need((int)total, "znode");
        ReadOnlySpan<byte> record = _buffer.AsSpan(_start, (int)total);
        ReadOnlySpan<byte> path = record.Slice(4, pathLength);
        if (pathLength > 0 && path[0] != (byte)'/')
            throw Corrupt("a path does not begin with '/'");
        if (NodeCount == 0 && pathLength > 0)
            throw Corrupt("the first znode is not the root");
        ReadOnlySpan<byte> data = record.Slice(8 + pathLength, dataLength);
        var reader = new JuteReader(record[^(8 + StatSize)..]);
        long aclId = reader.ReadInt64();
        node = new SnapshotNodeSpan(pathLength == 0 ? "/"u8 : path, data, isDataNull, aclId, StatPersisted.Read(ref reader));
        Take((int)total);
        NodeCount++;
        return true;
    }

    /// <summary>Streams the znodes as objects of their own.</summary>
    /// <exception cref="CorruptSnapshotException">While enumerating: the snapshot is incomplete or damaged.</exception>
    /// <exception cref="StorageException">While enumerating: the file can't be read.</exception>
    public IEnumerable<SnapshotNode> ReadNodes()
    {
        while (Next() is { } node)
            yield return node;
    }

    /// <summary>The access control list of a key; null when the snapshot doesn't have it.</summary>
    public IReadOnlyList<Acl>? FindAcl(long aclId) =>
        aclId == SnapshotWriter.OpenUnsafeAclId ? Acl.OpenUnsafe : _acls.GetValueOrDefault(aclId);

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        if (!_isBody)
            _stream.Dispose();
    }

    private static Stream Open(string file)
    {
        if (file.EndsWith(".snappy", StringComparison.OrdinalIgnoreCase))
        {
            throw new StorageException(
                $"Snapshot '{file}' is compressed with snappy, which is not supported. "
                + "Start its Apache server once with snapshot.compression.method=gz, or empty, to write another.", file);
        }

        try
        {
            var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
            return file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e))
        {
            throw new StorageException($"Can't open snapshot '{file}': {e.Message} Check the path and its permissions.", file, e);
        }
    }

    private void ReadStart()
    {
        if (!_isBody)
            ReadHeader();
        int count = ReadCount("sessions");
        var sessions = new List<(long, int)>(Math.Min(count, 4096));
        for (int i = 0; i < count; i++)
            sessions.Add((ReadInt64("session"), ReadInt32("session timeout")));
        Sessions = sessions;

        count = ReadCount("access control lists");
        for (int i = 0; i < count; i++)
        {
            long id = ReadInt64("access control list");
            int entries = ReadCount("entries of an access control list");
            var acl = new List<Acl>(Math.Min(entries, 64));
            for (int j = 0; j < entries; j++)
            {
                var permissions = (Permissions)ReadInt32("permissions");
                acl.Add(new Acl(permissions, new AclId(ReadString("scheme"), ReadString("identity"))));
            }

            _acls[id] = acl;
        }
    }

    private void ReadHeader()
    {
        Need(FileHeader.Size, "header");
        var reader = new JuteReader(_buffer.AsSpan(_start, FileHeader.Size));
        Header = FileHeader.Read(ref reader);
        if (Header.Magic != FileHeader.SnapshotMagic || Header.Version != FileHeader.CurrentVersion)
            throw Corrupt("it does not begin with ZKSN and version 2");
        Take(FileHeader.Size);
    }

    /// <summary>Reads the checksum and, since 3.6, the digest, and, since 3.9, the last zxid, each with a checksum of its own.</summary>
    private void ReadEnd()
    {
        if (NodeCount == 0)
            throw Corrupt("it has no znodes");
        if (_isBody)
        {
            IsComplete = true;
            return;
        }

        CheckSeal();
        // A last zxid and its seal are 21 bytes; a digest, which comes first when there is one, takes more.
        if (TryFill(LastZxidPartSize + 1))
        {
            ReadDigest();
            CheckSeal();
        }

        if (TryFill(1))
        {
            LastProcessedZxid = ReadInt64("last zxid");
            CheckSeal();
        }

        IsComplete = true;
    }

    private void ReadDigest()
    {
        long zxid = ReadInt64("digest");
        int version = ReadInt32("digest version");
        // Version 1 was written as hexadecimal text.
        long digest = version >= 2 ? ReadInt64("digest")
            : long.TryParse(ReadString("digest"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long old) ? old
            : throw Corrupt("its digest is not a number");
        Digest = new ZxidDigest(zxid, version, digest);
    }

    private void CheckSeal()
    {
        UpdateChecksum();
        uint actual = _checksum;
        if (ReadInt64("checksum") != actual)
            throw Corrupt("its checksum does not match its contents");
        if (ReadString("end mark") != ZPath.Root)
            throw Corrupt("its end mark is missing");
    }

    private SnapshotNode? Next() =>
        ReadNode(out SnapshotNodeSpan node) ? new SnapshotNode(node.GetPath(), node.GetData(), FindAcl(node.AclId), node.Stat) : null;

    private int ReadInt32(string what)
    {
        Need(4, what);
        return BinaryPrimitives.ReadInt32BigEndian(Take(4));
    }

    private long ReadInt64(string what)
    {
        Need(8, what);
        return BinaryPrimitives.ReadInt64BigEndian(Take(8));
    }

    private int ReadCount(string what)
    {
        int count = ReadInt32(what);
        return count >= 0 ? count : throw Corrupt($"it can't have {count} {what}");
    }

    // Apache encodes characters outside the basic plane as two three-byte surrogates; they are read as Apache reads them back.
    private string ReadString(string what)
    {
        int length = PeekLength(0, what, allowNull: true);
        Take(4);
        if (length <= 0)
            return "";
        Need(length, what);
        return Encoding.UTF8.GetString(Take(length));
    }

    /// <summary>The length field at a distance from the current position.</summary>
    private int PeekLength(int distance, string what, bool allowNull = false)
    {
        Need(distance + 4, what);
        int length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start + distance));
        if (length < 0 && !(allowNull && length == -1))
            throw Corrupt($"a {what} can't be {length} bytes long");
        if (length > Array.MaxLength - 1024)
            throw Corrupt($"a {what} can't be {length} bytes long");
        return length;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(_start, count);
        _start += count;
        return bytes;
    }

    private void Need(int count, string what)
    {
        if (!TryFill(count))
            throw Corrupt($"it ends within a {what}");
    }

    /// <summary>Makes sure that bytes are in the buffer. It grows with what the file really has, not with what a length field claims.</summary>
    private bool TryFill(int count)
    {
        while (_end - _start < count)
        {
            if (_start > 0)
                Compact();
            if (_end == _buffer.Length)
                Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, _buffer.Length * 2L));
            int read;
            try
            {
                read = _stream.Read(_buffer, _end, _buffer.Length - _end);
            }
            catch (InvalidDataException e)
            {
                throw new CorruptSnapshotException(FileName, _bufferOffset + _end, "its gzip stream is damaged", e);
            }
            catch (Exception e) when (TxnLog.IsIoFailure(e))
            {
                throw new StorageException($"Can't read snapshot '{FileName}': {e.Message} Check the disk.", FileName, e);
            }

            if (read == 0)
                return false;
            _end += read;
        }

        return true;
    }

    private void Compact()
    {
        UpdateChecksum();
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _bufferOffset += _start;
        _end -= _start;
        _start = 0;
        _checked = 0;
    }

    private void UpdateChecksum()
    {
        _checksum = Adler32.Append(_checksum, _buffer.AsSpan(_checked, _start - _checked));
        _checked = _start;
    }

    private CorruptSnapshotException Corrupt(string reason) => new(FileName, Offset, reason);
}
