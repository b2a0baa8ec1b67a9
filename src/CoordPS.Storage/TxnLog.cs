using System.Buffers.Binary;
using System.Diagnostics;
using CoordPS.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace CoordPS.Storage;

/// <summary>
/// Appends to a member's transaction log, in Apache's format: files named <c>log.&lt;hex zxid of the first transaction&gt;</c>,
/// each a <see cref="FileHeader"/>, records (Adler-32 as a long, length, transaction, <c>'B'</c>) and zeros up to the preallocated size.
/// </summary>
/// <remarks>
/// For one thread at a time; the counters may be read from any. What <see cref="Append"/> takes is durable once the next
/// <see cref="Commit"/> has returned, and not before. After a failed write or sync the state of the file is unknown: every later call
/// throws, and only reading the log anew tells what it holds.
/// </remarks>
public sealed class TxnLog : IDisposable
{
    internal const int RecordOverhead = sizeof(long) + sizeof(int) + 1;
    internal const byte EndOfRecord = (byte)'B';

    private const int BufferCapacity = 1024 * 1024;
    private const int PaddingMargin = 4096;

    private readonly string _directory;
    private readonly TxnLogOptions _options;
    private readonly ILogger _logger;
    private byte[] _buffer = new byte[BufferCapacity];
    private int _buffered;
    private SafeFileHandle? _handle;
    private string? _file;
    private long _position;
    private long _allocated;
    private bool _unsynced;
    private bool _directoryUnsynced;
    private long _lastZxid;
    private long _currentFileSize;
    private long _lastSyncTicks;
    private StorageException? _failure;
    private bool _disposed;

    /// <summary>Prepares to append; no file is opened before the first transaction.</summary>
    /// <param name="directory">An existing <c>version-2</c> directory.</param>
    /// <param name="options">How to write; null for the defaults.</param>
    /// <param name="logger">Told of new files, refused transactions and slow syncs.</param>
    /// <param name="lastZxid">The last transaction the directory's logs and snapshots hold; later ones only are accepted.</param>
    public TxnLog(string directory, TxnLogOptions? options = null, ILogger? logger = null, long lastZxid = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _directory = Path.GetFullPath(directory);
        _options = options ?? new TxnLogOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(_options.PreAllocSize, nameof(options));
        _logger = logger ?? NullLogger.Instance;
        _lastZxid = lastZxid;
    }

    /// <summary>The last transaction appended, committed or not.</summary>
    public long LastLoggedZxid => Volatile.Read(ref _lastZxid);

    /// <summary>Bytes of header and records in the current file, without padding and with those not yet committed; 0 when none is open.</summary>
    public long CurrentFileSize => Volatile.Read(ref _currentFileSize);

    /// <summary>Full path of the current file; null when none is open.</summary>
    public string? CurrentFile => Volatile.Read(ref _file);

    /// <summary>How long the last sync took; zero before the first.</summary>
    public TimeSpan LastSyncDuration => new(Volatile.Read(ref _lastSyncTicks));

    /// <summary>
    /// Takes a transaction into the log's buffer. Nothing is durable before <see cref="Commit"/>. A zxid that is not above
    /// <see cref="LastLoggedZxid"/> is refused with a warning.
    /// </summary>
    /// <param name="zxid">The transaction's id: the one in its header.</param>
    /// <param name="entry">The serialized <see cref="TxnHeader"/>, record and optional <see cref="TxnDigest"/>. It is copied.</param>
    /// <returns>Whether it was taken.</returns>
    /// <exception cref="StorageException">The file can't be created or written, or an earlier call failed.</exception>
    public bool Append(long zxid, ReadOnlySpan<byte> entry)
    {
        ThrowIfUnusable();
        ArgumentOutOfRangeException.ThrowIfLessThan(entry.Length, TxnLogRecord.HeaderSize, nameof(entry));
        if (zxid <= _lastZxid)
        {
            _logger.LogWarning("Transaction 0x{Zxid:x} is not above the last logged 0x{LastZxid:x} and is not logged again.", zxid, _lastZxid);
            return false;
        }

        if (_handle is null)
            OpenFile(zxid);
        int size = RecordOverhead + entry.Length;
        if (_buffer.Length - _buffered < size)
        {
            WriteOut();
            if (_buffer.Length < size)
                _buffer = new byte[size];
        }

        Span<byte> record = _buffer.AsSpan(_buffered, size);
        BinaryPrimitives.WriteInt64BigEndian(record, Adler32.Compute(entry));
        BinaryPrimitives.WriteInt32BigEndian(record[8..], entry.Length);
        entry.CopyTo(record[12..]);
        record[^1] = EndOfRecord;
        _buffered += size;
        Volatile.Write(ref _currentFileSize, _currentFileSize + size);
        Volatile.Write(ref _lastZxid, zxid);
        return true;
    }

