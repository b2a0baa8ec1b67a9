using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CoordPS.Storage;

/// <summary>What it takes to make files and their names survive a power failure.</summary>
internal static partial class DurableFile
{
    private const int InterruptedCall = 4;
    private const int InvalidArgument = 22;

    /// <summary>Waits until a file's data, and the metadata needed to read it back, are on the device.</summary>
    public static void Flush(SafeFileHandle handle)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(handle);
            return;
        }

        // .NET offers fsync alone, which also writes the modification time, and with it the journal, on each call.
        bool held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            int descriptor = (int)handle.DangerousGetHandle();
            while (NativeMethods.FDataSync(descriptor) != 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error == InterruptedCall)
                    continue;
                // Pipes and devices such as /dev/null have nothing to sync; FileStream ignores that as well.
                if (error == InvalidArgument)
                    return;
                throw new IOException($"fdatasync: {Marshal.GetPInvokeErrorMessage(error)}", error);
            }
        }
        finally
        {
            if (held)
                handle.DangerousRelease();
        }
    }

    /// <summary>
    /// Waits until the names in a directory are on the device. Windows has no such call, and NTFS journals names by itself.
    /// </summary>
    public static void FlushDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = NativeMethods.Open(directory, 0);
        if (descriptor < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            throw new IOException($"open: {Marshal.GetPInvokeErrorMessage(error)}", error);
        }

        try
        {
            while (NativeMethods.FSync(descriptor) != 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error == InterruptedCall)
                    continue;
                // Some network and FUSE file systems can't sync directories.
                if (error == InvalidArgument)
                    return;
                throw new IOException($"fsync: {Marshal.GetPInvokeErrorMessage(error)}", error);
            }
        }
        finally
        {
            _ = NativeMethods.Close(descriptor);
        }
    }

    /// <summary>
    /// Replaces a file's contents such that after a crash there are either the old contents or the new. Who may read the file stays
    /// as it was.
    /// </summary>
    /// <param name="file">The file; created when missing.</param>
    /// <param name="contents">What it holds then.</param>
    /// <param name="like">A file whose permissions a new one gets; null for the system's default.</param>
    public static void ReplaceAllBytes(string file, ReadOnlySpan<byte> contents, string? like = null)
    {
        string temporary = file + ".tmp";
        string model = File.Exists(file) || like is null ? file : like;
        using (SafeFileHandle handle = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write, FileShare.Read))
        {
            if (!OperatingSystem.IsWindows() && File.Exists(model))
                File.SetUnixFileMode(handle, File.GetUnixFileMode(model));
            RandomAccess.Write(handle, contents, 0);
            Flush(handle);
        }

        File.Move(temporary, file, overwrite: true);
        FlushDirectory(Path.GetDirectoryName(file)!);
    }

    private static partial class NativeMethods
    {
        [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
        internal static partial int FDataSync(int descriptor);

        [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
        internal static partial int FSync(int descriptor);

        [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        internal static partial int Open(string path, int flags);

        [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
        internal static partial int Close(int descriptor);
    }
}
