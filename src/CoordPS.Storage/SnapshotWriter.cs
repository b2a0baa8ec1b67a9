using CoordPS.Protocol;
using Microsoft.Win32.SafeHandles;

namespace CoordPS.Storage;

/// <summary>
/// Writes a snapshot in Apache's format: header, sessions, access control lists, znodes, checksum. Streams; memory does not grow
/// with the tree. The file gets its name only when it is complete and on the device.
/// </summary>
/// <remarks>For one thread. Begin, one or more znodes with every parent before its children, then <see cref="Complete"/>.</remarks>
public sealed class SnapshotWriter : IDisposable
{
    /// <summary>The key of <c>world:anyone:cdrwa</c>, which is in no snapshot's table.</summary>
    public const long OpenUnsafeAclId = -1;

    // Apache takes any file that begins with "snapshot." for one.
    internal const string TemporaryPrefix = "tmp-snapshot.";

    private const int FlushSize = 256 * 1024;

    private readonly string _directory;
    private readonly string _temporary;
    private readonly JuteWriter _writer = new(FlushSize * 2);
    private readonly SafeFileHandle? _handle;
    private readonly Stream? _stream;
    private uint _checksum = Adler32.Initial;
    private long _position;
    private bool _begun;
    private bool _completed;

    /// <summary>Creates the file under a temporary name.</summary>
    /// <param name="directory">An existing <c>version-2</c> directory.</param>
    /// <param name="zxid">
    /// The last transaction that the snapshot surely has: the last applied before the first znode is written. Later ones may be in
    /// it in part; a server replays all after this one.
    /// </param>
    /// <exception cref="StorageException">The file can't be created.</exception>
    /// <param name="received">Whether it comes from a leader: it then does not get in the way of one that this member writes.</param>
    public SnapshotWriter(string directory, long zxid, bool received = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentOutOfRangeException.ThrowIfNegative(zxid);
        _directory = Path.GetFullPath(directory);
        Zxid = zxid;
        FileName = Path.Combine(_directory, StorageFile.SnapshotName(zxid));
        _temporary = Path.Combine(
            _directory, TemporaryPrefix + zxid.ToString("x", System.Globalization.CultureInfo.InvariantCulture) + (received ? ".received" : ""));
        try
        {
            _handle = File.OpenHandle(_temporary, FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e))
        {
            _writer.Dispose();
            throw Failure("create", e);
        }
    }

