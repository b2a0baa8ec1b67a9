using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Server.Tests;

public sealed class QuotaTests
{
    [Fact]
    public async Task Use_is_counted_and_outlives_a_restart()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        ZooKeeperClient client = await server.ConnectAsync();
        await client.CreateAsync("/q", Bytes.Of("12345"));
        await client.CreateAsync("/q/before", Bytes.Of("123"));
        await SetQuotaAsync(client, "/q", "count=100,bytes=1000");
        Assert.Equal("count=2,bytes=8", await UseAsync(client, "/q"));
        await client.CreateAsync("/q/a", Bytes.Of("1234567890"));
        await client.CreateAsync("/q/a/b", null);
        Assert.Equal("count=4,bytes=18", await UseAsync(client, "/q"));
        await client.SetDataAsync("/q/a", Bytes.Of("1"));
        Assert.Equal("count=4,bytes=9", await UseAsync(client, "/q"));
        await client.DeleteAsync("/q/before");
        Assert.Equal("count=3,bytes=6", await UseAsync(client, "/q"));
        await client.CreateAsync("/other", Bytes.Of("not counted"));
        await client.MultiAsync([ZooKeeperOperation.Create("/q/m", Bytes.Of("12")), ZooKeeperOperation.Delete("/q/a/b")]);
        Assert.Equal("count=3,bytes=8", await UseAsync(client, "/q"));
        await server.RestartAsync();
        ZooKeeperClient after = await server.ConnectAsync();
        Assert.Equal("count=3,bytes=8", await UseAsync(after, "/q"));
        await after.CreateAsync("/q/after");
        Assert.Equal("count=4,bytes=8", await UseAsync(after, "/q"));
    }

    [Fact]
    public async Task Hard_limits_refuse_what_goes_beyond_and_soft_ones_only_warn()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { EnforceQuota = true });
        ZooKeeperClient client = await server.ConnectAsync();
        await client.CreateAsync("/hard", Bytes.Of("1"));
        // As zkCli's setquota -N 3 -B 10 writes it.
        await SetQuotaAsync(client, "/hard", "count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=3");
        await client.CreateAsync("/hard/a", Bytes.Of("12345"));
        await client.CreateAsync("/hard/b", null);
        await Assert.ThrowsAsync<QuotaExceededException>(() => client.CreateAsync("/hard/c", null));
        await Assert.ThrowsAsync<QuotaExceededException>(() => client.CreateAsync("/hard/a/c", null));
        await client.DeleteAsync("/hard/b");
        await Assert.ThrowsAsync<QuotaExceededException>(() => client.CreateAsync("/hard/d", Bytes.Of("12345")));
        await Assert.ThrowsAsync<QuotaExceededException>(() => client.SetDataAsync("/hard/a", Bytes.Of("1234567890")));
        await client.SetDataAsync("/hard/a", Bytes.Of("123456789"));
        var failed = await Assert.ThrowsAsync<ZooKeeperTransactionException>(
            () => client.MultiAsync([ZooKeeperOperation.Create("/hard/e", Bytes.Of("12")), ZooKeeperOperation.SetData("/hard", null)]));
        Assert.Equal([ErrorCode.QuotaExceeded, ErrorCode.RuntimeInconsistency], failed.Results.Select(r => r.Error));
        Assert.Equal("count=2,bytes=10", await UseAsync(client, "/hard"));

        await client.CreateAsync("/soft");
        await SetQuotaAsync(client, "/soft", "count=1,bytes=1");
        await client.CreateAsync("/soft/a", Bytes.Of("12345"));
        Assert.Equal("count=2,bytes=5", await UseAsync(client, "/soft"));
    }

    [Fact]
    public async Task Hard_limits_only_warn_unless_they_are_enforced()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        ZooKeeperClient client = await server.ConnectAsync();
        await client.CreateAsync("/q");
        await SetQuotaAsync(client, "/q", "count=-1,bytes=-1=;countHardLimit=1");
        await client.CreateAsync("/q/a");
        Assert.Equal("count=2,bytes=0", await UseAsync(client, "/q"));
    }

    [Fact]
    public async Task A_quota_that_is_deleted_counts_and_refuses_no_more()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { EnforceQuota = true });
        ZooKeeperClient client = await server.ConnectAsync();
        await client.CreateAsync("/q");
        await SetQuotaAsync(client, "/q", "count=-1,bytes=-1=;countHardLimit=1");
        await Assert.ThrowsAsync<QuotaExceededException>(() => client.CreateAsync("/q/a"));
        await client.DeleteAsync("/zookeeper/quota/q/zookeeper_limits");
        await client.DeleteAsync("/zookeeper/quota/q/zookeeper_stats");
        await client.CreateAsync("/q/a");
    }

    [Fact]
    public async Task A_limit_that_is_no_number_harms_nothing()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { EnforceQuota = true });
        ZooKeeperClient client = await server.ConnectAsync();
        foreach ((string name, string limit) in new[] { ("empty", ""), ("text", "nonsense"), ("half", "count=,bytes="), ("large", "count=99999999999999999999,bytes=1"), ("equals", "=;=;=") })
        {
            await client.CreateAsync("/" + name);
            await SetQuotaAsync(client, "/" + name, limit);
            await client.CreateAsync($"/{name}/child", Bytes.Of("1234"));
        }
    }

    private static async Task SetQuotaAsync(ZooKeeperClient client, string path, string limits)
    {
        await client.EnsurePathAsync("/zookeeper/quota" + path);
        await client.CreateAsync($"/zookeeper/quota{path}/zookeeper_limits", Bytes.Of(limits));
        await client.CreateAsync($"/zookeeper/quota{path}/zookeeper_stats", Bytes.Of("count=0,bytes=0"));
    }

    private static async Task<string> UseAsync(ZooKeeperClient client, string path) =>
        Bytes.Text((await client.GetDataAsync($"/zookeeper/quota{path}/zookeeper_stats")).Data);
}
