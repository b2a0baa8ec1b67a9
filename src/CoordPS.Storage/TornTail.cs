namespace CoordPS.Storage;

/// <summary>
/// What a crash left after the last whole record of a log: a record written in part, which was never committed. Zeros alone, as
/// preallocation leaves them, are no torn tail.
/// </summary>
/// <param name="File">Full path of the log file.</param>
/// <param name="Offset">The end of the last whole record, where the file is to be cut; 0 when even the file's header is incomplete.</param>
/// <param name="Length">Bytes from there to the last that is not zero.</param>
/// <param name="LastZxid">The file's last whole transaction; 0 when it has none.</param>
/// <param name="Reason">What is incomplete, without a full stop.</param>
public sealed record TornTail(string File, long Offset, long Length, long LastZxid, string Reason)
{
    /// <summary>
    /// Cuts the file at <see cref="Offset"/> and syncs it; a file without a whole record is deleted. Apache reads the result.
    /// </summary>
    /// <exception cref="StorageException">The file can't be changed.</exception>
    public void Cut()
    {
        try
        {
            if (LastZxid == 0)
            {
                System.IO.File.Delete(File);
            }
            else
            {
                using var handle = System.IO.File.OpenHandle(File, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
                RandomAccess.SetLength(handle, Offset);
                DurableFile.Flush(handle);
            }

            DurableFile.FlushDirectory(Path.GetDirectoryName(File)!);
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e))
        {
            throw new StorageException($"Can't cut the torn tail of transaction log '{File}' at byte {Offset}: {e.Message} Check the disk and the file's permissions.", File, e);
        }
    }
}
