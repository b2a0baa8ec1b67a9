using System.Net;
using System.Net.Sockets;
using System.Text;
using CoordPS.Protocol;
using CoordPS.Testing;
using static CoordPS.Client.Tests.ScriptedServer;

namespace CoordPS.Client.Tests;

/// <summary>Old servers, broken ones, and what is no ZooKeeper server at all.</summary>
public sealed class OddServerTests
{
    [Fact]
    public async Task A_server_without_create2_is_asked_for_create()
    {
        List<OpCode> asked = [];
        await using var server = new ScriptedServer((header, body) =>
        {
            asked.Add(header.Type);
            return header.Type switch
            {
                OpCode.Create2 => [Reply(header, ErrorCode.Unimplemented)],
                OpCode.Create => [Reply(header, ErrorCode.Ok, w => w.WriteString("/a"))],
                _ => [Reply(header)],
            };
        });
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(server.ConnectionString);
        Assert.Equal(new CreateResult("/a", null), await client.CreateAsync("/a"));
        Assert.Equal(new CreateResult("/a", null), await client.CreateAsync("/a"));
        Assert.Equal([OpCode.Create2, OpCode.Create, OpCode.Create], asked);
    }

    [Fact]
    public async Task An_operation_that_the_server_lacks_says_which_version_has_it()
    {
        await using var server = new ScriptedServer((header, _) => [Reply(header, header.Type == OpCode.CloseSession ? ErrorCode.Ok : ErrorCode.Unimplemented)]);
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(server.ConnectionString);
        var e = await Assert.ThrowsAsync<UnimplementedException>(() => client.AddWatchAsync("/a", AddWatchMode.Persistent, _ => { }));
        Assert.Contains("3.6", e.RecommendedAction, StringComparison.Ordinal);
        await Assert.ThrowsAsync<UnimplementedException>(() => client.CreateAsync("/a", null, CreateMode.Container));
    }

    [Fact]
    public async Task A_server_before_3_4_that_does_not_say_whether_it_is_read_only_will_do()
    {
        await using var server = new ScriptedServer((header, _) => [Reply(header)], _ => new ConnectResponse(0, 5_000, 7, new byte[16], null));
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(server.ConnectionString);
        Assert.Equal(SessionState.Connected, client.State);
        Assert.Equal(TimeSpan.FromSeconds(5), client.NegotiatedTimeout);
    }

    [Fact]
    public async Task Answers_out_of_order_or_malformed_cost_the_connection_and_reads_are_repeated()
    {
        int broken = 0;
        byte[][] nonsense =
        [
            Frame(w => new ReplyHeader(4711, 1, ErrorCode.Ok).Write(w)),
            [0xff, 0xff, 0xff, 0xff],
            [0, 0, 0, 2, 1, 2],
        ];
        await using var server = new ScriptedServer((header, _) => header.Type switch
        {
            OpCode.GetChildren2 when broken < 2 => [nonsense[broken++]],
            OpCode.GetChildren2 => [Reply(header, ErrorCode.Ok, w => new GetChildren2Response(["x"], default).Write(w))],
            _ => [Reply(header)],
        });
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(server.ConnectionString);
        Assert.Equal(["x"], (await client.GetChildrenAsync("/a")).Children);
        Assert.Equal(3, server.Connections);
    }

    [Fact]
    public async Task An_answer_whose_body_is_cut_short_fails_its_request()
    {
        await using var server = new ScriptedServer((header, _) => [Reply(header, ErrorCode.Ok, w => w.WriteInt32(1000))]);
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(server.ConnectionString);
        ZooKeeperException e = await Assert.ThrowsAsync<ZooKeeperException>(() => client.GetDataAsync("/a"));
        Assert.Equal(ErrorCode.MarshallingError, e.Error);
        Assert.Equal("/a", e.Path);
    }

    [Fact]
    public async Task A_read_that_kills_every_connection_fails_in_the_end()
    {
        int asked = 0;
        await using var server = new ScriptedServer((header, _) =>
        {
            if (header.Type != OpCode.GetData)
                return [Reply(header)];
            Interlocked.Increment(ref asked);
            return null;
        });
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(server.ConnectionString);
        ConnectionLossException e = await Assert.ThrowsAsync<ConnectionLossException>(() => client.GetDataAsync("/a"));
        Assert.False(e.OutcomeUnknown);
        // By now the session may have yet another connection.
        Assert.Equal(5, Volatile.Read(ref asked));
    }

