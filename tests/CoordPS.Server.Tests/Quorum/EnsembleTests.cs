using System.Net.Sockets;
using System.Text;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Server.Tests.Quorum;

public sealed class EnsembleTests
{
    [Fact]
    public async Task Three_members_elect_a_leader_and_serve_writes_and_reads_through_each()
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3);
        var clients = new List<ZooKeeperClient>();
        for (int id = 1; id <= 3; id++)
            clients.Add(await ensemble.ConnectAsync(id));
        for (int i = 0; i < 3; i++)
        {
            CreateResult created = await clients[i].CreateAsync($"/n{i}", Encoding.ASCII.GetBytes($"v{i}"));
            Assert.Equal($"/n{i}", created.Path);
            await Assert.ThrowsAsync<NodeExistsException>(() => clients[i].CreateAsync($"/n{i}", Array.Empty<byte>()));
            Assert.Equal(1, (await clients[i].SetDataAsync($"/n{i}", Encoding.ASCII.GetBytes($"w{i}"))).Version);
        }

        foreach (ZooKeeperClient client in clients)
        {
            await client.SyncAsync("/");
            for (int i = 0; i < 3; i++)
                Assert.Equal($"w{i}", Encoding.ASCII.GetString((await client.GetDataAsync($"/n{i}")).Data!));
            await client.DisposeAsync();
        }

        Assert.Equal(["n0=w0", "n1=w1", "n2=w2", "zookeeper="], await ensemble.WaitUntilEqualAsync("/"));
        string mode = await ApacheZooKeeper.FourLetterWordAsync(ensemble.Ports[await ensemble.LeaderAsync() - 1], "srvr");
        Assert.Contains("Mode: leader", mode, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_acknowledged_write_is_lost_when_the_leader_goes_again_and_again(bool gracefully)
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3);
        await using Writer writer = await Writer.StartAsync(ensemble.ConnectionString, "/w");
        for (int round = 0; round < 3; round++)
        {
            await writer.WroteAsync(20);
            int leader = await ensemble.LeaderAsync();
            await (gracefully ? ensemble.StopAsync(leader) : ensemble.CrashAsync(leader));
            await writer.WroteAsync(20);
            await ensemble.StartAsync(leader);
            await ensemble.WaitUntilAllServeAsync();
        }

        await writer.StopAsync();
        IReadOnlyList<string> names = await ensemble.WaitUntilEqualAsync("/w");
        Assert.Empty(writer.Acknowledged.Except(names.Select(static n => n.Split('=')[0])));
    }

    [Fact]
    public async Task A_session_and_its_ephemerals_outlive_the_member_they_were_on_and_end_with_the_client()
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3);
        int follower = await ensemble.FollowerAsync();
        int leader = await ensemble.LeaderAsync();
        await using ZooKeeperClient observer = await TestEnsemble.ConnectAsync(ensemble.ConnectionString);
        await using (ZooKeeperClient client = await TestEnsemble.ConnectAsync($"127.0.0.1:{ensemble.Ports[follower - 1]},127.0.0.1:{ensemble.Ports[leader - 1]}"))
        {
            await client.CreateAsync("/e", Array.Empty<byte>(), CreateMode.Ephemeral);
            long session = client.SessionId;
            int on = ((System.Net.IPEndPoint)client.CurrentServer!).Port;
            await ensemble.CrashAsync(ensemble.Ports.ToList().IndexOf(on) + 1);
            await Eventually.TrueAsync(
                async () =>
                {
                    try
                    {
                        return await client.ExistsAsync("/e") is not null;
                    }
                    catch (ZooKeeperException e) when (e.Error == ErrorCode.ConnectionLoss)
                    {
                        return false;
                    }
                },
                "the client is served by another member");
            Assert.Equal(session, client.SessionId);
        }

        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return await observer.ExistsAsync("/e") is null;
                }
                catch (ZooKeeperException e) when (e.Error == ErrorCode.ConnectionLoss)
                {
                    return false;
                }
            },
            "the ephemeral is gone with its session");
    }

    [Fact]
    public async Task A_session_without_its_client_expires_and_one_on_a_follower_that_is_heard_does_not()
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3);
        int follower = await ensemble.FollowerAsync();
        await using ZooKeeperClient alive = await ensemble.ConnectAsync(follower, 5000);
        await alive.CreateAsync("/alive", Array.Empty<byte>(), CreateMode.Ephemeral);
        // A client that says nothing after its session has begun.
        using var socket = new TcpClient("127.0.0.1", ensemble.Ports[follower - 1]);
        using (var frame = new JuteWriter(64))
        {
            int start = frame.BeginFrame();
            new ConnectRequest(0, 0, 5000, 0, new byte[16], false).Write(frame);
            frame.EndFrame(start);
            start = frame.BeginFrame();
            new RequestHeader(1, OpCode.Create).Write(frame);
            new CreateRequest("/silent", [], Acl.OpenUnsafe, CreateMode.Ephemeral).Write(frame);
            frame.EndFrame(start);
            await socket.GetStream().WriteAsync(frame.WrittenMemory);
        }

        await Eventually.TrueAsync(async () => await alive.ExistsAsync("/silent") is not null, "the silent client's ephemeral is there");
        await Eventually.TrueAsync(async () => await alive.ExistsAsync("/silent") is null, "the silent client's session has expired");
        Assert.NotNull(await alive.ExistsAsync("/alive"));
    }

    [Fact]
    public async Task A_member_that_has_been_away_for_long_gets_a_snapshot()
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3);
        int away = await ensemble.FollowerAsync();
        await ensemble.StopAsync(away);
        await using (ZooKeeperClient client = await TestEnsemble.ConnectAsync(ensemble.ConnectionString))
        {
            await client.CreateAsync("/s", Array.Empty<byte>());
            byte[] data = new byte[2000];
            await Task.WhenAll(Enumerable.Range(0, 800).Select(i => client.CreateAsync($"/s/{i}", data)));
        }

        await ensemble.StartAsync(away);
        await ensemble.WaitUntilAllServeAsync();
        Assert.Equal(800, (await ensemble.WaitUntilEqualAsync("/s")).Count);
        Assert.Contains("Received a snapshot", ensemble.Log, StringComparison.Ordinal);
        // What was received is on its disk.
        await ensemble.StopAsync(away);
        await ensemble.StartAsync(away);
        await ensemble.WaitUntilAllServeAsync();
        Assert.Equal(800, (await ensemble.WaitUntilEqualAsync("/s")).Count);
    }

    [Fact]
    public async Task An_observer_serves_reads_and_forwards_writes_and_counts_for_no_quorum()
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3, observers: 1);
        await using ZooKeeperClient client = await ensemble.ConnectAsync(4);
        await client.CreateAsync("/o", Encoding.ASCII.GetBytes("1"));
        await client.SyncAsync("/o");
        Assert.Equal("1", Encoding.ASCII.GetString((await client.GetDataAsync("/o")).Data!));
        Assert.Contains("Mode: observer", await ApacheZooKeeper.FourLetterWordAsync(ensemble.Ports[3], "srvr"), StringComparison.Ordinal);
        int follower = await ensemble.FollowerAsync();
        await ensemble.StopAsync(follower);
        await client.SetDataAsync("/o", Encoding.ASCII.GetBytes("2"));
        int second = await ensemble.FollowerAsync();
        await ensemble.StopAsync(second);
        await Eventually.TrueAsync(() => !ensemble[4].IsServing, "nobody serves without a quorum");
    }

    [Fact]
    public async Task A_member_without_a_quorum_lets_clients_read_that_accept_it_and_refuses_their_writes()
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3, 0, "readonlymode.enabled=true");
        await using (ZooKeeperClient client = await TestEnsemble.ConnectAsync(ensemble.ConnectionString))
        {
            await client.CreateAsync("/r", Encoding.ASCII.GetBytes("1"));
            await ensemble.WaitUntilEqualAsync("/");
        }

        await ensemble.StopAsync(1);
        await ensemble.StopAsync(2);
        await using ZooKeeperClient reader = await ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
        {
            ConnectionString = $"127.0.0.1:{ensemble.Ports[2]}", CanBeReadOnly = true, ConnectRetryTime = TimeSpan.FromSeconds(30),
        });
        Assert.Equal("1", Encoding.ASCII.GetString((await reader.GetDataAsync("/r")).Data!));
        await Assert.ThrowsAsync<NotReadOnlyException>(() => reader.SetDataAsync("/r", Array.Empty<byte>()));
        Assert.Equal("ro", (await ApacheZooKeeper.FourLetterWordAsync(ensemble.Ports[2], "isro")).Trim());
        await ensemble.StartAsync(1);
        await ensemble.WaitUntilAllServeAsync();
        Assert.Equal("rw", (await ApacheZooKeeper.FourLetterWordAsync(ensemble.Ports[2], "isro")).Trim());
    }

    [Fact]
    public async Task A_port_in_use_is_an_error_that_names_it()
    {
        await using var ensemble = new TestEnsemble(3, 0, "electionPortBindRetry=1");
        int port = int.Parse(ensemble.ServerLines.Split('\n')[0].Split(':')[2], System.Globalization.CultureInfo.InvariantCulture);
        using var other = new TcpListener(System.Net.IPAddress.Loopback, port);
        other.Start();
        SocketException e = await Assert.ThrowsAsync<SocketException>(() => ensemble.StartAsync(1));
        Assert.Contains($"127.0.0.1:{port}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_that_its_configuration_does_not_name_does_not_start()
    {
        await using var ensemble = new TestEnsemble(3);
        ServerConfig config = ensemble.ConfigOf(1) with { ServerId = 9 };
        ConfigException e = await Assert.ThrowsAsync<ConfigException>(() => ZooKeeperServer.StartAsync(config));
        Assert.Contains("server.9", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(ensemble.DataDirectory(1), "version-2", "acceptedEpoch")));
    }
}
