using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Server.Tests;

public sealed class SessionTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly ServerUnderTest _server = shared.Server;

    [Theory]
    [InlineData(1, 400)]
    [InlineData(-5, 400)]
    [InlineData(5000, 5000)]
    [InlineData(int.MaxValue, 60_000)]
    public async Task The_timeout_is_negotiated_between_the_limits(int asked, int granted)
    {
        using RawConnection connection = await _server.OpenRawAsync();
        ConnectResponse? response = await connection.OpenSessionAsync(asked);
        Assert.Equal(granted, response!.Value.TimeoutMilliseconds);
        Assert.NotEqual(0, response.Value.SessionId);
    }

    [Fact]
    public async Task A_client_that_does_not_ask_for_read_only_mode_is_not_told_of_it()
    {
        using RawConnection old = await _server.OpenRawAsync();
        Assert.Null((await old.OpenSessionAsync(readOnly: null))!.Value.ReadOnly);
        using RawConnection current = await _server.OpenRawAsync();
        Assert.False((await current.OpenSessionAsync(readOnly: true))!.Value.ReadOnly);
    }

    [Fact]
    public async Task A_session_goes_on_over_a_new_connection_with_its_password()
    {
        RawConnection first = await _server.ConnectRawAsync();
        Assert.Equal(ErrorCode.Ok, (await first.CallAsync(OpCode.Create, new CreateRequest("/resumed", [], Acl.OpenUnsafe, CreateMode.Ephemeral).Write)).Error);
        first.Dispose();
        using RawConnection second = await _server.OpenRawAsync();
        ConnectResponse? response = await second.OpenSessionAsync(sessionId: first.SessionId, password: first.Password);
        Assert.Equal(first.SessionId, response!.Value.SessionId);
        RawReply stat = await second.CallAsync(OpCode.Exists, new ExistsRequest("/resumed", false).Write);
        Assert.Equal(first.SessionId, stat.Read<Stat>().EphemeralOwner);
    }

    [Fact]
    public async Task A_session_that_moves_leaves_its_old_connection_closed()
    {
        RawConnection first = await _server.ConnectRawAsync();
        using RawConnection second = await _server.OpenRawAsync();
        Assert.Equal(first.SessionId, (await second.OpenSessionAsync(sessionId: first.SessionId, password: first.Password))!.Value.SessionId);
        await first.ExpectCloseAsync();
        Assert.Equal(ErrorCode.Ok, (await second.CallAsync(OpCode.Ping)).Error);
    }

    [Fact]
    public async Task A_wrong_password_gets_no_session_and_harms_none()
    {
        using RawConnection owner = await _server.ConnectRawAsync();
        using RawConnection thief = await _server.OpenRawAsync();
        byte[] wrong = [.. owner.Password];
        wrong[3] ^= 1;
        ConnectResponse? response = await thief.OpenSessionAsync(sessionId: owner.SessionId, password: wrong);
        Assert.Equal((0L, 0), (response!.Value.SessionId, response.Value.TimeoutMilliseconds));
        Assert.Equal(new byte[16], response.Value.Password);
        await thief.ExpectCloseAsync();
        Assert.Equal(ErrorCode.Ok, (await owner.CallAsync(OpCode.Ping)).Error);
    }

    [Fact]
    public async Task A_password_of_another_length_gets_no_session()
    {
        using RawConnection owner = await _server.ConnectRawAsync();
        using RawConnection thief = await _server.OpenRawAsync();
        Assert.Equal(0, (await thief.OpenSessionAsync(sessionId: owner.SessionId, password: []))!.Value.SessionId);
    }

    [Fact]
    public async Task A_session_that_never_was_can_not_be_resumed()
    {
        using RawConnection connection = await _server.OpenRawAsync();
        ConnectResponse? response = await connection.OpenSessionAsync(sessionId: 4711, password: SessionPassword.Generate(4711));
        Assert.Equal(0, response!.Value.SessionId);
        await connection.ExpectCloseAsync();
    }

    [Fact]
    public async Task A_client_that_has_seen_a_later_zxid_is_turned_away()
    {
        using RawConnection connection = await _server.OpenRawAsync();
        Assert.Null(await connection.OpenSessionAsync(lastZxidSeen: long.MaxValue));
    }

    [Fact]
    public async Task A_silent_session_expires_with_its_ephemerals_and_not_before_its_timeout()
    {
        await using ZooKeeperClient watcher = await _server.ConnectAsync();
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await watcher.AddWatchAsync("/silent", AddWatchMode.Persistent, e =>
        {
            if (e.Type == WatchEventType.NodeDeleted)
                gone.TrySetResult();
        });
        RawConnection silent = await _server.ConnectRawAsync(timeoutMilliseconds: 2000);
        // The server hears of it no sooner than this.
        long start = Environment.TickCount64;
        Assert.Equal(ErrorCode.Ok, (await silent.CallAsync(OpCode.Create, new CreateRequest("/silent", [], Acl.OpenUnsafe, CreateMode.Ephemeral).Write)).Error);
        await gone.Task.WaitAsync(Eventually.Patience);
        Assert.InRange(Environment.TickCount64 - start, 1950, long.MaxValue);
        await silent.ExpectCloseAsync();
        using RawConnection late = await _server.OpenRawAsync();
        Assert.Equal(0, (await late.OpenSessionAsync(sessionId: silent.SessionId, password: silent.Password))!.Value.SessionId);
    }

    [Fact]
    public async Task Pings_keep_a_session()
    {
        using RawConnection connection = await _server.ConnectRawAsync(timeoutMilliseconds: 4000);
        long end = Environment.TickCount64 + 6000;
        while (Environment.TickCount64 < end)
        {
            Assert.Equal(ErrorCode.Ok, (await connection.CallAsync(OpCode.Ping)).Error);
            await Task.Delay(50);
        }

        Assert.NotNull(_server.Server.Sessions.Find(connection.SessionId));
    }

    [Fact]
    public async Task Closing_a_session_is_answered_then_closes_the_connection_and_deletes_ephemerals()
    {
        using RawConnection connection = await _server.ConnectRawAsync();
        await connection.CallAsync(OpCode.Create, new CreateRequest("/closing", [], Acl.OpenUnsafe, CreateMode.Ephemeral).Write);
        RawReply reply = await connection.CallAsync(OpCode.CloseSession);
        Assert.Equal((ErrorCode.Ok, 0), (reply.Error, reply.Body.Length));
        await connection.ExpectCloseAsync();
        await using ZooKeeperClient client = await _server.ConnectAsync();
        Assert.Null(await client.ExistsAsync("/closing"));
        Assert.Null(_server.Server.Sessions.Find(connection.SessionId));
    }

    [Fact]
    public async Task Requests_sent_behind_a_close_change_nothing()
    {
        using RawConnection connection = await _server.ConnectRawAsync();
        byte[] late = RawConnection.Frame(2, OpCode.Create, new CreateRequest("/too-late", [], Acl.OpenUnsafe, CreateMode.Ephemeral).Write);
        await connection.SendAsync((byte[])[.. RawConnection.Frame(1, OpCode.CloseSession), .. late]);
        await connection.ExpectCloseAsync();
        await using ZooKeeperClient client = await _server.ConnectAsync();
        Assert.Null(await client.ExistsAsync("/too-late"));
    }

    [Fact]
    public async Task Requests_sent_right_behind_the_connect_request_are_answered_after_it()
    {
        using RawConnection connection = await _server.OpenRawAsync();
        await connection.SendAsync(
            (byte[])[.. RawConnection.Frame(new ConnectRequest(0, 0, 10_000, 0, new byte[16], false).Write), .. RawConnection.Frame(1, OpCode.Exists, new ExistsRequest("/", false).Write)]);
        byte[]? connected = await connection.ReceiveFrameAsync();
        Assert.Equal(37, connected!.Length);
        Assert.Equal((1, ErrorCode.Ok), ((await connection.ReceiveAsync())!.Header.Xid, ErrorCode.Ok));
    }

    [Fact]
    public async Task Sessions_and_ephemerals_outlive_a_restart_and_those_whose_client_is_gone_expire()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        RawConnection kept = await server.ConnectRawAsync(20_000), lost = await server.ConnectRawAsync(3000);
        await kept.CallAsync(OpCode.Create, new CreateRequest("/kept", [], Acl.OpenUnsafe, CreateMode.Ephemeral).Write);
        await lost.CallAsync(OpCode.Create, new CreateRequest("/lost", [], Acl.OpenUnsafe, CreateMode.Ephemeral).Write);
        await server.RestartAsync();
        using RawConnection again = await server.OpenRawAsync();
        Assert.Equal(kept.SessionId, (await again.OpenSessionAsync(20_000, kept.SessionId, kept.Password))!.Value.SessionId);
        await using ZooKeeperClient client = await server.ConnectAsync();
        await Eventually.TrueAsync(async () => await client.ExistsAsync("/lost") is null, "the lost session's ephemeral is gone");
        Assert.NotNull(await client.ExistsAsync("/kept"));
        Assert.NotEqual(kept.SessionId, (await server.ConnectRawAsync()).SessionId);
    }

    [Fact]
    public async Task Many_reconnects_with_other_timeouts_leave_one_session()
    {
        RawConnection first = await _server.ConnectRawAsync();
        for (int i = 0; i < 20; i++)
        {
            using RawConnection again = await _server.OpenRawAsync();
            ConnectResponse? response = await again.OpenSessionAsync(10_000 + (i * 1000), first.SessionId, first.Password);
            Assert.Equal((first.SessionId, 10_000 + (i * 1000)), (response!.Value.SessionId, response.Value.TimeoutMilliseconds));
        }

        Assert.Single(_server.Server.Sessions.Sessions, s => s.Id == first.SessionId);
    }
}
