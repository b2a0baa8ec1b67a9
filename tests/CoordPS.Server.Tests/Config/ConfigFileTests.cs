namespace CoordPS.Server.Tests.Config;

public class ConfigFileTests
{
    [Theory]
    [InlineData("a=b", "a", "b")]
    [InlineData("a:b", "a", "b")]
    [InlineData("a b", "a", "b")]
    [InlineData("  a \t= b  ", "a", "b")]
    [InlineData("a==b", "a", "=b")]
    [InlineData("a : = b", "a", "= b")]
    [InlineData("a\\ b=c", "a b", "c")]
    [InlineData("a\\=b=c", "a=b", "c")]
    [InlineData("a", "a", "")]
    [InlineData("a=", "a", "")]
    [InlineData("a=b # no comment", "a", "b # no comment")]
    [InlineData("a=C:\\\\zk\\\\data", "a", "C:\\zk\\data")]
    [InlineData("a=\\u00e4\\tb", "a", "ä\tb")]
    [InlineData("a=x\\qy", "a", "xqy")]
    [InlineData("a=one\\\n    two", "a", "onetwo")]
    [InlineData("a=one\\\r\n    two", "a", "onetwo")]
    [InlineData("a=one\\\\\nb=c", "a", "one\\")]
    public void A_line_is_read_as_Java_reads_it(string text, string key, string value)
    {
        var entry = ConfigFile.Parse(text, null)[0];

        Assert.Equal(key, entry.Key);
        Assert.Equal(value, entry.Value);
    }

    [Fact]
    public void Comments_and_blank_lines_are_skipped_and_lines_are_counted_where_a_setting_begins()
    {
        var entries = ConfigFile.Parse("# one\r\n! two\n\n   \n  # three\na=1\\\n  2\\\n  3\nb=2", null);

        Assert.Equal([("a", "123", 6), ("b", "2", 9)], entries.Select(e => (e.Key, e.Value, e.Line)));
    }

    [Fact]
    public void A_comment_sign_in_a_continued_line_is_text()
    {
        Assert.Equal("1,#2", ConfigFile.Parse("a=1,\\\n   #2", null).Single().Value);
    }

    [Fact]
    public void A_malformed_unicode_escape_names_the_line()
    {
        var error = Assert.Throws<ConfigException>(() => ConfigFile.Parse("a=1\nb=\\u12", "zoo.cfg"));

        Assert.Equal(2, error.Line);
        Assert.StartsWith("zoo.cfg, line 2: ", error.Message, StringComparison.Ordinal);
    }
}
