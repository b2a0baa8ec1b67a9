using CoordPS.Client.Trees;

namespace CoordPS.Client.Tests.Trees;

public sealed class TreePathTests
{
    [Fact]
    public void Paths_are_in_the_order_of_a_walk()
    {
        string[] expected = ["/", "/a", "/a/b", "/a/b/c", "/a/c", "/a ", "/a!", "/a!/x", "/a-b", "/a0", "/b", "/\u00e9"];
        string[] shuffled = [.. expected.OrderBy(path => path.Length).ThenByDescending(path => path, StringComparer.Ordinal)];
        Array.Sort(shuffled, TreePath.Compare);
        Assert.Equal(expected, shuffled);
    }

    [Theory]
    [InlineData("/", "/", "/")]
    [InlineData("/", "/a/b", "/a/b")]
    [InlineData("/r", "/", "/r")]
    [InlineData("/r/s", "/a", "/r/s/a")]
    public void Paths_within_a_tree_and_in_the_ensemble_belong_together(string root, string relative, string absolute)
    {
        Assert.Equal(absolute, TreePath.ToAbsolute(root, relative));
        Assert.Equal(relative, TreePath.ToRelative(root, absolute));
    }
}
