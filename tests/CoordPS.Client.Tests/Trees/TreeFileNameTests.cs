using System.Text;
using CoordPS.Client.Trees;

namespace CoordPS.Client.Tests.Trees;

public sealed class TreeFileNameTests
{
    public static TheoryData<string> Names => new(ListTree.OddNames);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_name_comes_back_from_its_file_name(string name)
    {
        string encoded = TreeFileName.Encode(name);
        string[] pieces = encoded.Split(Path.DirectorySeparatorChar);
        Assert.All(pieces[..^1], piece => Assert.EndsWith(TreeFileName.Continued, piece));
        Assert.Equal(name, string.Concat(pieces.Select((piece, i) => TreeFileName.Decode(i < pieces.Length - 1 ? piece[..^2] : piece))));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_name_is_one_on_every_file_system(string name)
    {
        foreach (string piece in TreeFileName.Encode(name).Split(Path.DirectorySeparatorChar))
        {
            Assert.InRange(Encoding.UTF8.GetByteCount(piece), 1, 250);
            Assert.Equal(-1, piece.IndexOfAny(['<', '>', ':', '"', '/', '\\', '|', '?', '*']));
            Assert.NotEqual('.', piece[0]);
            Assert.DoesNotContain(piece[^1], ". ");
            Assert.DoesNotMatch("(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\\$|conout\\$) *(\\..*)?$", piece);
        }
    }

    [Fact]
    public void Marks_of_the_archive_stand_for_no_name()
    {
        Assert.All(new[] { TreeFileName.Data, "x" + TreeFileName.Null, "x" + TreeFileName.Meta, TreeFileName.Manifest, "x" + TreeFileName.Continued },
            mark => Assert.Null(TreeFileName.Decode(mark)));
        Assert.DoesNotContain(ListTree.OddNames.Select(name => TreeFileName.Encode(name)), name => name is TreeFileName.Data or TreeFileName.Meta or TreeFileName.Manifest);
    }

    [Fact]
    public void Letters_can_be_escaped_one_after_the_other()
    {
        Assert.Equal("%61b", TreeFileName.Encode("ab", 1));
        Assert.Equal("%61%62", TreeFileName.Encode("ab", 2));
        Assert.Equal("%61%62", TreeFileName.Encode("ab", 3));
    }
}