    /// <summary>Writes what was appended and, with <see cref="TxnLogOptions.ForceSync"/>, waits until the device has it.</summary>
    /// <exception cref="StorageException">The disk is full or failed, now or in an earlier call. Nothing appended since the last commit may be acknowledged.</exception>
    public void Commit()
    {
        ThrowIfUnusable();
        WriteOut();
        if (_handle is null || !_unsynced)
            return;
        if (_options.ForceSync)
        {
            long start = Stopwatch.GetTimestamp();
            try
            {
                DurableFile.Flush(_handle);
                if (_directoryUnsynced)
                    DurableFile.FlushDirectory(_directory);
            }
            catch (Exception e) when (IsIoFailure(e))
            {
                throw Break("sync", e);
            }

            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            Volatile.Write(ref _lastSyncTicks, elapsed.Ticks);
            if (elapsed > _options.FsyncWarningThreshold)
            {
                _logger.LogWarning(
                    "Syncing transaction log {File} ({Size} bytes) took {Milliseconds} ms, and writes waited for it. Give the log a disk of its own (dataLogDir).",
                    _file, _allocated, (long)elapsed.TotalMilliseconds);
            }
        }

        _unsynced = false;
        _directoryUnsynced = false;
    }

    /// <summary>Commits and closes the current file, so that the next transaction begins a new one. Does nothing when none is open.</summary>
    /// <exception cref="StorageException">As <see cref="Commit"/>.</exception>
    public void Roll()
    {
        Commit();
        CloseFile();
    }

    /// <summary>
    /// Removes every transaction after a zxid from a directory's logs, as a leader's TRUNC asks for. No log may be open. Files of
    /// later transactions only are deleted, newest first, so that a crash in between leaves a whole prefix.
    /// </summary>
    /// <param name="directory">The <c>version-2</c> directory.</param>
    /// <param name="zxid">The last transaction to keep.</param>
    /// <returns>The last transaction that is left at or before <paramref name="zxid"/>; 0 when none is.</returns>
    /// <exception cref="StorageException">There are no logs, or a file can't be changed.</exception>
    /// <exception cref="CorruptLogException">A log is corrupt before <paramref name="zxid"/>.</exception>
    public static long Truncate(string directory, long zxid) => TxnLogDirectory.Truncate(directory, zxid);

    /// <summary>Closes the file. What was appended after the last <see cref="Commit"/> is dropped.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        CloseFile();
        _buffer = [];
    }

    /// <summary>The size to grow a file to before writing at a position: unchanged unless less than 4 KiB are left.</summary>
    internal static long PaddedSize(long position, long size, long preAllocSize)
    {
        if (preAllocSize <= 0 || position + PaddingMargin < size)
            return size;
        if (position <= size)
            return size + preAllocSize;
        size = position + preAllocSize;
        return size - (size % preAllocSize);
    }

    internal static bool IsIoFailure(Exception e) => e is IOException or UnauthorizedAccessException;

    private void OpenFile(long zxid)
    {
        string file = Path.Combine(_directory, StorageFile.LogName(zxid));
        try
        {
            if (File.Exists(file))
            {
                // A crash right after a file was created leaves one without a whole record: it may be replaced, and only it.
                using (var reader = new TxnLogReader(file))
                {
                    if (reader.Read())
                    {
                        throw new StorageException(
                            $"Transaction log '{file}' exists and holds transactions. Move it away, or let the server recover from it first.", file);
                    }
                }

                _logger.LogInformation("Replacing transaction log {File}, which holds no transaction.", file);
            }

            _handle = File.OpenHandle(file, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (IsIoFailure(e))
        {
            _failure = e as StorageException ?? new StorageException(
                $"Can't create transaction log '{file}': {e.Message} Check the directory's permissions and free space, and start the member again.", file, e);
            throw _failure;
        }

        _logger.LogInformation("Creating new log file: {File}", file);
        Volatile.Write(ref _file, file);
        _directoryUnsynced = true;
        _unsynced = true;
        _position = 0;
        _allocated = FileHeader.Size;
        Span<byte> header = _buffer.AsSpan(0, FileHeader.Size);
        BinaryPrimitives.WriteInt32BigEndian(header, FileHeader.TxnLogMagic);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], FileHeader.CurrentVersion);
        BinaryPrimitives.WriteInt64BigEndian(header[8..], 0);
        _buffered = FileHeader.Size;
        Volatile.Write(ref _currentFileSize, FileHeader.Size);
    }

    private void WriteOut()
    {
        if (_buffered == 0)
            return;
        try
        {
            long end = _position + _buffered;
            long size = PaddedSize(Math.Max(_position, FileHeader.Size), _allocated, _options.PreAllocSize);
            if (end > size)
                size = PaddedSize(end, size, _options.PreAllocSize);
            if (size > _allocated && _options.PreAllocSize > 0)
                RandomAccess.SetLength(_handle!, size);
            RandomAccess.Write(_handle!, _buffer.AsSpan(0, _buffered), _position);
            _allocated = Math.Max(size, end);
            _position = end;
            _buffered = 0;
            _unsynced = true;
        }
        catch (Exception e) when (IsIoFailure(e))
        {
            throw Break("write", e);
        }

        if (_buffer.Length > BufferCapacity)
            _buffer = new byte[BufferCapacity];
    }

    private void CloseFile()
    {
        _handle?.Dispose();
        _handle = null;
        _buffered = 0;
        Volatile.Write(ref _file, null);
        Volatile.Write(ref _currentFileSize, 0);
    }

    private StorageException Break(string what, Exception cause)
    {
        _failure = new StorageException(
            $"Can't {what} transaction log '{_file}': {cause.Message} What was not committed may be lost. "
            + "Check the disk and its free space, and start the member again.", _file, cause);
        return _failure;
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_failure is not null)
            throw new StorageException($"The transaction log is closed after a failure: {_failure.Message}", _failure.File, _failure);
    }
}
