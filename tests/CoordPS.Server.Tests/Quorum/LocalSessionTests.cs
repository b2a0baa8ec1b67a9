using System.Text;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Server.Tests.Quorum;

public sealed class LocalSessionTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_local_session_costs_no_transaction_and_may_write_all_but_ephemerals(bool onLeader)
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3, 0, "localSessionsEnabled=true");
        int member = onLeader ? await ensemble.LeaderAsync() : await ensemble.FollowerAsync();
        long before = ensemble[await ensemble.LeaderAsync()].LastProcessedZxid;
        await using (ZooKeeperClient reader = await ensemble.ConnectAsync(member))
        {
            Assert.NotNull(await reader.ExistsAsync("/"));
            Assert.Equal(1, ensemble[member].LocalSessions!.Count);
            Assert.Equal(0, ensemble[member].Sessions.Count);
        }

        Assert.Equal(before, ensemble[await ensemble.LeaderAsync()].LastProcessedZxid);
        await Eventually.TrueAsync(() => ensemble[member].LocalSessions!.Count == 0, "the session is closed");

        await using ZooKeeperClient writer = await ensemble.ConnectAsync(member);
        await writer.CreateAsync("/a", Encoding.ASCII.GetBytes("1"));
        await writer.SyncAsync("/");
        ZooKeeperException e = await Assert.ThrowsAnyAsync<ZooKeeperException>(() => writer.CreateAsync("/e", mode: CreateMode.Ephemeral));
        Assert.Equal(ErrorCode.EphemeralOnLocalSession, e.Error);
        // The session goes on, and nothing was done.
        await writer.SetDataAsync("/a", Encoding.ASCII.GetBytes("2"));
        Assert.Null(await writer.ExistsAsync("/e"));
        // Closing waits for what was asked for before.
        Task last = writer.SetDataAsync("/a", Encoding.ASCII.GetBytes("3"));
        await writer.DisposeAsync();
        await last;
        await Eventually.TrueAsync(() => ensemble[member].LocalSessions!.Count == 0, "the session is closed");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task With_upgrading_a_local_session_becomes_everyones_with_its_first_ephemeral(bool onLeader)
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3, 0, "localSessionsEnabled=true", "localSessionsUpgradingEnabled=true");
        int member = onLeader ? await ensemble.LeaderAsync() : await ensemble.FollowerAsync();
        int other = Enumerable.Range(1, 3).First(id => id != member);
        await using ZooKeeperClient watcher = await ensemble.ConnectAsync(other);
        await using (ZooKeeperClient client = await TestEnsemble.ConnectAsync($"127.0.0.1:{ensemble.Ports[member - 1]}", 4000))
        {
            await client.CreateAsync("/p");
            Assert.Equal(0, ensemble[member].Sessions.Count);
            await client.MultiAsync([ZooKeeperOperation.Create("/e", null, CreateMode.Ephemeral), ZooKeeperOperation.Create("/f", null, CreateMode.Ephemeral)]);
            Assert.Equal(client.SessionId, (await client.ExistsAsync("/e"))!.Value.EphemeralOwner);
            Assert.Equal(1, ensemble[member].Sessions.Count);
            Assert.Equal(0, ensemble[member].LocalSessions!.Count);
            // It is touched on the leader from now on, and lives longer than its timeout.
            await Task.Delay(6000);
            await client.SetDataAsync("/e", Encoding.ASCII.GetBytes("1"));
            await watcher.SyncAsync("/");
            Assert.NotNull(await watcher.ExistsAsync("/e"));
        }

        await Eventually.TrueAsync(async () => await watcher.ExistsAsync("/e") is null && await watcher.ExistsAsync("/f") is null, "the ephemerals went with the session");
    }

    [Fact]
    public async Task A_local_session_is_resumed_on_its_member_alone_and_expires_there()
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3, 0, "localSessionsEnabled=true");
        int member = await ensemble.FollowerAsync();
        await using var proxy = new FaultProxy(ensemble.Ports[member - 1]);
        await using ZooKeeperClient client = await TestEnsemble.ConnectAsync($"127.0.0.1:{proxy.Port}", 5000);
        long id = client.SessionId;
        proxy.Cut();
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return await client.ExistsAsync("/") is not null;
                }
                catch (ConnectionLossException)
                {
                    return false;
                }
            },
            "the client is back");
        Assert.Equal(id, client.SessionId);

        // Elsewhere it is not known.
        int other = Enumerable.Range(1, ensemble.Count).First(o => o != member);
        await Assert.ThrowsAsync<SessionExpiredException>(() => ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
        {
            ConnectionString = $"127.0.0.1:{ensemble.Ports[other - 1]}", SessionId = id, SessionPassword = client.Password,
        }));
        proxy.Refuse();
        proxy.Cut();
        await Eventually.TrueAsync(() => ensemble[member].LocalSessions!.Count == 0, "the session has expired");
    }
}
