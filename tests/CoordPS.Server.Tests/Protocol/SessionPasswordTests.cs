namespace CoordPS.Server.Tests;

public sealed class SessionPasswordTests
{
    /// <summary>What java.util.Random gives for these sessions on a JVM.</summary>
    [Theory]
    [InlineData(1L, "054cc74a37327db215e702e20c73f005")]
    [InlineData(281479863429001L, "b11647e5db8ff1c8bd6768eac33a41ce")]
    [InlineData(72057672225390592L, "28dca4e895de729d466f3f4d668d25c0")]
    [InlineData(-1L, "20f62cb5648dc2d771471c8a2486a9ee")]
    [InlineData(long.MaxValue, "20f62cb5648dc2d771471c8a2486a9ee")]
    [InlineData(long.MinValue, "f22acd4a97e69d6d20a49bb638eadb38")]
    [InlineData(0x7f00000000000001L, "054cc74a37327db215e702e20c73f005")]
    public void A_password_is_the_one_that_Java_makes(long session, string password)
    {
        Assert.Equal(password, Convert.ToHexStringLower(SessionPassword.Generate(session)));
        Assert.True(SessionPassword.IsValid(session, Convert.FromHexString(password)));
        Assert.False(SessionPassword.IsValid(session, Convert.FromHexString(password).AsSpan(0, 15)));
        Assert.False(SessionPassword.IsValid(session + 1, Convert.FromHexString(password)));
    }

    [Fact]
    public void Session_0_has_no_password() => Assert.False(SessionPassword.IsValid(0, SessionPassword.Generate(0)));
}
