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
