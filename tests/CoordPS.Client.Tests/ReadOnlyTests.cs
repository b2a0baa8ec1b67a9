using CoordPS.Testing;

namespace CoordPS.Client.Tests;

/// <summary>A member of an ensemble without a quorum, which serves reads to those who ask for it.</summary>
public sealed class ReadOnlyTests
{
    [PeerFact(Peer.Apache)]
    public async Task A_member_without_a_quorum_serves_reads_until_there_is_one()
    {
        int[] ports = [FreePort.Next(), FreePort.Next()];
        string[] members = [.. Enumerable.Range(1, 3).Select(i => $"server.{i}=127.0.0.1:{FreePort.Next()}:{FreePort.Next()}")];
        TestServerOptions Member(int id) => new()
        {
            TickTime = 500,
            MemberId = id,
            Port = ports[id - 1],
            ConfigLines = ["initLimit=20", "syncLimit=10", "localSessionsEnabled=true", "localSessionsUpgradingEnabled=true", .. members],
            Properties = new Dictionary<string, string> { ["readonlymode.enabled"] = "true" },
        };
        await using ApacheZooKeeper alone = await ApacheZooKeeper.StartNewAsync(Member(1));
        var options = new ZooKeeperClientOptions
        {
            ConnectionString = $"127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}",
            ConnectRetryTime = Eventually.Patience,
            CanBeReadOnly = true,
        };
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(options);
        Assert.Equal(SessionState.ConnectedReadOnly, client.State);
        Assert.Contains("zookeeper", (await client.GetChildrenAsync("/")).Children);
        NotReadOnlyException e = await Assert.ThrowsAsync<NotReadOnlyException>(() => client.CreateAsync("/a"));
        Assert.Equal("/a", e.Path);

        await Assert.ThrowsAsync<ZooKeeperConnectException>(() => ZooKeeperClient.ConnectAsync(alone.ConnectionString));

        var writable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client.StateChanged += (_, change) =>
        {
            if (change.Current == SessionState.Connected)
                writable.TrySetResult();
        };
        await using ApacheZooKeeper second = await ApacheZooKeeper.StartNewAsync(Member(2));
        await writable.Task.WaitAsync(2 * Eventually.Patience);
        await client.CreateAsync("/a");
        await using ZooKeeperClient other = await ZooKeeperClient.ConnectAsync(second.ConnectionString);
        await other.SyncAsync("/");
        Assert.NotNull(await other.ExistsAsync("/a"));
    }
}
