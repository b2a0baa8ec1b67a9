using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Server.Tests;

public sealed class AclTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly ServerUnderTest _server = shared.Server;
    private readonly string _path = $"/acl-{Guid.NewGuid():N}";

    [Fact]
    public async Task Each_permission_allows_its_operations_and_no_others()
    {
        await using ZooKeeperClient super = await _server.ConnectSuperAsync();
        await using ZooKeeperClient anyone = await _server.ConnectAsync();
        await super.CreateAsync(_path);
        await super.CreateAsync(_path + "/child");
        async Task<string> AllowedAsync(Permissions permissions)
        {
            await super.SetAclAsync(_path, [new Acl(permissions, AclId.Anyone)]);
            List<string> allowed = [];
            await TryAsync(allowed, "create", () => anyone.CreateAsync(_path + "/new"));
            await TryAsync(allowed, "delete", () => anyone.DeleteAsync(_path + "/child"));
            await TryAsync(allowed, "getData", () => anyone.GetDataAsync(_path));
            await TryAsync(allowed, "getChildren", () => anyone.GetChildrenAsync(_path));
            await TryAsync(allowed, "getAllChildrenNumber", () => anyone.GetAllChildrenNumberAsync(_path));
            await TryAsync(allowed, "check", () => anyone.MultiAsync([ZooKeeperOperation.Check(_path)]));
            await TryAsync(allowed, "setData", () => anyone.SetDataAsync(_path, null));
            await TryAsync(allowed, "getAcl", () => anyone.GetAclAsync(_path));
            await TryAsync(allowed, "exists", () => anyone.ExistsAsync(_path));
            await TryAsync(allowed, "setAcl", () => anyone.SetAclAsync(_path, [new Acl(permissions, AclId.Anyone)]));
            if (await super.ExistsAsync(_path + "/new") is not null)
                await super.DeleteAsync(_path + "/new");
            if (await super.ExistsAsync(_path + "/child") is null)
                await super.CreateAsync(_path + "/child");
            return string.Join(' ', allowed);
        }

        Assert.Equal("exists", await AllowedAsync(Permissions.None));
        Assert.Equal("create exists", await AllowedAsync(Permissions.Create));
        Assert.Equal("delete exists", await AllowedAsync(Permissions.Delete));
        Assert.Equal("getData getChildren getAllChildrenNumber check getAcl exists", await AllowedAsync(Permissions.Read));
        Assert.Equal("setData exists", await AllowedAsync(Permissions.Write));
        Assert.Equal("getAcl exists setAcl", await AllowedAsync(Permissions.Admin));
    }

    [Fact]
    public async Task Auth_stands_for_the_digests_of_the_connection()
    {
        await using ZooKeeperClient client = await _server.ConnectAsync(o => o.Credentials = [Credential.Digest("ann", "1"), Credential.Digest("bob", "2")]);
        await client.CreateAsync(_path, null, CreateMode.Persistent, [new Acl(Permissions.Read | Permissions.Admin, AclId.AuthIds)]);
        Assert.Equal(
            [DigestIdentity.Generate("ann:1"), DigestIdentity.Generate("bob:2")],
            (await client.GetAclAsync(_path)).Acl.Select(a => a.Id.Id).Order());
        await using ZooKeeperClient bob = await _server.ConnectAsAsync("bob", "2");
        Assert.NotNull((await bob.GetDataAsync(_path)).Data ?? []);
        await using ZooKeeperClient other = await _server.ConnectAsAsync("bob", "3");
        await Assert.ThrowsAsync<NoAuthException>(() => other.GetDataAsync(_path));
    }

    [Fact]
    public async Task Who_may_only_read_is_not_shown_the_hashes()
    {
        await using ZooKeeperClient owner = await _server.ConnectAsAsync("ann", "1");
        await owner.CreateAsync(_path, null, CreateMode.Persistent, [.. Acl.CreatorAll, .. Acl.ReadUnsafe]);
        await using ZooKeeperClient anyone = await _server.ConnectAsync();
        Assert.Equal(["digest:ann:x:cdrwa", "world:anyone:r"], (await anyone.GetAclAsync(_path)).Acl.Select(a => a.ToString()));
        Assert.Contains(DigestIdentity.Generate("ann:1"), (await owner.GetAclAsync(_path)).Acl[0].ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.0/8", true)]
    [InlineData("126.0.0.0/7", true)]
    [InlineData("0.0.0.0/0", true)]
    [InlineData("127.0.0.2", false)]
    [InlineData("10.0.0.0/8", false)]
    [InlineData("127.0.0.2/31", false)]
    public async Task An_address_or_a_range_of_addresses_is_an_identity(string id, bool allowed)
    {
        await using ZooKeeperClient super = await _server.ConnectSuperAsync();
        await super.CreateAsync(_path, null, CreateMode.Persistent, [new Acl(Permissions.All, new AclId("ip", id))]);
        await using ZooKeeperClient anyone = await _server.ConnectAsync();
        Assert.Equal(allowed ? ErrorCode.Ok : ErrorCode.NoAuth, await ErrorOfAsync(() => anyone.GetDataAsync(_path)));
    }

    [Fact]
    public async Task The_super_user_may_do_everything_and_a_wrong_password_makes_none()
    {
        await using ZooKeeperClient super = await _server.ConnectSuperAsync();
        await super.CreateAsync(_path, null, CreateMode.Persistent, [new Acl(Permissions.None, AclId.Anyone)]);
        await super.SetDataAsync(_path, [1]);
        await using ZooKeeperClient impostor = await _server.ConnectAsAsync("super", "guess");
        await Assert.ThrowsAsync<NoAuthException>(() => impostor.SetDataAsync(_path, [2]));
    }

    [Fact]
    public async Task Lists_are_ignored_when_the_configuration_says_so()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(c => c with { SkipAcl = true });
        await using ZooKeeperClient client = await server.ConnectAsync();
        await client.CreateAsync("/closed", null, CreateMode.Persistent, [new Acl(Permissions.None, AclId.Anyone)]);
        await client.SetDataAsync("/closed", [1]);
        await client.SetAclAsync("/closed", Acl.ReadUnsafe);
        Assert.Equal(Acl.ReadUnsafe, (await client.GetAclAsync("/closed")).Acl);
    }

    [Fact]
    public async Task WhoAmI_names_the_users_without_their_secrets()
    {
        await using ZooKeeperClient client = await _server.ConnectAsAsync("ann", "1");
        Assert.Equal(
            [new ClientInfo("digest", "ann"), new ClientInfo("ip", "127.0.0.1")],
            (await client.WhoAmIAsync()).OrderBy(i => i.AuthScheme, StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_configuration_can_be_read_by_all_and_written_by_none()
    {
        await using ZooKeeperClient client = await _server.ConnectAsync();
        Assert.NotNull(await client.ExistsAsync("/zookeeper/config"));
        await client.GetDataAsync("/zookeeper/config");
        await Assert.ThrowsAsync<NoAuthException>(() => client.SetDataAsync("/zookeeper/config", [1]));
    }

    private static async Task TryAsync(List<string> allowed, string name, Func<Task> operation)
    {
        if (await ErrorOfAsync(operation) == ErrorCode.Ok)
            allowed.Add(name);
    }

    private static async Task<ErrorCode> ErrorOfAsync(Func<Task> operation)
    {
        try
        {
            await operation();
            return ErrorCode.Ok;
        }
        catch (ZooKeeperException e)
        {
            return e.Error;
        }
    }
}
