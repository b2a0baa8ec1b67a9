using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Storage;

namespace CoordPS.Server.Tests;

public sealed class VersionTests
{
    private static readonly StatPersisted Fresh = new(0, 0, 0, 0, 0, 0, 0, 0, 0);

    [Fact]
    public async Task Versions_wrap_as_32_bit_integers_and_outlive_a_restart()
    {
        await using ServerUnderTest server = await StartWithAsync(Fresh with { Czxid = 1, Version = int.MaxValue, Aversion = int.MaxValue });
        ZooKeeperClient client = await server.ConnectAsync();
        Assert.Equal(int.MaxValue, (await client.ExistsAsync("/n"))!.Value.Version);
        Assert.Equal(int.MinValue, (await client.SetDataAsync("/n", [1], int.MaxValue)).Version);
        Assert.Equal(int.MinValue + 1, (await client.SetDataAsync("/n", [2])).Version);
        Assert.Equal(int.MinValue, (await client.SetAclAsync("/n", Acl.OpenUnsafe, int.MaxValue)).Aversion);
        await server.RestartAsync();
        ZooKeeperClient after = await server.ConnectAsync();
        Assert.Equal((int.MinValue + 1, int.MinValue), ((await after.ExistsAsync("/n"))!.Value.Version, (await after.ExistsAsync("/n"))!.Value.Aversion));
    }

    [Fact]
    public async Task A_version_that_wraps_to_minus_1_passes_it_on_two_sides()
    {
        await using ServerUnderTest server = await StartWithAsync(Fresh with { Czxid = 1, Version = -2 });
        ZooKeeperClient client = await server.ConnectAsync();
        await Assert.ThrowsAsync<BadVersionException>(() => client.SetDataAsync("/n", [1], -3));
        Assert.Equal(-1, (await client.SetDataAsync("/n", [1])).Version);
        Assert.Equal(0, (await client.SetDataAsync("/n", [1])).Version);
        Assert.Equal(1, (await client.SetDataAsync("/n", [1], 0)).Version);
    }

    [Fact]
    public async Task The_counter_of_sequential_znodes_wraps_and_outlives_a_restart()
    {
        await using ServerUnderTest server = await StartWithAsync(Fresh with { Czxid = 1, Cversion = int.MaxValue - 1 });
        ZooKeeperClient client = await server.ConnectAsync();
        Assert.Equal("/n/s2147483646", await NextAsync(client));
        Assert.Equal("/n/s2147483647", await NextAsync(client));
        Assert.Equal("/n/s-2147483648", await NextAsync(client));
        await server.RestartAsync();
        Assert.Equal("/n/s-2147483647", await NextAsync(await server.ConnectAsync()));
    }

    [Fact]
    public async Task A_sequential_counter_counts_all_creates_and_never_goes_back()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        ZooKeeperClient client = await server.ConnectAsync();
        await client.CreateAsync("/n");
        Assert.Equal("/n/s0000000000", await NextAsync(client));
        await client.CreateAsync("/n/plain");
        Assert.Equal("/n/s0000000002", await NextAsync(client));
        await client.DeleteAsync("/n/s0000000002");
        await Assert.ThrowsAsync<NodeExistsException>(() => client.CreateAsync("/n/plain"));
        await server.RestartAsync();
        Assert.Equal("/n/s0000000003", await NextAsync(await server.ConnectAsync()));
    }

    [Fact]
    public async Task A_stat_counts_what_happened_to_the_znode_and_its_children()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        ZooKeeperClient client = await server.ConnectAsync();
        Stat created = (await client.CreateAsync("/n", [1, 2, 3])).Stat!.Value;
        Assert.Equal((0, 0, 0, 3, 0), (created.Version, created.Cversion, created.Aversion, created.DataLength, created.NumChildren));
        Assert.Equal((created.Czxid, created.Czxid, created.Ctime), (created.Mzxid, created.Pzxid, created.Mtime));
        Assert.InRange(created.Ctime, DateTimeOffset.UtcNow.AddMinutes(-1).ToUnixTimeMilliseconds(), DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeMilliseconds());
        await client.CreateAsync("/n/a");
        await client.CreateAsync("/n/b");
        await client.DeleteAsync("/n/a");
        await client.SetDataAsync("/n", [1]);
        await client.SetAclAsync("/n", Acl.OpenUnsafe);
        Stat changed = (await client.ExistsAsync("/n"))!.Value;
        Assert.Equal((1, 3, 1, 1, 1), (changed.Version, changed.Cversion, changed.Aversion, changed.DataLength, changed.NumChildren));
        Assert.Equal(
            (created.Czxid, created.Czxid + 3, created.Czxid + 4, created.Ctime),
            (changed.Czxid, changed.Pzxid, changed.Mzxid, changed.Ctime));
    }

    private static async Task<string> NextAsync(ZooKeeperClient client) => (await client.CreateAsync("/n/s", null, CreateMode.PersistentSequential)).Path;

    /// <summary>A server that starts from a snapshot with the node /n.</summary>
    private static Task<ServerUnderTest> StartWithAsync(StatPersisted stat) => ServerUnderTest.StartAsync(config =>
    {
        string files = Directory.CreateDirectory(Path.Combine(config.DataDir, "version-2")).FullName;
        using var writer = new SnapshotWriter(files, 1);
        writer.Begin([], []);
        foreach (string path in new[] { "", "/zookeeper", "/zookeeper/quota" })
            writer.WriteNode(path, [], SnapshotWriter.OpenUnsafeAclId, Fresh);
        writer.WriteNode("/n", [], SnapshotWriter.OpenUnsafeAclId, stat);
        writer.Complete();
        return config;
    });
}