    [Fact]
    public async Task A_frame_that_comes_byte_by_byte_is_put_together()
    {
        byte[] data = new byte[3_000];
        Random.Shared.NextBytes(data);
        await using var server = new ScriptedServer((header, _) => header.Type == OpCode.GetData
            ? Reply(header, ErrorCode.Ok, w => new GetDataResponse(data, default).Write(w)).Select(b => new[] { b })
            : [Reply(header)]);
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(server.ConnectionString);
        Assert.Equal(data, (await client.GetDataAsync("/a")).Data);
    }

    [Fact]
    public async Task When_nothing_listens_the_error_names_each_server_and_its_failure()
    {
        int one = FreePort.Next(), two = FreePort.Next();
        var e = await Assert.ThrowsAsync<ZooKeeperConnectException>(() => ZooKeeperClient.ConnectAsync($"127.0.0.1:{one},127.0.0.1:{two}"));
        Assert.Equal(ErrorCode.ConnectionLoss, e.Error);
        Assert.Equal(new[] { $"127.0.0.1:{one}", $"127.0.0.1:{two}" }.Order(), e.Attempts.Select(a => a.Server).Order());
        Assert.All(e.Attempts, a => Assert.Equal(SocketError.ConnectionRefused, Assert.IsAssignableFrom<SocketException>(a.Failure).SocketErrorCode));
        Assert.Contains($"127.0.0.1:{one}: ", e.Message, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{two}: ", e.Message, StringComparison.Ordinal);
        Assert.NotEmpty(e.RecommendedAction);
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_named()
    {
        var e = await Assert.ThrowsAsync<ZooKeeperConnectException>(() => ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
        {
            ConnectionString = "nowhere.example:2181",
            Resolver = (_, _) => throw new SocketException((int)SocketError.HostNotFound),
        }));
        Assert.Equal("nowhere.example:2181", e.Attempts.Single().Server);
        Assert.Null(e.Attempts.Single().Address);
    }

    [Fact]
    public async Task What_is_no_ZooKeeper_server_is_called_so()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serve = Task.Run(async () =>
        {
            using TcpClient connection = await listener.AcceptTcpClientAsync();
            await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
            await connection.GetStream().ReadExactlyAsync(new byte[40]);
        });
        var e = await Assert.ThrowsAsync<ZooKeeperConnectException>(() => ZooKeeperClient.ConnectAsync(listener.LocalEndpoint.ToString()!));
        Assert.Contains("not ZooKeeper's protocol", e.Message, StringComparison.Ordinal);
        await serve;
    }

    [Fact]
    public async Task A_server_that_accepts_and_says_nothing_costs_the_connect_timeout()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var e = await Assert.ThrowsAsync<ZooKeeperConnectException>(() => ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
        {
            ConnectionString = listener.LocalEndpoint.ToString()!,
            ConnectTimeout = TimeSpan.FromMilliseconds(150),
        }));
        Assert.IsType<TimeoutException>(e.Attempts.Single().Failure);
        Assert.Contains("within 150 ms", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connecting_can_be_cancelled()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ZooKeeperClient.ConnectAsync(listener.LocalEndpoint.ToString()!, cancellation.Token));
    }

    [Fact]
    public async Task A_server_that_drops_the_connection_at_once_is_explained()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serve = Task.Run(async () =>
        {
            using TcpClient connection = await listener.AcceptTcpClientAsync();
            await connection.GetStream().ReadExactlyAsync(new byte[40]);
        });
        var e = await Assert.ThrowsAsync<ZooKeeperConnectException>(() => ZooKeeperClient.ConnectAsync(listener.LocalEndpoint.ToString()!));
        Assert.Contains("instead of opening a session", e.Message, StringComparison.Ordinal);
        await serve;
    }

    [Fact]
    public async Task On_reconnect_the_client_shows_its_last_zxid_session_and_password()
    {
        List<ConnectRequest> hellos = [];
        bool drop = true;
        await using var server = new ScriptedServer(
            (header, _) =>
            {
                if (header.Type != OpCode.Sync || !drop)
                    return [Reply(header, ErrorCode.Ok, w => w.WriteString("/"))];
                drop = false;
                return null;
            },
            hello =>
            {
                hellos.Add(hello);
                return new ConnectResponse(0, 30_000, 0x1234, [.. Enumerable.Repeat((byte)9, 16)], false);
            });
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(server.ConnectionString);
        await client.DeleteAsync("/a");
        Assert.Equal(1, client.LastZxid);
        await client.SyncAsync("/");
        Assert.Equal(2, hellos.Count);
        Assert.Equal(0, hellos[0].SessionId);
        Assert.False(hellos[0].ReadOnly);
        Assert.Equal(0x1234, hellos[1].SessionId);
        Assert.Equal(1, hellos[1].LastZxidSeen);
        Assert.Equal(client.Password, hellos[1].Password);
    }
}
