namespace CoordPS.Cli.Tests;

public class ArgumentsTests
{
    [Fact]
    public void Options_may_be_given_in_both_forms_and_in_any_order()
    {
        var arguments = new Arguments("bench", ["--sessions", "4", "host:2181", "--payload=10", "--json"]);

        Assert.True(arguments.Flag("--json"));
        Assert.Equal(4, arguments.Int32("--sessions", 8, 1));
        Assert.Equal(10, arguments.Int32("--payload", 100, 0));
        Assert.Equal(64, arguments.Int32("--window", 64, 1));
        Assert.Equal(["host:2181"], arguments.Positional(1, "an address"));
    }

    [Theory]
    [InlineData("--sessions", "must be a whole number of at least 1", "--sessions", "none")]
    [InlineData("--sessions", "must be a whole number of at least 1", "--sessions", "0")]
    [InlineData("--sessions", "needs a value", "--sessions")]
    [InlineData("--sessions", "needs a value", "--sessions", "--json")]
    public void A_wrong_value_is_named_with_what_is_allowed(string name, string problem, params string[] given)
    {
        var error = Assert.Throws<UsageException>(() => new Arguments("bench", given).Int32(name, 8, 1));

        Assert.StartsWith("coordps bench: --sessions ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Seconds_may_have_decimals()
    {
        Assert.Equal(TimeSpan.FromSeconds(1.5), new Arguments("bench", ["--duration", "1.5"]).Seconds("--duration", 5));
        Assert.Throws<UsageException>(() => new Arguments("bench", ["--duration", "soon"]).Seconds("--duration", 5));
    }

    [Fact]
    public void An_unknown_option_and_a_missing_argument_are_named()
    {
        Assert.Contains("unknown option --tpyo", Assert.Throws<UsageException>(
            () => new Arguments("server", ["zoo.cfg", "--tpyo"]).Positional(1, "a file")).Message, StringComparison.Ordinal);
        Assert.Contains("needs a file", Assert.Throws<UsageException>(
            () => new Arguments("server", []).Positional(1, "a file")).Message, StringComparison.Ordinal);
        Assert.Contains("unexpected 'x'", Assert.Throws<UsageException>(
            () => new Arguments("quickstart", ["x"]).Positional(0, "")).Message, StringComparison.Ordinal);
    }
}
