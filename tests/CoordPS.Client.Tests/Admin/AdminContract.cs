using CoordPS.Client.Admin;
using CoordPS.Protocol;
using CoordPS.Server.Hosting;
using CoordPS.Testing;

namespace CoordPS.Client.Tests.Admin;

/// <summary>What members are read by, on whichever server.</summary>
public abstract class AdminContract(ServerFixture fixture)
{
    // Only a failure takes so long; a busy machine takes longer than the default.
    private static readonly AdminOptions Patient = new() { Timeout = Eventually.Patience };

    private ServerName Server => ServerName.ParseList(fixture.Server.ConnectionString)[0];

    [ContractFact]
    public async Task A_member_tells_all_but_what_its_role_does_not_have()
    {
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(fixture.Server.ConnectionString);
        await client.CreateAsync($"/admin-{Guid.NewGuid():n}", new byte[10], CreateMode.Ephemeral);
        MemberStatus status = await MemberProbe.ReadAsync(Server, Patient);
        Assert.Equal((MemberState.Serving, MemberRole.Standalone, 0), (status.State, status.Role, status.Id));
        Assert.StartsWith("3.", status.Version, StringComparison.Ordinal);
        Assert.True(status is { LastZxid: > 0, Connections: > 0, Sessions: > 0, Received: > 0, Sent: > 0, ZNodeCount: > 3, EphemeralCount: > 0, DataSize: > 0 });
        Assert.True(status is { MaxLatency: >= 0, AverageLatency: >= 0, Outstanding: >= 0, WatchCount: >= 0, OpenFiles: > 0, MaxFiles: > 0, AverageFsync: >= 0 });
        Assert.True(status.Uptime > TimeSpan.Zero);
        Assert.All(new[] { "Learners", "SyncedFollowers", "PendingSyncs" }, name => Assert.Equal("only a leader has it", status.WhyUnknown[name]));
    }

    [ContractFact]
    public async Task Every_word_that_is_known_is_answered()
    {
        // Some are of versions other than 3.8; those that reset would disturb the other tests.
        foreach (AdminCommand command in AdminCommand.Known.Where(command => command is { IsFourLetterWord: true, Changes: false } && command.Name is not ("gtmk" or "hash")))
            Assert.NotEmpty(await new FourLetterWordClient(Server, Patient).SendAsync(command.Name));
    }

    [ContractFact]
    public async Task What_no_word_may_tell_the_AdminServer_tells()
    {
        int port = FreePort.Next();
        await using ITestServer server = await fixture.StartServerAsync(new TestServerOptions
        {
            ConfigLines = ["4lw.commands.whitelist=srvr", "admin.enableServer=true", "admin.serverAddress=127.0.0.1", $"admin.serverPort={port}"],
        });
        ServerName name = ServerName.ParseList(server.ConnectionString)[0];
        MemberStatus closed = await MemberProbe.ReadAsync(name, Patient);
        Assert.Null(closed.WatchCount);
        MemberStatus open = await MemberProbe.ReadAsync(name, Patient with { AdminPort = port });
        Assert.True(open is { WatchCount: 0, Id: 0, MaxFiles: > 0 });
        Assert.Equal("200", open.Settings["tickTime"]);
        AdminException error = await Assert.ThrowsAsync<AdminException>(() => new AdminServerClient(name with { Port = port }, Patient).RunAsync("nonsense"));
        Assert.Equal(AdminFailure.BadAnswer, error.Failure);
    }
}

[RequiresPeer(Peer.Apache)]
public sealed class AdminOnApacheTests(ApacheFixture fixture) : AdminContract(fixture), IClassFixture<ApacheFixture>
{
    [PeerFact(Peer.Apache)]
    public async Task An_ensemble_of_Apache_members_is_read_whole_and_broken()
    {
        int[] ports = [.. Enumerable.Range(0, 9).Select(_ => FreePort.Next())];
        string[] lines = [.. Enumerable.Range(0, 3).Select(i => $"server.{i + 1}=127.0.0.1:{ports[3 + i]}:{ports[6 + i]}")];
        ApacheZooKeeper[] servers = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => ApacheZooKeeper.StartNewAsync(new TestServerOptions
        {
            MemberId = i + 1, Port = ports[i], TickTime = 500, ConfigLines = ["initLimit=20", "syncLimit=10", .. lines],
        })));
        try
        {
            await EnsembleReadings.AssertWholeAndBrokenAsync(
                [.. ports.Take(3).Select(port => new ServerName("127.0.0.1", port))], id => servers[id - 1].KillAsync());
        }
        finally
        {
            foreach (ApacheZooKeeper server in servers)
                await server.DisposeAsync();
        }
    }
}

public sealed class AdminOnCoordPSTests(CoordPSFixture fixture) : AdminContract(fixture), IClassFixture<CoordPSFixture>
{
    [Fact]
    public async Task An_ensemble_of_members_in_this_process_is_read_whole_and_broken()
    {
        await using LocalEnsemble ensemble = LocalEnsemble.Open(new LocalEnsembleOptions { Name = "admin-tests", Members = 3 });
        await ensemble.StartAsync();
        await EnsembleReadings.AssertWholeAndBrokenAsync(ServerName.ParseList(ensemble.ConnectionString), id => ensemble.Member(id).KillAsync());
    }
}
