using System.Text;
using CoordPS.Client;
using CoordPS.Testing;

namespace CoordPS.Interop.Tests;

public sealed class FullDiskTests
{
    /// <summary>A limit on the size of files stands for a full disk: a write to the log fails in the same place, with the same consequence.</summary>
    [Fact]
    public async Task A_log_that_can_not_grow_stops_the_server_and_nothing_is_acknowledged_that_is_not_on_disk()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var directory = new TempDirectory();
        var options = new TestServerOptions { DataDirectory = directory.Combine("data"), Properties = new Dictionary<string, string> { ["zookeeper.preAllocSize"] = "64" } };
        List<string> acknowledged = [];
        await using (var limited = new CoordPSProcess(options, ["sh", "-c", "trap '' XFSZ; ulimit -f 2048; exec \"$@\"", "sh"]))
        {
            await limited.StartAsync();
            await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
            {
                ConnectionString = limited.ConnectionString,
                RequestTimeout = TimeSpan.FromSeconds(10),
                CloseTimeout = TimeSpan.FromMilliseconds(100),
            });
            byte[] data = new byte[1000];
            await Assert.ThrowsAnyAsync<ZooKeeperException>(async () =>
            {
                for (int i = 0; i < 10_000; i += 20)
                {
                    Task<CreateResult>[] batch = [.. Enumerable.Range(i, 20).Select(n => client.CreateAsync($"/n{n}", data))];
                    foreach (Task<CreateResult> create in batch)
                        acknowledged.Add((await create).Path);
                }
            });
            Assert.NotEqual(0, await limited.WaitForExitAsync());
            Assert.Contains("log", limited.Output, StringComparison.OrdinalIgnoreCase);
            Assert.Contains(Path.Combine(options.DataDirectory!, "version-2"), limited.Output, StringComparison.Ordinal);
        }

        Assert.InRange(acknowledged.Count, 100, 9_999);
        await using CoordPSProcess server = await CoordPSProcess.StartNewAsync(options);
        await using ZooKeeperClient after = await Servers.ConnectAsync(server);
        HashSet<string> there = [.. (await after.GetChildrenAsync("/")).Children.Select(c => "/" + c)];
        Assert.Empty(acknowledged.Except(there));
        await after.CreateAsync("/after", Encoding.UTF8.GetBytes("served again"));
    }
}
