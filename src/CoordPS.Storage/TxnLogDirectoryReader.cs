namespace CoordPS.Storage;

/// <summary>
/// Reads the logs of a directory as one, in the order of their zxids. A transaction that is logged twice is read once.
/// </summary>
/// <remarks>
/// A torn end is a torn tail when no whole record comes after it. Where one does, in a later file, it has to go on exactly where the
/// torn file's whole records end: then a server crashed, recovered without cutting its log (as Apache does) and began a new file, and
/// nothing is lost. Anything else is corruption.
/// </remarks>
public sealed class TxnLogDirectoryReader : IDisposable
{
    private readonly IReadOnlyList<StorageFile> _files;
    private readonly TxnLogReadOptions _options;
    private readonly List<TornTail> _torn = [];
    private readonly long _fromZxid;
    private TxnLogReader? _reader;
    private int _next;
    private bool _ended;

    internal TxnLogDirectoryReader(string directory, long fromZxid, TxnLogReadOptions options)
    {
        _files = TxnLogDirectory.Files(directory);
        _options = options;
        _fromZxid = fromZxid;
        LastZxid = Math.Max(0, fromZxid - 1);
        _next = TxnLogDirectory.FirstNeeded(_files, fromZxid);
    }

    /// <summary>The record last read. Its memory is valid until the next call of <see cref="Read"/>.</summary>
    public TxnLogRecord Current { get; private set; }

    /// <summary>The last transaction read; before the first, the one before the zxid asked for.</summary>
    public long LastZxid { get; private set; }

    /// <summary>
    /// Once <see cref="Read"/> has returned false: the torn tails, usually none or one, oldest first. A server cuts each before it
    /// appends, so that every reader, Apache's too, sees a log that ends at a whole record.
    /// </summary>
    public IReadOnlyList<TornTail> TornTails => _ended ? _torn : [];

    /// <summary>Reads the next transaction into <see cref="Current"/>.</summary>
    /// <returns>False at the end of the last log: see <see cref="TornTails"/>.</returns>
    /// <exception cref="CorruptLogException">A log is corrupt before the tail, or transactions are missing.</exception>
    /// <exception cref="StorageException">A file can't be read.</exception>
    public bool Read()
    {
        while (!_ended)
        {
            if (_reader is null)
            {
                if (_next == _files.Count)
                {
                    _ended = true;
                    break;
                }

                StorageFile file = _files[_next++];
                if (_options.RequireContinuity && file.Zxid >= _fromZxid && file.Zxid > LastZxid)
                    CheckFollows(file.Zxid, file.FullName, 0);
                _reader = new TxnLogReader(file.FullName);
            }

            if (!_reader.Read())
            {
                if (_reader.Torn is { } torn)
                    _torn.Add(torn);
                _reader.Dispose();
                _reader = null;
                continue;
            }

            TxnLogRecord record = _reader.Current;
            if (record.Zxid <= LastZxid)
                continue;
            if (_torn.Count > 0)
            {
                TornTail torn = _torn[0];
                if (!Follows(Math.Max(torn.LastZxid, LastZxid), record.Zxid))
                {
                    throw new CorruptLogException(torn.File, torn.Offset,
                        $"{torn.Reason}, and the next transaction logged is 0x{record.Zxid:x} in '{Path.GetFileName(record.File)}'", torn.LastZxid);
                }

                _torn.Clear();
            }

            if (_options.RequireContinuity)
                CheckFollows(record.Zxid, record.File, record.Offset);
            Current = record;
            LastZxid = record.Zxid;
            return true;
        }

        Current = default;
        return false;
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        _ended = true;
        _reader?.Dispose();
    }

    /// <summary>Whether a zxid can come next: the following one, or the first of a later epoch.</summary>
    internal static bool Follows(long last, long zxid) => zxid == last + 1 || (zxid >> 32 > last >> 32 && (uint)zxid <= 1);

    private void CheckFollows(long zxid, string file, long offset)
    {
        if (Follows(LastZxid, zxid))
            return;
        if (_torn.Count > 0)
        {
            TornTail torn = _torn[0];
            throw new CorruptLogException(torn.File, torn.Offset, $"{torn.Reason}, and the next log begins at 0x{zxid:x}", torn.LastZxid);
        }

        throw new CorruptLogException(file, offset,
            $"it goes on with transaction 0x{zxid:x}, and those after 0x{LastZxid:x} are missing", LastZxid);
    }
}
