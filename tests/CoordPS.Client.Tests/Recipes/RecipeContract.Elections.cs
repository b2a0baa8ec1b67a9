using CoordPS.Client.Recipes;
using CoordPS.Testing;

namespace CoordPS.Client.Tests.Recipes;

public abstract partial class RecipeContract
{
    [ContractFact]
    public async Task One_latch_leads_and_the_next_follows_when_it_leaves()
    {
        string path = $"{Root}/election";
        LeaderLatch one = Track(LeaderLatch.Start(await ConnectAsync(), path, "one"));
        Leadership first = await one.WaitForLeadershipAsync().WaitAsync(Patience);
        LeaderLatch two = Track(LeaderLatch.Start(await ConnectAsync(), path, "two"));
        await Eventually.TrueAsync(async () => (await two.GetParticipantsAsync()).Count == 2, "two takes part");
        Assert.Equal(["one", "two"], (await one.GetParticipantsAsync()).Select(p => p.Owner));
        Assert.Contains("-latch-", (await one.GetParticipantsAsync())[0].Name, StringComparison.Ordinal);
        Assert.False(two.HasLeadership);
        await one.DisposeAsync();
        Leadership second = await two.WaitForLeadershipAsync().WaitAsync(Patience);
        Assert.True(second.FencingToken > first.FencingToken);
        await first.LostToken.WhenFiredAsync().WaitAsync(Patience);
        Assert.False(one.HasLeadership);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => one.WaitForLeadershipAsync());
    }

    [ContractFact]
    public async Task A_latch_takes_part_again_with_a_new_session()
    {
        string path = $"{Root}/election";
        ZooKeeperClient client = await ConnectAsync();
        LeaderLatch latch = Track(LeaderLatch.Start(client, path, "one"));
        Leadership first = await latch.WaitForLeadershipAsync().WaitAsync(Patience);
        await SessionFaults.ExpireAsync(client);
        await first.LostToken.WhenFiredAsync().WaitAsync(Patience);
        await Eventually.TrueAsync(() => latch.Current is { } again && again.FencingToken > first.FencingToken, "it leads again");
        Assert.NotEqual(client.SessionId, Assert.Single(await LockParticipants.ReadAsync(Other, path)).SessionId);
    }

    [ContractFact]
    public async Task A_latch_does_not_lead_while_the_connection_is_lost()
    {
        FaultProxy proxy = Proxy();
        LeaderLatch latch = Track(LeaderLatch.Start(await ConnectAsync(proxy.ConnectionString), $"{Root}/election"));
        Leadership first = await latch.WaitForLeadershipAsync().WaitAsync(Patience);
        proxy.Refuse();
        proxy.Cut();
        await first.LostToken.WhenFiredAsync().WaitAsync(Patience);
        Assert.False(latch.HasLeadership);
        proxy.Accept();
        Leadership again = await latch.WaitForLeadershipAsync().WaitAsync(Patience);
        Assert.Equal(first.FencingToken, again.FencingToken);
        Assert.False(again.LostToken.IsCancellationRequested);
    }

    [ContractFact]
    public async Task Selectors_lead_one_at_a_time()
    {
        int leaders = 0, terms = 0;
        using var stop = new CancellationTokenSource();
        Task[] runs = await Task.WhenAll(Enumerable.Range(0, 3).Select(async i =>
        {
            var selector = new LeaderSelector(await ConnectAsync(), $"{Root}/election", $"s{i}");
            return selector.RunAsync(async (leadership, ct) =>
            {
                Assert.Equal(1, Interlocked.Increment(ref leaders));
                await Task.Yield();
                Interlocked.Decrement(ref leaders);
                if (Interlocked.Increment(ref terms) == 9)
                    await stop.CancelAsync();
            }, stop.Token);
        }));
        foreach (Task run in runs)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(Patience));
        Assert.True(terms >= 9);
    }

    [ContractFact]
    public async Task A_selector_stops_leading_when_its_session_ends()
    {
        ZooKeeperClient client = await ConnectAsync();
        var selector = new LeaderSelector(client, $"{Root}/election");
        bool led = await selector.LeadAsync(async (_, ct) =>
        {
            await SessionFaults.ExpireAsync(client);
            await Task.Delay(Timeout.Infinite, ct);
        }).WaitAsync(Patience);
        Assert.False(led);
        Assert.True(await selector.LeadAsync((_, _) => Task.CompletedTask).WaitAsync(Patience));
    }
}
