namespace CoordPS.Client.Tests;

public sealed class ConnectionStringTests
{
    [Theory]
    [InlineData("zk1", "zk1:2181", "")]
    [InlineData("zk1:2182", "zk1:2182", "")]
    [InlineData("zk1:1,zk2,zk3:3/app/one", "zk1:1 zk2:2181 zk3:3", "/app/one")]
    [InlineData(" zk1:1 , zk2:2 ,", "zk1:1 zk2:2", "")]
    [InlineData("zk1:1/", "zk1:1", "")]
    [InlineData("[::1]:2182,[fe80::1]/x", "[::1]:2182 [fe80::1]:2181", "/x")]
    [InlineData("::1", "[::1]:2181", "")]
    public void Servers_ports_and_chroot_are_read(string text, string servers, string chroot)
    {
        ConnectionString parsed = ConnectionString.Parse(text);
        Assert.Equal(servers, string.Join(' ', parsed.Servers));
        Assert.Equal(chroot, parsed.Chroot);
    }

    [Theory]
    [InlineData("", "names no server")]
    [InlineData("/app", "names no server")]
    [InlineData("zk1:x", "port")]
    [InlineData("zk1:0", "port")]
    [InlineData("zk1:65536", "port")]
    [InlineData(":2181", "no host")]
    [InlineData("[::1:2181", "brackets")]
    [InlineData("[::1]2181", "brackets")]
    [InlineData("zk1/app/", "chroot")]
    [InlineData("zk1/a//b", "chroot")]
    public async Task What_is_wrong_is_said_and_how_to_write_it(string text, string reason)
    {
        ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(() => ZooKeeperClient.ConnectAsync(text));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Contains("zk1:2181,zk2:2181/app", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_that_make_no_sense_are_refused()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions { SessionTimeout = TimeSpan.Zero }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions { MaxInFlight = 0 }));
        await Assert.ThrowsAsync<ArgumentException>(() => ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions { SessionId = 1 }));
    }
}
