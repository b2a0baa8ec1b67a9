using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Server.Tests;

/// <summary>Error codes as Apache gives them, for requests that no client library would send.</summary>
public sealed class OperationErrorTests(SharedServer shared) : IClassFixture<SharedServer>, IAsyncLifetime
{
    private readonly string _root = $"/e-{Guid.NewGuid():N}";
    private RawConnection _connection = null!;

    public async Task InitializeAsync()
    {
        _connection = await shared.Server.ConnectRawAsync();
        await CreateAsync(_root);
        await CreateAsync(_root + "/child");
        await CreateAsync(_root + "/ephemeral", CreateMode.Ephemeral);
    }

    public Task DisposeAsync()
    {
        _connection.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData("", ErrorCode.BadArguments)]
    [InlineData("no-slash", ErrorCode.BadArguments)]
    [InlineData("ROOT", ErrorCode.NodeExists)]
    [InlineData("/", ErrorCode.NodeExists)]
    [InlineData("ROOT/", ErrorCode.BadArguments)]
    [InlineData("ROOT//x", ErrorCode.NoNode)]
    [InlineData("ROOT/./x", ErrorCode.NoNode)]
    [InlineData("ROOT/.", ErrorCode.BadArguments)]
    [InlineData("ROOT/..", ErrorCode.BadArguments)]
    [InlineData("ROOT/...", ErrorCode.Ok)]
    [InlineData("ROOT/.hidden", ErrorCode.Ok)]
    [InlineData("ROOT/with space", ErrorCode.Ok)]
    [InlineData("ROOT/\u00e9\u4e2d\u6587", ErrorCode.Ok)]
    [InlineData("ROOT/a\0b", ErrorCode.BadArguments)]
    [InlineData("ROOT/a\u0001b", ErrorCode.BadArguments)]
    [InlineData("ROOT/a\u007fb", ErrorCode.BadArguments)]
    [InlineData("ROOT/a\ufff0b", ErrorCode.BadArguments)]
    [InlineData("ROOT/\ud83d\ude00", ErrorCode.BadArguments)]
    [InlineData("ROOT/missing/x", ErrorCode.NoNode)]
    [InlineData("ROOT/ephemeral/x", ErrorCode.NoChildrenForEphemerals)]
    public async Task Create_answers(string path, ErrorCode error) => Assert.Equal(error, await CreateAsync(path.Replace("ROOT", _root, StringComparison.Ordinal)));

    [Theory]
    [InlineData(7)]
    [InlineData(-1)]
    [InlineData(99)]
    public async Task Create_refuses_modes_that_are_none(int mode) => Assert.Equal(ErrorCode.BadArguments, await CreateAsync(_root + "/mode", (CreateMode)mode));

    [Fact]
    public async Task Create_refuses_lists_that_are_none()
    {
        Assert.Equal(ErrorCode.InvalidAcl, await CreateAsync(_root + "/acl", acl: []));
        Assert.Equal(ErrorCode.InvalidAcl, await CallAsync(OpCode.Create, new CreateRequest(_root + "/acl", [], null, CreateMode.Persistent).Write));
        foreach ((string scheme, string id) in new[] { ("world", "someone"), ("nothing", "x"), ("", ""), ("digest", "user"), ("digest", "user:"), ("digest", "a:b:c"), ("ip", "host"), ("ip", "10.0.0.0/33"), ("ip", "1"), ("auth", "") })
            Assert.Equal(ErrorCode.InvalidAcl, await CreateAsync(_root + "/acl", acl: [new Acl(Permissions.All, new AclId(scheme, id))]));
    }

    [Theory]
    [InlineData(CreateMode.PersistentWithTtl, 0, ErrorCode.BadArguments)]
    [InlineData(CreateMode.PersistentWithTtl, -1, ErrorCode.BadArguments)]
    [InlineData(CreateMode.PersistentWithTtl, 0x10000000000, ErrorCode.BadArguments)]
    [InlineData(CreateMode.Persistent, 1000, ErrorCode.BadArguments)]
    [InlineData(CreateMode.PersistentWithTtl, 0xffffffffff, ErrorCode.Ok)]
    public async Task CreateTtl_answers(CreateMode mode, long ttl, ErrorCode error) =>
        Assert.Equal(error, await CallAsync(OpCode.CreateTtl, new CreateTtlRequest($"{_root}/ttl{ttl}", [], Acl.OpenUnsafe, mode, ttl).Write));

