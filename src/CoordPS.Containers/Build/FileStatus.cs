using System.Runtime.InteropServices;

namespace CoordPS.Containers;

/// <summary>The kind of a file.</summary>
internal enum FileKind
{
    Regular,
    Directory,
    SymbolicLink,
    Fifo,
    CharacterDevice,
    BlockDevice,
    Socket,
}

/// <summary>What a tar has to say of a file; of a link itself, not its target.</summary>
internal readonly partial record struct FileStatus(FileKind Kind, UnixFileMode Mode, DateTimeOffset Modified, long Size)
{
    private const int AtCurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint BasicFields = 0x7ff;

    /// <summary>How many names the file has; 1 where the system does not say.</summary>
    public uint Links { get; private init; } = 1;

    /// <summary>What the names of one file have in common.</summary>
    public (uint, uint, ulong) Identity { get; private init; }

    /// <summary>The numbers of a device.</summary>
    public (uint Major, uint Minor) Device { get; private init; }

    /// <summary>Looks at a file. Special files and hard links are told from others on Linux only.</summary>
    /// <exception cref="IOException">It can't be looked at.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public static FileStatus Of(FileSystemInfo file)
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                return OfLinux(file.FullName);
            }
            catch (EntryPointNotFoundException)
            {
                // A C library from before statx.
            }
        }

        FileKind kind = file.LinkTarget is not null ? FileKind.SymbolicLink : file is DirectoryInfo ? FileKind.Directory : FileKind.Regular;
        const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        // Windows has no modes: as the docker command there, everything may be run.
        UnixFileMode mode = OperatingSystem.IsWindows() ? Executable : file.UnixFileMode;
        return new FileStatus(kind, mode, new DateTimeOffset(file.LastWriteTimeUtc), kind == FileKind.Regular ? ((FileInfo)file).Length : 0);
    }

    private static FileStatus OfLinux(string path)
    {
        if (StatX(AtCurrentDirectory, path, NoFollow, BasicFields, out StatXBuffer buffer) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            string message = $"'{path}': {Marshal.GetPInvokeErrorMessage(error)}";
            const int NotPermitted = 1, AccessDenied = 13;
            throw error is NotPermitted or AccessDenied ? new UnauthorizedAccessException(message) : new IOException(message);
        }

        FileKind kind = (buffer.Mode & 0xf000) switch
        {
            0x4000 => FileKind.Directory,
            0xa000 => FileKind.SymbolicLink,
            0x1000 => FileKind.Fifo,
            0x2000 => FileKind.CharacterDevice,
            0x6000 => FileKind.BlockDevice,
            0xc000 => FileKind.Socket,
            _ => FileKind.Regular,
        };
        return new FileStatus(kind, (UnixFileMode)(buffer.Mode & 0xfff), DateTimeOffset.FromUnixTimeSeconds(buffer.ModifiedSeconds), (long)buffer.Size)
        {
            Links = buffer.Links,
            Identity = (buffer.DeviceMajor, buffer.DeviceMinor, buffer.Inode),
            Device = (buffer.SpecialMajor, buffer.SpecialMinor),
        };
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int StatX(int directory, string path, int flags, uint mask, out StatXBuffer buffer);

    /// <summary>The kernel's <c>struct statx</c>, the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatXBuffer
    {
        [FieldOffset(16)]
        public uint Links;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(128)]
        public uint SpecialMajor;

        [FieldOffset(132)]
        public uint SpecialMinor;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
