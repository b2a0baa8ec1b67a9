using CoordPS.Protocol;

namespace CoordPS.Protocol.Tests;

public class PathTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("/a/b.c/..d/e..")]
    [InlineData("/a/...")]
    [InlineData("/größe/日本 語/[x]'\"")]
    public void Valid_paths(string path) => Assert.True(ZPath.IsValid(path));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("/a/")]
    [InlineData("//a")]
    [InlineData("/a//b")]
    [InlineData("/./a")]
    [InlineData("/a/..")]
    [InlineData("/a/../b")]
    [InlineData("/a\0")]
    [InlineData("/a\u0001b")]
    [InlineData("/a\u007fb")]
    [InlineData("/a\ud800b")]
    [InlineData("/a\uf000b")]
    [InlineData("/a\uffffb")]
    public void Invalid_paths_say_why(string? path)
    {
        Assert.False(ZPath.IsValid(path));
        Assert.NotEmpty(ZPath.Check(path)!);
    }

    [Theory]
    [InlineData(0, "/q-0000000000")]
    [InlineData(int.MaxValue, "/q-2147483647")]
    [InlineData(-1, "/q--000000001")]
    [InlineData(int.MinValue, "/q--2147483648")]
    public void Sequential_names_are_written_as_java_writes_them(int counter, string expected) =>
        Assert.Equal(expected, ZPath.Sequential("/q-", counter));

    [Theory]
    [InlineData("/a/b", "/a", true)]
    [InlineData("/a", "/a", true)]
    [InlineData("/ab", "/a", false)]
    [InlineData("/ab", "/", true)]
    public void Ancestry_goes_by_whole_names(string path, string ancestor, bool expected) =>
        Assert.Equal(expected, ZPath.IsSameOrBelow(path, ancestor));

    [Fact]
    public void Time_to_live_is_kept_in_the_owner()
    {
        long owner = EphemeralOwner.FromTtl(5000);

        Assert.Equal(EphemeralKind.Ttl, EphemeralOwner.KindOf(owner));
        Assert.Equal(5000, EphemeralOwner.TtlOf(owner));
        Assert.Equal(EphemeralKind.Ephemeral, EphemeralOwner.KindOf(owner, extendedTypes: false));
        Assert.Throws<ArgumentOutOfRangeException>(() => EphemeralOwner.FromTtl(0));
    }

    [Fact]
    public void Access_control_entries_parse_and_print_as_zkCli_writes_them()
    {
        Acl acl = Acl.Parse("ip:fe80::1:rw");

        Assert.Equal(new Acl(Permissions.Read | Permissions.Write, new AclId("ip", "fe80::1")), acl);
        Assert.Equal("ip:fe80::1:rw", acl.ToString());
        Assert.Throws<FormatException>(() => Acl.Parse("world:anyone:x"));
        Assert.Throws<FormatException>(() => Acl.Parse("world"));
    }

    [Fact]
    public void Digest_identities_are_apaches() =>
        // What Apache's DigestAuthenticationProvider prints for super:test.
        Assert.Equal("super:D/InIHSb7yEEbrWz8b9l71RjZJU=", DigestIdentity.Generate("super:test"));
}