    [Fact]
    public async Task Ttl_znodes_need_extended_types()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { ExtendedTypesEnabled = false });
        using RawConnection connection = await server.ConnectRawAsync();
        RawReply reply = await connection.CallAsync(OpCode.CreateTtl, new CreateTtlRequest("/t", [], Acl.OpenUnsafe, CreateMode.PersistentWithTtl, 1000).Write);
        Assert.Equal(ErrorCode.Unimplemented, reply.Error);
    }

    [Theory]
    [InlineData("", -1, ErrorCode.BadArguments)]
    [InlineData("/", -1, ErrorCode.BadArguments)]
    [InlineData("/zookeeper", -1, ErrorCode.BadArguments)]
    [InlineData("/zookeeper/quota", -1, ErrorCode.BadArguments)]
    [InlineData("/zookeeper/config", -1, ErrorCode.BadArguments)]
    [InlineData("ROOT/missing", -1, ErrorCode.NoNode)]
    [InlineData("/missing/missing", -1, ErrorCode.NoNode)]
    [InlineData("ROOT", -1, ErrorCode.NotEmpty)]
    [InlineData("ROOT/child", 1, ErrorCode.BadVersion)]
    [InlineData("ROOT/child", -2, ErrorCode.BadVersion)]
    [InlineData("ROOT/child", 0, ErrorCode.Ok)]
    public async Task Delete_answers(string path, int version, ErrorCode error) =>
        Assert.Equal(error, await CallAsync(OpCode.Delete, new PathVersionRequest(path.Replace("ROOT", _root, StringComparison.Ordinal), version).Write));

    [Theory]
    [InlineData("", -1, ErrorCode.BadArguments)]
    [InlineData("ROOT/", -1, ErrorCode.BadArguments)]
    [InlineData("ROOT/missing", -1, ErrorCode.NoNode)]
    [InlineData("ROOT/child", 3, ErrorCode.BadVersion)]
    [InlineData("ROOT/child", 0, ErrorCode.Ok)]
    public async Task SetData_and_check_answer(string path, int version, ErrorCode error)
    {
        path = path.Replace("ROOT", _root, StringComparison.Ordinal);
        Assert.Equal(error, await CallAsync(OpCode.Check, new PathVersionRequest(path, version).Write));
        Assert.Equal(error, await CallAsync(OpCode.SetData, new SetDataRequest(path, [1], version).Write));
    }

    [Theory]
    [InlineData("", -1, ErrorCode.BadArguments)]
    [InlineData("ROOT/missing", -1, ErrorCode.NoNode)]
    [InlineData("ROOT/child", 3, ErrorCode.BadVersion)]
    [InlineData("ROOT/child", 0, ErrorCode.Ok)]
    public async Task SetAcl_answers(string path, int version, ErrorCode error) =>
        Assert.Equal(error, await CallAsync(OpCode.SetAcl, new SetAclRequest(path.Replace("ROOT", _root, StringComparison.Ordinal), Acl.OpenUnsafe, version).Write));

    [Theory]
    [InlineData(OpCode.GetData)]
    [InlineData(OpCode.Exists)]
    [InlineData(OpCode.GetChildren)]
    [InlineData(OpCode.GetChildren2)]
    [InlineData(OpCode.GetAcl)]
    [InlineData(OpCode.GetAllChildrenNumber)]
    public async Task Reads_of_what_is_not_there_answer_NoNode(OpCode type)
    {
        foreach (string path in new[] { _root + "/missing", "no-slash", _root + "/", "//" })
            Assert.Equal(ErrorCode.NoNode, await CallAsync(type, new GetDataRequest(path, false).Write));
    }

    [Fact]
    public async Task Exists_refuses_a_null_character() =>
        Assert.Equal(ErrorCode.BadArguments, await CallAsync(OpCode.Exists, new ExistsRequest("/a\0", false).Write));

    [Fact]
    public async Task Watches_that_are_not_set_can_not_be_checked_or_removed()
    {
        Assert.Equal(ErrorCode.NoWatcher, await CallAsync(OpCode.CheckWatches, new WatchesRequest(_root, WatcherType.Any).Write));
        Assert.Equal(ErrorCode.NoWatcher, await CallAsync(OpCode.RemoveWatches, new WatchesRequest(_root, WatcherType.Data).Write));
    }

    [Fact]
    public async Task Reconfiguration_is_refused_as_Apache_refuses_it()
    {
        Action<JuteWriter> reconfig = new ReconfigRequest("", "", "server.1=a:1:2;3", -1).Write;
        Assert.Equal(ErrorCode.ReconfigDisabled, await CallAsync(OpCode.Reconfig, reconfig));
        await using ServerUnderTest enabled = await ServerUnderTest.StartAsync(c => c with { ReconfigEnabled = true });
        using RawConnection connection = await enabled.ConnectRawAsync();
        Assert.Equal(ErrorCode.Unimplemented, (await connection.CallAsync(OpCode.Reconfig, reconfig)).Error);
    }

    [Theory]
    [InlineData(OpCode.Create)]
    [InlineData(OpCode.CreateTtl)]
    [InlineData(OpCode.Delete)]
    [InlineData(OpCode.SetData)]
    [InlineData(OpCode.SetAcl)]
    [InlineData(OpCode.Check)]
    [InlineData(OpCode.Multi)]
    [InlineData(OpCode.Sync)]
    [InlineData(OpCode.Reconfig)]
    [InlineData(OpCode.GetData)]
    [InlineData(OpCode.GetChildren2)]
    [InlineData(OpCode.SetWatches)]
    [InlineData(OpCode.SetWatches2)]
    [InlineData(OpCode.AddWatch)]
    [InlineData(OpCode.RemoveWatches)]
    [InlineData(OpCode.MultiRead)]
    public async Task A_request_that_can_not_be_read_is_answered_and_the_session_goes_on(OpCode type)
    {
        Assert.Equal(ErrorCode.MarshallingError, await CallAsync(type, static w => w.WriteInt32(1000)));
        Assert.Equal(ErrorCode.Ok, await CallAsync(OpCode.Exists, new ExistsRequest("/", false).Write));
    }

    [Fact]
    public async Task An_operation_that_is_none_is_answered_and_ends_the_connection()
    {
        Assert.Equal(ErrorCode.Unimplemented, await CallAsync((OpCode)4711));
        await _connection.ExpectCloseAsync();
    }

    [Fact]
    public async Task A_client_can_not_reap_a_container()
    {
        await CallAsync(OpCode.CreateContainer, new CreateRequest(_root + "/container", [], Acl.OpenUnsafe, CreateMode.Container).Write);
        using RawConnection other = await shared.Server.ConnectRawAsync();
        Assert.Equal(ErrorCode.Unimplemented, (await other.CallAsync(OpCode.DeleteContainer, new PathRequest(_root + "/container").Write)).Error);
        Assert.Equal(ErrorCode.Ok, await CallAsync(OpCode.Exists, new ExistsRequest(_root + "/container", false).Write));
    }

    [Fact]
    public async Task Unknown_credentials_are_refused_and_end_the_connection()
    {
        RawReply reply = await _connection.CallAsync(OpCode.Auth, new AuthPacket(0, "nothing", [1]).Write);
        Assert.Equal((Xids.Auth, ErrorCode.AuthFailed), (reply.Header.Xid, reply.Error));
        await _connection.ExpectCloseAsync();
    }

    [Fact]
    public async Task A_mode_asked_for_by_another_operation_is_what_it_says_and_outlives_a_restart()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { ContainerCheckInterval = 60_000 });
        using RawConnection connection = await server.ConnectRawAsync();
        RawReply created = await connection.CallAsync(OpCode.CreateContainer, new CreateRequest("/persistent", [1], Acl.OpenUnsafe, CreateMode.PersistentSequential).Write);
        string path = created.Read<Create2Response>().Path;
        await connection.CallAsync(OpCode.Create, new CreateRequest("/container", [2], Acl.OpenUnsafe, CreateMode.Container).Write);
        Stat root = (await connection.CallAsync(OpCode.Exists, new ExistsRequest("/", false).Write)).Read<Stat>();
        await server.RestartAsync();
        using RawConnection again = await server.ConnectRawAsync();
        Stat persistent = (await again.CallAsync(OpCode.Exists, new ExistsRequest(path, false).Write)).Read<Stat>();
        Stat container = (await again.CallAsync(OpCode.Exists, new ExistsRequest("/container", false).Write)).Read<Stat>();
        Assert.Equal((0, 0), (persistent.EphemeralOwner, container.EphemeralOwner));
        Assert.Equal(EphemeralOwner.Container, server.Server.Tree.Find("/container")!.Value.EphemeralOwner);
        Assert.Equal(root, (await again.CallAsync(OpCode.Exists, new ExistsRequest("/", false).Write)).Read<Stat>());
    }

    private Task<ErrorCode> CreateAsync(string path, CreateMode mode = CreateMode.Persistent, IReadOnlyList<Acl>? acl = null) =>
        CallAsync(OpCode.Create, new CreateRequest(path, [], acl ?? Acl.OpenUnsafe, mode).Write);

    private async Task<ErrorCode> CallAsync(OpCode type, Action<JuteWriter>? body = null) => (await _connection.CallAsync(type, body)).Error;
}
