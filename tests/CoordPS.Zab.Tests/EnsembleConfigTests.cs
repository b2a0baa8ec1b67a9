namespace CoordPS.Zab.Tests;

public class EnsembleConfigTests
{
    private const string ThreeMembers = "server.1=127.0.0.1:2001:3001:participant;0.0.0.0:2181\nserver.2=127.0.0.1:2002:3002:participant;0.0.0.0:2182\nserver.3=127.0.0.1:2003:3003:observer\nversion=100000000";

    [Fact]
    public void The_text_of_a_configuration_reads_back_as_it_was_written()
    {
        EnsembleConfig config = EnsembleConfig.Parse(ThreeMembers);
        Assert.Equal(ThreeMembers, config.ToString());
        Assert.Equal(0x100000000, config.Version);
        Assert.Equal([1, 2], config.Voters);
        Assert.Equal([3], config.Observers);
    }

    [Theory]
    [InlineData("host:1:2", "host:1:2:participant")]
    [InlineData("host:1:2;2181", "host:1:2:participant;0.0.0.0:2181")]
    [InlineData("host:1:2:OBSERVER;10.0.0.1:2181", "host:1:2:observer;10.0.0.1:2181")]
    [InlineData("[::1]:1:2:participant;[::1]:2181", "[::1]:1:2:participant;[::1]:2181")]
    [InlineData("b:1:2|a:1:2;2181", "a:1:2|b:1:2:participant;0.0.0.0:2181")]
    public void A_server_line_is_written_as_Apache_writes_it(string value, string written) =>
        Assert.Equal(written, EnsembleMember.Parse(1, value).ToString());

    [Theory]
    [InlineData("host")]
    [InlineData("host:1")]
    [InlineData("host:1:1")]
    [InlineData("host:1:70000")]
    [InlineData("host:1:2:leader")]
    [InlineData("host:1:2;a:b:c")]
    [InlineData("host:1:2;1;2")]
    [InlineData("[::1:1:2")]
    public void A_malformed_server_line_is_refused(string value) =>
        Assert.Throws<FormatException>(() => EnsembleMember.Parse(1, value));

    [Theory]
    [InlineData("server.1=a:1:2\nserver.1=b:1:2", "twice")]
    [InlineData("clientPort=2181", "clientPort")]
    [InlineData("server.x=a:1:2", "not a number")]
    [InlineData("server.1=a:1:2\nserver.2=b:1:2\ngroup.1=1", "in no group")]
    [InlineData("server.1=a:1:2\ngroup.1=1\ngroup.2=1", "several groups")]
    [InlineData("version=xyz", "hexadecimal")]
    public void A_malformed_configuration_is_refused_with_the_reason(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => EnsembleConfig.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_incremental_change_adds_removes_and_changes_roles()
    {
        EnsembleConfig config = EnsembleConfig.Parse(ThreeMembers);
        EnsembleConfig next = config.Change("server.3=127.0.0.1:2003:3003:participant;2183,server.4=127.0.0.1:2004:3004:observer;2184", "1", 0x100000007);
        Assert.Equal([2, 3], next.Voters);
        Assert.Equal([4], next.Observers);
        Assert.Equal(0x100000007, next.Version);
    }

    [Theory]
    [InlineData("server.4=127.0.0.1:2002:9999;2184", "share")]
    [InlineData("server.4=127.0.0.1:2004:3004", "client port")]
    [InlineData("server.4", "server.N")]
    public void An_incremental_change_that_cannot_work_is_refused(string joining, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => EnsembleConfig.Parse(ThreeMembers).Change(joining, null, 1)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_whole_change_may_be_separated_by_commas()
    {
        EnsembleConfig config = EnsembleConfig.ParseMembers("server.1=a:1:2;3,server.2=b:1:2;3", 9);
        Assert.Equal([1, 2], config.Voters);
        Assert.Equal(9, config.Version);
    }

    [Fact]
    public void A_majority_counts_only_voters()
    {
        EnsembleConfig config = EnsembleConfig.Parse("server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\nserver.4=d:1:2:observer");
        Assert.True(config.Verifier.ContainsQuorum([1, 3]));
        Assert.False(config.Verifier.ContainsQuorum([1, 4]));
        Assert.False(config.Verifier.ContainsQuorum([]));
    }

    [Fact]
    public void Half_of_an_even_number_is_no_majority()
    {
        EnsembleConfig config = EnsembleConfig.Parse("server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\nserver.4=d:1:2");
        Assert.False(config.Verifier.ContainsQuorum([1, 2]));
        Assert.True(config.Verifier.ContainsQuorum([1, 2, 4]));
    }

    [Fact]
    public void A_hierarchical_quorum_is_a_majority_of_groups_each_by_weight()
    {
        string servers = string.Concat(Enumerable.Range(1, 9).Select(i => $"server.{i}=h{i}:1:2\n"));
        EnsembleConfig config = EnsembleConfig.Parse(servers + "group.1=1:2:3\ngroup.2=4:5:6\ngroup.3=7:8:9\nweight.7=0\nweight.8=0\nweight.9=0\nweight.1=3\n");
        // Group 3 weighs nothing, so both others are needed; in group 1 server 1 alone has a majority.
        Assert.True(config.Verifier.ContainsQuorum([1, 4, 5]));
        Assert.False(config.Verifier.ContainsQuorum([2, 3, 4, 5, 6, 7, 8, 9]));
        Assert.False(config.Verifier.ContainsQuorum([1, 4]));
        Assert.Equal(0, config.Verifier.Weight(8));
        Assert.Equal(config.ToString(), EnsembleConfig.Parse(config.ToString()).ToString());
        Assert.Throws<FormatException>(() => config.Change("server.10=x:1:2;3", null, 1));
    }
}
