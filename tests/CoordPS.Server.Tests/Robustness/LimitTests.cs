using System.Buffers.Binary;
using System.Net.Sockets;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Server.Tests;

public sealed class LimitTests
{
    [Fact]
    public async Task A_frame_as_long_as_allowed_is_served_and_a_longer_one_closes_its_connection()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { JuteMaxBuffer = 10_000 });
        RawConnection connection = await server.ConnectRawAsync();
        byte[] empty = RawConnection.Frame(1, OpCode.Create, new CreateRequest("/n", [], Acl.OpenUnsafe, CreateMode.Persistent).Write);
        byte[] full = RawConnection.Frame(1, OpCode.Create, new CreateRequest("/n", new byte[10_000 + 4 - empty.Length], Acl.OpenUnsafe, CreateMode.Persistent).Write);
        Assert.Equal(10_000, BinaryPrimitives.ReadInt32BigEndian(full));
        await connection.SendAsync(full);
        Assert.Equal(ErrorCode.Ok, (await connection.ReceiveAsync())!.Error);
        byte[] over = RawConnection.Frame(2, OpCode.SetData, new SetDataRequest("/n", new byte[10_000], -1).Write);
        await connection.SendAsync(over);
        await connection.ExpectCloseAsync();
        ZooKeeperClient other = await server.ConnectAsync();
        Assert.Equal(0, (await other.ExistsAsync("/n"))!.Value.Version);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(0x100000)]
    [InlineData(0)]
    [InlineData(7)]
    public async Task A_length_that_no_request_can_have_closes_the_connection(int length)
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync();
        byte[] frame = new byte[16];
        BinaryPrimitives.WriteInt32BigEndian(frame, length);
        RawConnection connected = await server.ConnectRawAsync(), fresh = await server.OpenRawAsync();
        await connected.SendAsync(frame);
        await connected.ExpectCloseAsync();
        await fresh.SendAsync(frame);
        await fresh.ExpectCloseAsync();
        await (await server.ConnectAsync()).ExistsAsync("/");
    }

    [Fact]
    public async Task One_address_may_hold_so_many_connections_and_gets_another_when_one_ends()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { MaxClientCnxns = 3 });
        RawConnection[] held = [await server.ConnectRawAsync(), await server.ConnectRawAsync(), await server.ConnectRawAsync()];
        RawConnection fourth = await server.OpenRawAsync();
        Assert.Null(await TryOpenSessionAsync(fourth));
        held[1].Dispose();
        await Eventually.TrueAsync(
            async () =>
            {
                using RawConnection next = await RawConnection.OpenAsync(server.Port);
                return await TryOpenSessionAsync(next) is not null;
            }, "a connection is free again");
        Assert.Equal(ErrorCode.Ok, (await held[0].CallAsync(OpCode.Ping)).Error);
    }

    [Fact]
    public async Task There_may_be_so_many_connections_in_all()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { MaxCnxns = 2 });
        await server.ConnectRawAsync();
        await server.ConnectRawAsync();
        Assert.Null(await TryOpenSessionAsync(await server.OpenRawAsync()));
    }

    [Fact]
    public async Task A_flood_of_writes_is_taken_at_the_rate_it_is_served_and_all_answered_in_order()
    {
        const int Writes = 20_000;
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { GlobalOutstandingLimit = 100, ForceSync = false });
        RawConnection connection = await server.ConnectRawAsync();
        await connection.CallAsync(OpCode.Create, new CreateRequest("/n", [], Acl.OpenUnsafe, CreateMode.Persistent).Write);
        byte[] data = new byte[1000];
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < Writes; i += 100)
                await connection.SendAsync((byte[])[.. Enumerable.Range(i, 100).SelectMany(xid => RawConnection.Frame(xid, OpCode.SetData, new SetDataRequest("/n", data, -1).Write))]);
        });
        int most = 0;
        for (int xid = 0; xid < Writes; xid++)
        {
            RawReply reply = (await connection.ReceiveAsync())!;
            Assert.Equal((xid, ErrorCode.Ok, xid + 1), (reply.Header.Xid, reply.Error, reply.Read<Stat>().Version));
            most = Math.Max(most, server.Server.InProcess);
        }

        await sending;
        // What one receive brings is taken as a whole.
        Assert.InRange(most, 1, 100 + (2 * 64 * 1024 / 1000));
    }

    [Fact]
    public async Task A_client_that_takes_no_replies_is_not_read_from_and_the_others_are_served()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { ForceSync = false });
        RawConnection connection = await server.ConnectRawAsync();
        await connection.CallAsync(OpCode.Create, new CreateRequest("/large", new byte[100_000], Acl.OpenUnsafe, CreateMode.Persistent).Write);
        const int Rounds = 30, Reads = 50;
        // Behind each write reads wait that are answered all at once.
        byte[] batch =
        [
            .. RawConnection.Frame(0, OpCode.SetAcl, new SetAclRequest("/large", Acl.OpenUnsafe, -1).Write),
            .. Enumerable.Range(1, Reads).SelectMany(xid => RawConnection.Frame(xid, OpCode.GetData, new GetDataRequest("/large", false).Write)),
        ];
        for (int i = 0; i < Rounds; i++)
            await connection.SendAsync(batch);
        ServerConnection served = server.Server.Connections.Single(c => c.SessionId == connection.SessionId);
        ZooKeeperClient other = await server.ConnectAsync();
        await Eventually.TrueAsync(() => served.IsPaused, "the server stops reading");
        for (int i = 0; i < 100; i++)
            await other.SetDataAsync("/large", new byte[100_000]);
        Assert.InRange(served.Output.Length, 0, 300 * 100_100);
        for (int i = 0; i < Rounds; i++)
        {
            for (int xid = 0; xid <= Reads; xid++)
                Assert.Equal((xid, ErrorCode.Ok), ((await connection.ReceiveAsync())! is var r ? r.Header.Xid : -1, r.Error));
        }
    }

    [Fact]
    public async Task A_client_that_takes_no_events_is_cut_off_before_they_fill_the_memory()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { ForceSync = false });
        RawConnection deaf = await server.ConnectRawAsync();
        string path = "/" + new string('x', 200_000);
        await deaf.CallAsync(OpCode.AddWatch, new AddWatchRequest("/", AddWatchMode.PersistentRecursive).Write);
        ZooKeeperClient writer = await server.ConnectAsync();
        await writer.CreateAsync(path);
        ServerConnection served = server.Server.Connections.Single(c => c.SessionId == deaf.SessionId);
        for (int i = 0; i < 1000 && !served.IsClosed; i++)
            await writer.SetDataAsync(path, null);
        Assert.True(served.IsClosed);
        await Eventually.TrueAsync(() => !server.Server.Connections.Contains(served), "it is forgotten");
    }

    [Fact]
    public async Task A_deep_tree_can_be_snapshotted_counted_and_loaded()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { ForceSync = false });
        ZooKeeperClient client = await server.ConnectAsync(o => o.MaxInFlight = 500);
        string path = "";
        List<Task> creates = [];
        const int Depth = 6000;
        for (int i = 0; i < Depth; i++)
            creates.Add(client.CreateAsync(path += "/a"));
        await Task.WhenAll(creates);
        Assert.Equal(Depth - 1, await client.GetAllChildrenNumberAsync("/a"));
        server.Server.Database.WriteSnapshot();
        await server.RestartAsync();
        ZooKeeperClient after = await server.ConnectAsync();
        Assert.NotNull(await after.ExistsAsync(path));
        Assert.Equal(Depth - 1, await after.GetAllChildrenNumberAsync("/a"));
    }

    private static async Task<ConnectResponse?> TryOpenSessionAsync(RawConnection connection)
    {
        try
        {
            return await connection.OpenSessionAsync();
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return null;
        }
    }
}
