using CoordPS.Client.Recipes;
using CoordPS.Protocol;
using CoordPS.Testing;
using static CoordPS.Client.Tests.ScriptedServer;

namespace CoordPS.Client.Tests.Recipes;

/// <summary>What recipes do when answers are lost, or come, at the worst moment.</summary>
public sealed class RecipesOnScriptsTests
{
    [Fact]
    public async Task A_consumer_that_stops_waiting_is_told_of_a_message_that_it_may_have_removed()
    {
        using var stop = new CancellationTokenSource();
        await using var server = new ScriptedServer((header, _) =>
        {
            switch (header.Type)
            {
                case OpCode.GetChildren2:
                    return [Reply(header, ErrorCode.Ok, w => new GetChildren2Response(["qn-0000000000"], default).Write(w))];
                case OpCode.GetData:
                    return [Reply(header, ErrorCode.Ok, w => new GetDataResponse([1], default).Write(w))];
                case OpCode.Delete:
                    return null;
                case OpCode.Sync:
                    stop.Cancel();
                    return [];
                default:
                    return [Reply(header)];
            }
        });
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
        {
            ConnectionString = server.ConnectionString,
            CloseTimeout = TimeSpan.Zero,
        });
        var e = await Assert.ThrowsAsync<ConnectionLossException>(() => new DistributedQueue(client, "/queue").ReceiveAsync(stop.Token).WaitAsync(Eventually.Patience));
        Assert.True(e.OutcomeUnknown);
    }

    [Fact]
    public async Task A_watch_that_could_not_be_removed_is_not_set_again()
    {
        List<OpCode> asked = [];
        await using var server = new ScriptedServer((header, _) =>
        {
            asked.Add(header.Type);
            return header.Type switch
            {
                OpCode.RemoveWatches => null,
                OpCode.GetData or OpCode.GetChildren2 => [Reply(header, ErrorCode.NoNode)],
                OpCode.Sync => [Reply(header, ErrorCode.Ok, w => w.WriteString("/a"))],
                _ => [Reply(header)],
            };
        });
        await using ZooKeeperClient client = await ZooKeeperClient.ConnectAsync(server.ConnectionString);
        TreeCache cache = await TreeCache.StartAsync(client, "/a");
        await cache.DisposeAsync();
        await client.SyncAsync("/a").WaitAsync(Eventually.Patience);
        Assert.Equal(2, server.Connections);
        Assert.DoesNotContain(OpCode.SetWatches2, asked);
    }
}
