using System.Diagnostics;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Server.Tests;

public sealed class ReapingTests
{
    [Fact]
    public async Task A_container_goes_when_its_last_child_has_gone_and_not_before_it_had_one()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        ZooKeeperClient client = await server.ConnectAsync();
        await client.CreateAsync("/never-used", null, CreateMode.Container);
        await client.CreateAsync("/used", null, CreateMode.Container);
        await client.CreateAsync("/in-use", null, CreateMode.Container);
        await client.CreateAsync("/used/child");
        await client.CreateAsync("/in-use/child");
        await client.DeleteAsync("/used/child");
        await Eventually.TrueAsync(async () => await client.ExistsAsync("/used") is null, "the container is reaped");
        Assert.NotNull(await client.ExistsAsync("/never-used"));
        Assert.NotNull(await client.ExistsAsync("/in-use"));
        // Clients are shown the owner of ephemerals alone.
        Assert.Equal(0, (await client.ExistsAsync("/in-use"))!.Value.EphemeralOwner);
    }

    [Fact]
    public async Task A_container_that_was_never_used_goes_after_its_time_when_there_is_one()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { ContainerMaxNeverUsedInterval = 100 });
        ZooKeeperClient client = await server.ConnectAsync();
        await client.CreateAsync("/never-used", null, CreateMode.Container);
        await Eventually.TrueAsync(async () => await client.ExistsAsync("/never-used") is null, "the container is reaped");
    }

    [Fact]
    public async Task A_ttl_znode_goes_after_its_time_unless_it_is_set_or_has_children()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        ZooKeeperClient client = await server.ConnectAsync();
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await client.AddWatchAsync("/short", AddWatchMode.Persistent, e =>
        {
            if (e.Type == WatchEventType.NodeDeleted)
                gone.TrySetResult();
        });
        await client.CreateAsync("/long", null, CreateMode.PersistentWithTtl, ttl: TimeSpan.FromHours(1));
        // At once: between two requests anything may take longer than its time to live.
        await client.MultiAsync(
        [
            ZooKeeperOperation.Create("/parent", null, CreateMode.PersistentWithTtl, ttl: TimeSpan.FromMilliseconds(300)), ZooKeeperOperation.Create("/parent/child"),
        ]);
        await client.CreateAsync("/set", null, CreateMode.PersistentWithTtl, ttl: TimeSpan.FromSeconds(5));
        long start = Stopwatch.GetTimestamp();
        await client.CreateAsync("/short", null, CreateMode.PersistentWithTtl, ttl: TimeSpan.FromMilliseconds(300));
        await gone.Task.WaitAsync(Eventually.Patience);
        // Times are of whole milliseconds, of another clock.
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 290, double.MaxValue);
        await client.SetDataAsync("/set", [1]);
        Assert.NotNull(await client.ExistsAsync("/long"));
        Assert.NotNull(await client.ExistsAsync("/parent"));
        await client.DeleteAsync("/parent/child");
        await Eventually.TrueAsync(async () => await client.ExistsAsync("/parent") is null, "the parent is reaped after its child");
        await Eventually.TrueAsync(async () => await client.ExistsAsync("/set") is null, "the znode that was set is reaped later");
    }

    [Fact]
    public async Task Containers_and_ttl_znodes_are_known_after_a_restart()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { ContainerCheckInterval = 60_000 });
        ZooKeeperClient client = await server.ConnectAsync();
        await client.CreateAsync("/container", null, CreateMode.Container);
        await client.CreateAsync("/container/child");
        await client.DeleteAsync("/container/child");
        await client.CreateAsync("/ttl", null, CreateMode.PersistentWithTtl, ttl: TimeSpan.FromMilliseconds(10));
        server.Config = server.Config with { ContainerCheckInterval = 50 };
        await server.RestartAsync();
        ZooKeeperClient after = await server.ConnectAsync();
        await Eventually.TrueAsync(async () => await after.ExistsAsync("/container") is null && await after.ExistsAsync("/ttl") is null, "both are reaped");
    }
}
