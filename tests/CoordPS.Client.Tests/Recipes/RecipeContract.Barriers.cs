using CoordPS.Client.Recipes;
using CoordPS.Testing;

namespace CoordPS.Client.Tests.Recipes;

public abstract partial class RecipeContract
{
    [ContractFact]
    public async Task A_barrier_holds_everyone_up_until_it_is_removed()
    {
        var barrier = new DistributedBarrier(Other, $"{Root}/a/barrier");
        await barrier.WaitAsync().WaitAsync(Patience);
        await barrier.SetAsync();
        await barrier.SetAsync();
        Assert.True(await barrier.IsSetAsync());
        Assert.False(await barrier.WaitAsync(TimeSpan.FromMilliseconds(50)));
        Task[] waits = [.. (await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ConnectAsync()))).Select(client => new DistributedBarrier(client, barrier.Path).WaitAsync())];
        Assert.DoesNotContain(waits, wait => wait.IsCompleted);
        await barrier.RemoveAsync();
        await Task.WhenAll(waits).WaitAsync(Patience);
        await barrier.RemoveAsync();
    }

    [ContractFact]
    public async Task A_double_barrier_lets_its_members_in_and_out_together()
    {
        const int Members = 4;
        string path = $"{Root}/barrier";
        DistributedDoubleBarrier[] members = [.. (await Task.WhenAll(Enumerable.Range(0, Members).Select(_ => ConnectAsync()))).Select(client => new DistributedDoubleBarrier(client, path, Members))];
        for (int round = 0; round < 3; round++)
        {
            Task[] entering = [.. members.Take(Members - 1).Select(member => member.EnterAsync())];
            await Eventually.TrueAsync(async () => await Other.ExistsAsync(path) is { NumChildren: Members - 1 }, "all but one wait");
            Assert.DoesNotContain(entering, task => task.IsCompleted);
            await members[^1].EnterAsync().WaitAsync(Patience);
            await Task.WhenAll(entering).WaitAsync(Patience);

            Task[] leaving = [.. members.Take(Members - 1).Select(member => member.LeaveAsync())];
            Assert.DoesNotContain(leaving, task => task.IsCompleted);
            await Task.WhenAll([.. leaving, members[^1].LeaveAsync()]).WaitAsync(Patience);
            Assert.Empty((await Other.TryGetChildrenAsync(path, null, default))?.Children ?? []);
        }
    }

    [ContractFact]
    public async Task A_member_that_gives_up_is_not_counted()
    {
        string path = $"{Root}/barrier";
        var one = new DistributedDoubleBarrier(Other, path, 2);
        Assert.False(await one.EnterAsync(TimeSpan.FromMilliseconds(100)));
        await Eventually.TrueAsync(async () => await Other.ExistsAsync(path) is not { NumChildren: > 0 }, "it has left");
        Task entered = one.EnterAsync();
        Assert.False(entered.IsCompleted);
        await new DistributedDoubleBarrier(await ConnectAsync(), path, 2).EnterAsync().WaitAsync(Patience);
        await entered.WaitAsync(Patience);
        await Assert.ThrowsAsync<InvalidOperationException>(() => one.EnterAsync());
    }
}
