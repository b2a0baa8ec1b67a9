using System.Diagnostics;
using System.Net.Sockets;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;
using Xunit.Abstractions;

namespace CoordPS.Interop.Tests;

public sealed class IdleConnectionTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Ten_thousand_idle_connections_cost_little_and_hold_nobody_up()
    {
        await using CoordPSProcess server = await CoordPSProcess.StartNewAsync(new TestServerOptions { TickTime = 2000, ConfigLines = ["maxSessionTimeout=300000"] });
        await using ZooKeeperClient client = await Servers.ConnectAsync(server);
        await client.CreateAsync("/n", new byte[100]);
        long before = Memory(server);
        List<RawConnection> idle = [];
        const int Wanted = 10_000;
        try
        {
            long start = Stopwatch.GetTimestamp();
            try
            {
                while (idle.Count < Wanted)
                {
                    RawConnection[] batch = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => RawConnection.OpenAsync(server.Port)));
                    idle.AddRange(batch);
                    // Half of them have a session, the others have said nothing yet.
                    await Task.WhenAll(batch.Take(50).Select(c => c.OpenSessionAsync(200_000)));
                }
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.AddressNotAvailable or SocketError.NoBufferSpaceAvailable)
            {
                output.WriteLine($"The system gave no more than {idle.Count} connections ({e.Message}); raise 'ulimit -n' for {Wanted}.");
            }

            TimeSpan opening = Stopwatch.GetElapsedTime(start);
            start = Stopwatch.GetTimestamp();
            for (int i = 0; i < 200; i++)
            {
                await client.SetDataAsync("/n", new byte[100]);
                await client.GetDataAsync("/n");
            }

            output.WriteLine(
                $"{idle.Count} idle connections, opened in {opening.TotalSeconds:F1} s, take {(Memory(server) - before) / 1024 / Math.Max(1, idle.Count)} KiB of memory each; "
                + $"a write and a read meanwhile take {Stopwatch.GetElapsedTime(start).TotalMilliseconds / 200:F2} ms");
            Assert.InRange((Memory(server) - before) / Math.Max(1, idle.Count), long.MinValue, 64 * 1024);
            foreach (RawConnection connection in idle.Where(c => c.SessionId != 0).Take(100))
                Assert.Equal(ErrorCode.Ok, (await connection.CallAsync(OpCode.Ping)).Error);
        }
        finally
        {
            foreach (RawConnection connection in idle)
                connection.Dispose();
        }

        await Eventually.TrueAsync(
            async () => (await ApacheZooKeeper.FourLetterWordAsync(server.Port, "srvr")).Contains("Connections: 2", StringComparison.Ordinal), "only the client is connected, and who asks");
    }

    private static long Memory(CoordPSProcess server)
    {
        server.Process!.Refresh();
        return server.Process.WorkingSet64;
    }
}