    /// <summary>
    /// Writes a snapshot as a leader sends it to a learner: sessions, access control lists and znodes, without a file's header and
    /// checksum.
    /// </summary>
    /// <param name="stream">Where to; it is left open.</param>
    /// <param name="zxid">As for a file.</param>
    public SnapshotWriter(Stream stream, long zxid)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        Zxid = zxid;
        FileName = _directory = _temporary = "";
    }

    /// <summary>The zxid in the snapshot's name.</summary>
    public long Zxid { get; }

    /// <summary>Full path the snapshot has once it is complete.</summary>
    public string FileName { get; }

    /// <summary>Bytes written so far.</summary>
    public long Length => _position + _writer.Length;

    /// <summary>Writes what comes before the znodes.</summary>
    /// <param name="sessions">The open sessions and their timeouts in milliseconds.</param>
    /// <param name="acls">The access control lists by the keys that <see cref="WriteNode(ReadOnlySpan{byte}, ReadOnlySpan{byte}, bool, long, in StatPersisted)"/> is given.</param>
    /// <exception cref="StorageException">The disk is full or failed.</exception>
    public void Begin(IReadOnlyCollection<(long Id, int TimeoutMilliseconds)> sessions, IReadOnlyCollection<KeyValuePair<long, IReadOnlyList<Acl>>> acls)
    {
        ArgumentNullException.ThrowIfNull(sessions);
        ArgumentNullException.ThrowIfNull(acls);
        if (_begun)
            throw new InvalidOperationException("The snapshot has begun already.");
        _begun = true;
        if (_stream is null)
            new FileHeader(FileHeader.SnapshotMagic, FileHeader.CurrentVersion, -1).Write(_writer);
        _writer.WriteInt32(sessions.Count);
        foreach ((long id, int timeout) in sessions)
        {
            _writer.WriteInt64(id);
            _writer.WriteInt32(timeout);
            FlushIfFull();
        }

        _writer.WriteInt32(acls.Count);
        foreach ((long id, IReadOnlyList<Acl> acl) in acls)
        {
            _writer.WriteInt64(id);
            _writer.WriteVector(acl);
            FlushIfFull();
        }
    }

    /// <summary>Writes a znode.</summary>
    /// <param name="path">Its path in UTF-8; <c>/</c> or nothing for the root.</param>
    /// <param name="data">Its data.</param>
    /// <param name="isDataNull">Whether the data is null rather than empty.</param>
    /// <param name="aclId">The key of its access control list.</param>
    /// <param name="stat">Its metadata.</param>
    /// <exception cref="StorageException">The disk is full or failed.</exception>
    public void WriteNode(ReadOnlySpan<byte> path, ReadOnlySpan<byte> data, bool isDataNull, long aclId, in StatPersisted stat)
    {
        ThrowUnlessOpen();
        // Apache's tree calls the root "" and ends the list of znodes with "/".
        _writer.WriteBuffer(path.SequenceEqual("/"u8) ? default : path);
        WriteRest(data, isDataNull, aclId, stat);
    }

    /// <summary>Writes a znode.</summary>
    /// <param name="path">Its path; <c>/</c> for the root.</param>
    /// <param name="data">Its data; null and empty are told apart.</param>
    /// <param name="aclId">The key of its access control list.</param>
    /// <param name="stat">Its metadata.</param>
    /// <exception cref="StorageException">The disk is full or failed.</exception>
    public void WriteNode(string path, byte[]? data, long aclId, in StatPersisted stat)
    {
        ArgumentNullException.ThrowIfNull(path);
        ThrowUnlessOpen();
        _writer.WriteString(path == ZPath.Root ? "" : path);
        WriteRest(data, data is null, aclId, stat);
    }

    /// <summary>Writes all that another snapshot has, which is read to its end and so checked, and completes this one.</summary>
    /// <param name="source">A snapshot of which no znode has been read.</param>
    /// <param name="progress">Told the number of znodes written so far, or null.</param>
    /// <param name="cancellationToken">Ends the writing; the snapshot is not completed.</param>
    /// <exception cref="StorageException">The other snapshot is damaged, or the disk is full or failed.</exception>
    public void CopyFrom(SnapshotReader source, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        Begin(source.Sessions, source.Acls);
        while (source.ReadNode(out SnapshotNodeSpan node))
        {
            cancellationToken.ThrowIfCancellationRequested();
            WriteNode(node.Path, node.Data, node.IsDataNull, node.AclId, node.Stat);
            progress?.Invoke(source.NodeCount);
        }

        Complete(source.Digest);
    }

    /// <summary>Ends the snapshot, syncs it and gives it its name.</summary>
    /// <param name="digest">The tree's digest, if the member keeps one.</param>
    /// <returns>Full path of the snapshot.</returns>
    /// <exception cref="StorageException">The disk is full or failed; the file has not got its name.</exception>
    public string Complete(ZxidDigest? digest = null)
    {
        ThrowUnlessOpen();
        _writer.WriteString(ZPath.Root);
        if (_stream is not null)
        {
            Flush();
            _completed = true;
            return FileName;
        }

        Seal();
        if (digest is { } d)
        {
            _writer.WriteInt64(d.Zxid);
            _writer.WriteInt32(d.Version);
            _writer.WriteInt64(d.Digest);
            Seal();
        }

        Flush();
        try
        {
            DurableFile.Flush(_handle!);
            _handle!.Dispose();
            File.Move(_temporary, FileName, overwrite: true);
            _completed = true;
            DurableFile.FlushDirectory(_directory);
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e))
        {
            throw Failure("complete", e);
        }

        return FileName;
    }

    /// <summary>Closes the writer; a snapshot that is not complete is deleted.</summary>
    public void Dispose()
    {
        _handle?.Dispose();
        _writer.Dispose();
        if (_completed || _handle is null)
            return;
        _completed = true;
        try
        {
            File.Delete(_temporary);
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e))
        {
            // It has no snapshot's name, and DataDirectory.Open removes it.
        }
    }

    private void WriteRest(ReadOnlySpan<byte> data, bool isDataNull, long aclId, in StatPersisted stat)
    {
        if (isDataNull)
            _writer.WriteInt32(-1);
        else
            _writer.WriteBuffer(data);
        _writer.WriteInt64(aclId);
        stat.Write(_writer);
        FlushIfFull();
    }

    /// <summary>Writes the checksum of everything so far, and the "/" that Apache looks for at the end of a snapshot.</summary>
    private void Seal()
    {
        Flush();
        _writer.WriteInt64(_checksum);
        _writer.WriteString(ZPath.Root);
    }

    private void FlushIfFull()
    {
        if (_writer.Length >= FlushSize)
            Flush();
    }

    private void Flush()
    {
        ReadOnlySpan<byte> bytes = _writer.WrittenSpan;
        if (_stream is not null)
        {
            _stream.Write(bytes);
            _position += bytes.Length;
            _writer.Clear();
            return;
        }

        try
        {
            RandomAccess.Write(_handle!, bytes, _position);
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e))
        {
            throw Failure("write", e);
        }

        _checksum = Adler32.Append(_checksum, bytes);
        _position += bytes.Length;
        _writer.Clear();
    }

    private void ThrowUnlessOpen()
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        if (!_begun)
            throw new InvalidOperationException("Call Begin before the first znode.");
    }

    private StorageException Failure(string what, Exception e) =>
        new($"Can't {what} snapshot '{FileName}': {e.Message} Check the disk, its free space and the directory's permissions.", FileName, e);
}
