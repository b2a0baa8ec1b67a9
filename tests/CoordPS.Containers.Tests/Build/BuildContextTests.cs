using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using CoordPS.Testing;

namespace CoordPS.Containers.Tests;

public sealed class BuildContextTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>Ignore files, a pattern per word.</summary>
    public static TheoryData<string> IgnoreFiles => [.. Cases];

    private static readonly string[] Cases =
    [
        "", "docs", "docs/", "/docs", "./docs/.", "docs/*", "docs/*.md", "*.md", "**/*.md", "**/*.md !README.md", "* !src", "* !src/app", "** !src/app/main.c",
        "docs !docs/README.md", "docs/* !docs/README.md", "docs/** !docs/a", "src/**/test", "**/test/**", "**/test", "src/**", "src** !src/app",
        "src/app/../lib", "!docs docs", "docs !docs docs", "a?c", "a[b-d]c", "a[^b-d]c", "[ad]*", @"a\*c", "Dockerfile .dockerignore",
        "**", "*", "* !**/*.md", "docs !**/README.md", ".*", "**/.*", "src/app/main.c/..", "!src !docs", "# docs", "src/*/test !src/app/test/x", "..", "../docs", ".",
        "/", "//docs//a", "d*s", "**/a", "**/app/**/x", "**/*/test", "*/*/test", "src/app/test/", "a*/** !a*/x", "link", "empty", "!empty", "* !*.md !docs/*.md", "docs/a/**/c",
        "src/lib/** !src/lib/deep/er/x", "src/lib !src/lib/deep/er/x", "ünï*", "?ní", "a☺c", "a?*c**",
    ];

    [PeerTheory(Peer.DockerCommand)]
    [MemberData(nameof(IgnoreFiles))]
    public async Task Sends_what_the_docker_command_sends(string patterns)
    {
        MakeTree();
        await File.WriteAllTextAsync(_directory.Combine(".dockerignore"), string.Join('\n', patterns.StartsWith('#') ? [patterns] : patterns.Split(' ')));
        await AssertSameAsDockerAsync();
    }

    /// <summary>Docker 23 reads these otherwise than those before it, which looked at one folder above a file only.</summary>
    [PeerTheory(Peer.DockerCommand23)]
    [InlineData("docs !docs/README.md docs")]
    [InlineData("**test")]
    [InlineData("**/deep !src/lib/deep/er")]
    public Task Sends_what_newer_docker_commands_send(string patterns) => Sends_what_the_docker_command_sends(patterns);

    [PeerFact(Peer.DockerCommand23)]
    public async Task Sends_what_the_docker_command_sends_for_any_patterns()
    {
        MakeTree();
        var random = new Random(20);
        string[] names = ["docs", "src", "app", "test", "lib", "deep", "README.md", "main.c", "*", "**", "a*", "*.md", "x", "?", "te[r-t]t"];
        for (int round = 0; round < 30; round++)
        {
            var lines = new List<string>();
            for (int line = random.Next(1, 6); line > 0; line--)
                lines.Add((random.Next(3) == 0 ? "!" : "") + string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(_ => names[random.Next(names.Length)])));
            await File.WriteAllLinesAsync(_directory.Combine(".dockerignore"), lines);
            await AssertSameAsDockerAsync();
        }
    }

    [Fact]
    public async Task A_Dockerfile_from_elsewhere_goes_under_a_name_that_the_image_does_not_get()
    {
        using var elsewhere = new TempDirectory();
        string dockerfile = elsewhere.Combine("app.dockerfile");
        await File.WriteAllTextAsync(dockerfile, "FROM scratch");
        await File.WriteAllTextAsync(_directory.Combine("a"), "a");
        BuildContext context = BuildContext.Open(_directory.Path, dockerfile);
        IReadOnlyList<TarFile> files = await SendAsync(context);
        Assert.Equal("FROM scratch", files.Single(file => file.Name == context.DockerfileName).Content);
        Assert.Contains(context.DockerfileName, files.Single(file => file.Name == ".dockerignore").Content, StringComparison.Ordinal);

        await File.WriteAllTextAsync(dockerfile + ".dockerignore", "a");
        Assert.DoesNotContain(await SendAsync(BuildContext.Open(_directory.Path, dockerfile)), file => file.Name == "a");
    }

    [Fact]
    public async Task Files_of_more_than_8_GiB_have_their_size_in_full()
    {
        await File.WriteAllTextAsync(_directory.Combine("Dockerfile"), "FROM scratch");
        using (FileStream large = File.Create(_directory.Combine("large")))
            large.SetLength(9L << 30);
        using var cancellation = new CancellationTokenSource();
        var output = new CancelingStream(cancellation, 1 << 20);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => BuildContext.Open(_directory.Path).WriteAsync(output, cancellation.Token));
        Assert.Contains("size=9663676416", output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_grows_or_shrinks_while_it_is_read_is_an_error()
    {
        await File.WriteAllTextAsync(_directory.Combine("Dockerfile"), "FROM scratch");
        foreach (int change in (int[])[-1000, 1000])
        {
            string log = _directory.Combine("log");
            await File.WriteAllBytesAsync(log, new byte[2 << 20]);
            using var output = new CallingStream(() =>
            {
                using var file = new FileStream(log, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                file.SetLength((2 << 20) + change);
            });
            DockerException error = await Assert.ThrowsAsync<DockerException>(() => BuildContext.Open(_directory.Path).WriteAsync(output, CancellationToken.None));
            Assert.Equal(DockerError.BuildContextUnreadable, error.Error);
            Assert.Equal(log, error.Subject);
            Assert.Contains("changed its size", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_folder_or_Dockerfile_that_is_not_there_is_named()
    {
        Assert.Equal(DockerError.BuildContextUnreadable, Assert.Throws<DockerException>(() => BuildContext.Open(_directory.Combine("absent"))).Error);
        DockerException error = Assert.Throws<DockerException>(() => BuildContext.Open(_directory.Path));
        Assert.Equal(DockerError.DockerfileInvalid, error.Error);
        Assert.Contains(_directory.Combine("Dockerfile"), error.Message, StringComparison.Ordinal);
    }

    /// <summary>Cancels when it has got so many bytes, of which it keeps the first.</summary>
    private sealed class CancelingStream(CancellationTokenSource cancellation, int limit) : MemoryStream
    {
        public string Text => Encoding.Latin1.GetString(GetBuffer(), 0, (int)Length);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await base.WriteAsync(buffer, cancellationToken);
            if (Length > limit)
                await cancellation.CancelAsync();
        }
    }

    /// <summary>Calls once in the middle of a large file.</summary>
    private sealed class CallingStream(Action action) : MemoryStream
    {
        private bool _called;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Length > 100_000 && !_called)
            {
                _called = true;
                action();
            }

            return base.WriteAsync(buffer, cancellationToken);
        }
    }

    private async Task AssertSameAsDockerAsync()
    {
        (string dockerfile, IReadOnlyList<TarFile> expected) = await DockerCommand.SendContextAsync(_directory.Path);
        Assert.Contains(expected, static file => file.Name == "Dockerfile");
        BuildContext context = BuildContext.Open(_directory.Path);
        IReadOnlyList<TarFile> actual = await SendAsync(context);
        Assert.Equal(dockerfile, context.DockerfileName);
        string ignore = await File.ReadAllTextAsync(_directory.Combine(".dockerignore"));
        Assert.True(expected.SequenceEqual(actual),
            $"patterns:\n{ignore}\nonly docker sends:\n{string.Join('\n', expected.Except(actual))}\nonly we send:\n{string.Join('\n', actual.Except(expected))}");
    }

    private static async Task<IReadOnlyList<TarFile>> SendAsync(BuildContext context)
    {
        using var tar = new MemoryStream();
        await context.WriteAsync(tar, CancellationToken.None);
        tar.Position = 0;
        return DockerCommand.Read(tar);
    }

    private void MakeTree()
    {
        foreach (string name in (string[])
            ["Dockerfile", "README.md", "docs/README.md", "docs/a/b/c", "docs/a/c", "docs/notes.txt", "src/app/main.c", "src/app/test/x", "src/app/test/y.md", "src/lib/test/x",
            "src/lib/deep/er/x", "src/lib/deep/README.md", "abc", "a*c", "axc", "a☺c", "atest", "ax/x", ".hidden", "ünïcode", "ná", "ní", new string('n', 150) + "/" + new string('m', 150)])
        {
            string file = _directory.Combine(name);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, name);
            File.SetLastWriteTimeUtc(file, new DateTime(2020, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc));
        }

        Directory.CreateDirectory(_directory.Combine("empty"));
        File.CreateSymbolicLink(_directory.Combine("link"), "docs/README.md");
        Directory.CreateSymbolicLink(_directory.Combine("folderlink"), "docs");
        File.CreateSymbolicLink(_directory.Combine("dangling"), "/nowhere/at all");
        if (OperatingSystem.IsWindows())
            return;
        File.SetUnixFileMode(_directory.Combine("abc"), (UnixFileMode)Convert.ToInt32("4751", 8));
        File.SetUnixFileMode(_directory.Combine("src/lib"), (UnixFileMode)Convert.ToInt32("1777", 8));
        if (!OperatingSystem.IsLinux())
            return;
        using Process process = Process.Start("sh", ["-c", "cd \"$0\" && ln abc hardlink && mkfifo fifo && { [ $(id -u) != 0 ] || mknod null c 1 3; }", _directory.Path]);
        process.WaitForExit();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_directory.Combine("socket")));
    }
}
