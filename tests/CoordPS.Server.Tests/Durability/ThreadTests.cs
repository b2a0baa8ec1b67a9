using CoordPS.Client;
using CoordPS.Testing;

namespace CoordPS.Server.Tests;

[Collection(AloneCollection.Name)]
public sealed class ThreadTests
{
    [Fact]
    public async Task A_server_that_has_stopped_leaves_no_thread()
    {
        // Elsewhere threads have no names to be told by.
        if (!OperatingSystem.IsLinux())
            return;
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        ZooKeeperClient client = await server.ConnectAsync();
        await client.CreateAsync("/n");
        Assert.NotEmpty(Threads());
        await server.Server.StopAsync();
        await Eventually.TrueAsync(() => !Threads().Any(), "all threads have ended");
    }

    private static IEnumerable<string> Threads()
    {
        foreach (string task in Directory.GetDirectories("/proc/self/task"))
        {
            string name = "";
            try
            {
                name = File.ReadAllText(Path.Combine(task, "comm"));
            }
            catch (IOException)
            {
                // Ended since it was listed.
            }

            if (name.StartsWith("CoordPS", StringComparison.Ordinal))
                yield return name;
        }
    }
}
