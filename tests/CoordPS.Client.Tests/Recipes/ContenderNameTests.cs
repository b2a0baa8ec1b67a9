using CoordPS.Client.Recipes;

namespace CoordPS.Client.Tests.Recipes;

public sealed class ContenderNameTests
{
    [Theory]
    [InlineData("_c_11111111-2222-3333-4444-555555555555-lock-0000000007", "lock-", 7)]
    [InlineData("_c_11111111-2222-3333-4444-555555555555-__READ__0000000003", "__READ__", 3)]
    [InlineData("_c_11111111-2222-3333-4444-555555555555-__WRIT__2147483647", "__WRIT__", int.MaxValue)]
    [InlineData("0123456789abcdef0123456789abcdef__lock__0000000002", "__lock__", 2)]
    [InlineData("0123456789abcdef0123456789abcdef__rlock__0000000002", "__rlock__", 2)]
    [InlineData("_c_11111111-2222-3333-4444-555555555555-latch--2147483648", "latch-", int.MinValue)]
    [InlineData("lock-0000000001", "lock-", 1)]
    public void Names_of_contenders_are_understood(string name, string marker, int sequence)
    {
        ContenderName parsed = ContenderName.Parse(name)!;
        Assert.Equal((marker, sequence), (parsed.Marker, parsed.Sequence));
    }

    [Theory]
    [InlineData("leases")]
    [InlineData("lock-")]
    [InlineData("lock-12")]
    [InlineData("lock-000000000x")]
    [InlineData("0000000001")]
    public void Other_znodes_are_no_contenders(string name) => Assert.Null(ContenderName.Parse(name));

    [Fact]
    public void Contenders_of_all_makes_stand_in_one_line() =>
        Assert.Equal([1, 2, 3, 3, 4], ContenderName.Sort(["_c_z-lock-0000000004", "a__lock__0000000001", "x", "_c_b-__READ__0000000003", "_c_a-__WRIT__0000000003", "f__rlock__0000000002"]).Select(c => c.Sequence));
}
