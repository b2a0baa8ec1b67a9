namespace CoordPS.Containers.Tests;

/// <summary>Rules that need no docker command to compare with; see <see cref="BuildContextTests"/> for the others.</summary>
public class DockerIgnoreTests
{
    [Fact]
    public void Comments_blank_lines_and_a_byte_order_mark_mean_nothing()
    {
        DockerIgnore ignore = DockerIgnore.Parse(["\uFEFFfirst", "# second", "", "   ", "  third  "], ".dockerignore");
        Assert.True(ignore.Match("first").Ignored);
        Assert.False(ignore.Match("# second").Ignored);
        Assert.True(ignore.Match("third/below").Ignored);
    }

    [Theory]
    [InlineData("!", "takes nothing back")]
    [InlineData("a[", "not closed")]
    [InlineData("[]a]", "malformed")]
    [InlineData("[x-]", "malformed")]
    [InlineData("[a-b-c]", "malformed")]
    [InlineData(@"a\", "ends with a backslash")]
    public void A_malformed_pattern_is_named_with_its_line(string pattern, string reason)
    {
        DockerException error = Assert.Throws<DockerException>(() => DockerIgnore.Parse(["fine", pattern], "/app/.dockerignore"));
        Assert.Equal(DockerError.BuildContextUnreadable, error.Error);
        Assert.Contains($"'{pattern}' in line 2 of '/app/.dockerignore'", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a//b/./c/..", "a/b")]
    [InlineData("../a/../../b", "../../b")]
    [InlineData("/../a/", "/a")]
    [InlineData("a/..", ".")]
    public void Paths_are_cleaned(string path, string expected) => Assert.Equal(expected, GoPath.Clean(path));

    [Fact]
    public void Many_wildcards_take_no_time()
    {
        DockerIgnore ignore = DockerIgnore.Parse([string.Concat(Enumerable.Repeat("**/a*", 30)) + "b"], ".dockerignore");
        Assert.False(ignore.Match(string.Join('/', Enumerable.Repeat("aaaaaaaaaa", 50))).Ignored);
    }
}
