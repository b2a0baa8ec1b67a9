using CoordPS.Client;

namespace CoordPS.Server.Tests;

/// <summary>What is allocated is counted for the whole process, other tests included.</summary>
[Collection(AloneCollection.Name)]
public sealed class MemoryTests
{
    [Fact]
    public async Task An_announced_frame_takes_no_memory_before_it_comes()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        byte[] half = [0, 15, 0, 0, .. new byte[20]];
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < 200; i++)
            await (await server.ConnectRawAsync()).SendAsync(half);
        ZooKeeperClient client = await server.ConnectAsync();
        await client.ExistsAsync("/");
        // 200 times the announced 983040 bytes are 188 MB.
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 100 << 20);
    }
}
