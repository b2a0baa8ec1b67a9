using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace CoordPS.Containers;

/// <summary>
/// A folder that a build may copy from, as the tar that the engine reads: written as it is read, never held. All belongs to root, as with the
/// docker command; modes, links and times are kept.
/// </summary>
internal sealed class BuildContext
{
    private const string IgnoreFile = ".dockerignore";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _directory;
    private readonly DockerIgnore _ignore;
    private readonly Dictionary<(uint, uint, ulong), string> _hardLinks = [];
    private readonly Dictionary<string, byte[]> _replaced = new(StringComparer.Ordinal);

    private BuildContext(string directory, string dockerfile, DockerIgnore ignore)
    {
        _directory = directory;
        DockerfileName = dockerfile;
        _ignore = ignore;
    }

    /// <summary>The Dockerfile's path in the tar.</summary>
    public string DockerfileName { get; private set; }

    /// <summary>Looks at a folder.</summary>
    /// <param name="directory">Its path.</param>
    /// <param name="dockerfile">The path of the Dockerfile, which may be elsewhere; <c>Dockerfile</c> or <c>dockerfile</c> in the folder if null.</param>
    /// <exception cref="DockerException">The folder or the Dockerfile is missing or can't be read, or a pattern of <c>.dockerignore</c> is malformed.</exception>
    public static BuildContext Open(string directory, string? dockerfile = null)
    {
        string root = GoPath.Resolve(directory);
        if (!Directory.Exists(root))
        {
            throw new DockerException(DockerError.BuildContextUnreadable, $"There is no folder '{directory}' to build from",
                "Name the folder that the Dockerfile copies from.", directory);
        }

        string file = GoPath.Resolve(dockerfile ?? DefaultDockerfile(root));
        if (!File.Exists(file))
        {
            throw new DockerException(DockerError.DockerfileInvalid, $"There is no Dockerfile '{dockerfile ?? file}'",
                "Write one, with New-CoordDockerfile for instance, or name it with -File.", file);
        }

        string relative = GoPath.FromSystem(Path.GetRelativePath(root, file));
        bool outside = relative.StartsWith("../", StringComparison.Ordinal) || Path.IsPathRooted(relative);
        string ownIgnoreFile = $"{file}{IgnoreFile}";
        if (!outside && !File.Exists(ownIgnoreFile))
        {
            // The engine takes both away again if they are to be ignored; it needs to see them first.
            DockerIgnore ignore = ReadIgnore(Path.Combine(root, IgnoreFile)).Including(IgnoreFile).Including(relative);
            return new BuildContext(root, relative, ignore);
        }

        var context = new BuildContext(root, relative, ReadIgnore(File.Exists(ownIgnoreFile) ? ownIgnoreFile : Path.Combine(root, IgnoreFile)));
        context.AddDockerfile(file);
        return context;
    }

    /// <summary>Writes the tar.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="DockerException">Something can't be read, or changes while it is.</exception>
    public async Task WriteAsync(Stream output, CancellationToken ct)
    {
        _hardLinks.Clear();
        var writer = new TarWriter(output, TarEntryFormat.Pax, leaveOpen: true);
        await WriteFolderAsync(writer, new DirectoryInfo(_directory), "", IgnoreMatch.Root, ct).ConfigureAwait(false);
        foreach ((string name, byte[] content) in _replaced.OrderBy(static file => file.Key, StringComparer.Ordinal))
        {
            using var data = new MemoryStream(content, writable: false);
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { Mode = OwnerOnly, DataStream = data }, ct).ConfigureAwait(false);
        }

        // Only now: it writes the mark of a complete archive, and holds nothing of its own.
        await writer.DisposeAsync().ConfigureAwait(false);
    }

    private static string DefaultDockerfile(string root)
    {
        string usual = Path.Combine(root, "Dockerfile"), small = Path.Combine(root, "dockerfile");
        return !File.Exists(usual) && File.Exists(small) ? small : usual;
    }

    private static DockerIgnore ReadIgnore(string file)
    {
        try
        {
            return DockerIgnore.Parse(File.ReadAllLines(file), file);
        }
        catch (FileNotFoundException)
        {
            return DockerIgnore.None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(file, e);
        }
    }

    /// <summary>
    /// Sends the Dockerfile under a name of its own, which the engine keeps out of the image because a <c>.dockerignore</c> that is sent says so:
    /// the way of the docker command for a Dockerfile that is not in the folder.
    /// </summary>
    private void AddDockerfile(string file)
    {
        string name = $".dockerfile.{RandomNumberGenerator.GetHexString(20, lowercase: true)}";
        string sent = Path.Combine(_directory, IgnoreFile);
        try
        {
            string ignored = File.Exists(sent) && !_ignore.Match(IgnoreFile).Ignored ? File.ReadAllText(sent) : IgnoreFile;
            _replaced.Add(name, File.ReadAllBytes(file));
            _replaced.Add(IgnoreFile, Encoding.UTF8.GetBytes($"{ignored}\n{name}\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(e is FileNotFoundException { FileName: { } missing } ? missing : file, e);
        }

        DockerfileName = name;
    }

    private async Task WriteFolderAsync(TarWriter writer, DirectoryInfo folder, string prefix, IgnoreMatch match, CancellationToken ct)
    {
        FileSystemInfo[] files;
        try
        {
            files = folder.GetFileSystemInfos();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(folder.FullName, e);
        }

        Array.Sort(files, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        foreach (FileSystemInfo file in files)
        {
            ct.ThrowIfCancellationRequested();
            string name = prefix + file.Name;
            if (_replaced.ContainsKey(name))
                continue;
            IgnoreMatch own = _ignore.Match(name, match);
            bool isFolder = file is DirectoryInfo && file.LinkTarget is null;
            if (own.Ignored && !(isFolder && _ignore.MayIncludeBelow(name)))
                continue;
            if (!own.Ignored)
                await WriteFileAsync(writer, file, name, ct).ConfigureAwait(false);
            if (isFolder)
                await WriteFolderAsync(writer, (DirectoryInfo)file, name + "/", own, ct).ConfigureAwait(false);
        }
    }

    private async Task WriteFileAsync(TarWriter writer, FileSystemInfo file, string name, CancellationToken ct)
    {
        FileStatus status;
        FileStream? content = null;
        try
        {
            status = FileStatus.Of(file);
            if (status.Kind == FileKind.Regular && !IsKnownLink(status))
            {
                content = new FileStream(file.FullName, new FileStreamOptions
                {
                    Share = FileShare.ReadWrite | FileShare.Delete,
                    Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
                    BufferSize = 0,
                });
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(file.FullName, e);
        }

        await using ((content ?? Stream.Null).ConfigureAwait(false))
        {
            PaxTarEntry? entry = EntryFor(file, status, name);
            if (entry is null)
                return;
            entry.Mode = status.Mode;
            entry.ModificationTime = DateTimeOffset.FromUnixTimeSeconds(status.Modified.ToUnixTimeSeconds());
            if (content is not null && status.Links > 1)
                _hardLinks.Add(status.Identity, name);
            if (content is not null && status.Size > 0)
                entry.DataStream = new FixedLengthStream(content, status.Size);
            await writer.WriteEntryAsync(entry, ct).ConfigureAwait(false);
        }
    }

    private PaxTarEntry? EntryFor(FileSystemInfo file, FileStatus status, string name) => status.Kind switch
    {
        FileKind.Directory => new PaxTarEntry(TarEntryType.Directory, name + "/"),
        FileKind.SymbolicLink => new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = GoPath.FromSystem(file.LinkTarget!) },
        FileKind.Fifo => new PaxTarEntry(TarEntryType.Fifo, name),
        FileKind.CharacterDevice => new PaxTarEntry(TarEntryType.CharacterDevice, name) { DeviceMajor = (int)status.Device.Major, DeviceMinor = (int)status.Device.Minor },
        FileKind.BlockDevice => new PaxTarEntry(TarEntryType.BlockDevice, name) { DeviceMajor = (int)status.Device.Major, DeviceMinor = (int)status.Device.Minor },
        // A tar has no form for them, and nobody can listen in an image.
        FileKind.Socket => null,
        _ when IsKnownLink(status) => new PaxTarEntry(TarEntryType.HardLink, name) { LinkName = _hardLinks[status.Identity] },
        _ => new PaxTarEntry(TarEntryType.RegularFile, name),
    };

    private bool IsKnownLink(FileStatus status) => status.Links > 1 && _hardLinks.ContainsKey(status.Identity);

    /// <summary>The error of a file that is still being written.</summary>
    internal static DockerException SizeChanged(string path) => new(
        DockerError.BuildContextUnreadable, $"'{path}' of the build context changed its size while it was read",
        "Let whatever writes it finish, or name it in .dockerignore.", path);

    /// <summary>The error of a file that can't be read.</summary>
    internal static DockerException Unreadable(string path, Exception e) => new(
        DockerError.BuildContextUnreadable,
        $"'{path}' of the build context can't be read: {(e is UnauthorizedAccessException ? $"{Environment.UserName} may not" : e.Message.TrimEnd('.'))}",
        "Change its mode or owner, or name it in .dockerignore.", path, inner: e);
}
