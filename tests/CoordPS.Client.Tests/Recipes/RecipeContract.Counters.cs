using CoordPS.Client.Recipes;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Client.Tests.Recipes;

public abstract partial class RecipeContract
{
    [ContractFact]
    public async Task A_counter_counts_every_step_of_everyone()
    {
        string path = $"{Root}/a/counter";
        ZooKeeperClient[] clients = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ConnectAsync()));
        await Task.WhenAll(clients.Select(async client =>
        {
            var counter = new DistributedCounter(client, path);
            for (int i = 0; i < 10; i++)
                await counter.AddAsync(2);
        }));
        var result = new DistributedCounter(Other, path);
        Assert.Equal(60, (await result.GetAsync()).Value);
        Assert.False(await result.CompareAndSetAsync(1, 2));
        Assert.True(await result.CompareAndSetAsync(60, -1));
        Assert.Equal(-1, (await result.GetAsync()).Value);
        Assert.Equal(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255 }, (await Other.GetDataAsync(path)).Data);
        Assert.Null(await result.TrySetAsync(5, 7));
    }

    [ContractFact]
    public async Task A_counter_is_written_as_its_format_says()
    {
        await new DistributedCounter(Other, $"{Root}/int", CounterFormat.Int32).AddAsync(258);
        Assert.Equal(new byte[] { 0, 0, 1, 2 }, (await Other.GetDataAsync($"{Root}/int")).Data);
        await new DistributedCounter(Other, $"{Root}/text", CounterFormat.Text).AddAsync(-42);
        Assert.Equal("-42", Text((await Other.GetDataAsync($"{Root}/text")).Data));
        await Assert.ThrowsAsync<FormatException>(() => new DistributedCounter(Other, $"{Root}/text").GetAsync());
        await Assert.ThrowsAsync<OverflowException>(() => new DistributedCounter(Other, $"{Root}/int", CounterFormat.Int32).AddAsync(int.MaxValue));
    }

    [ContractFact]
    public async Task A_value_is_changed_only_from_what_was_seen()
    {
        var value = new AtomicValue(Other, $"{Root}/value");
        Assert.Equal(-1, (await value.GetAsync()).Version);
        Assert.Equal(0, (await value.TrySetAsync(Bytes("a"), -1))!.Value.Version);
        Assert.Null(await value.TrySetAsync(Bytes("b"), -1));
        Assert.Null(await value.TrySetAsync(Bytes("b"), 3));
        Assert.False(await value.CompareAndSetAsync(Bytes("x"), Bytes("b")));
        Assert.True(await value.CompareAndSetAsync(Bytes("a"), Bytes("b")));
        Assert.Equal("bc", Text((await value.UpdateAsync(old => [.. old, (byte)'c'])).Value));
    }

    [ContractFact]
    public async Task A_change_whose_answer_was_lost_is_not_done_twice()
    {
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync(proxy.ConnectionString);
        string path = $"{Root}/counter";
        var counter = new DistributedCounter(client, path);
        await counter.SetAsync(1);
        int version = (await counter.GetAsync()).Version;
        proxy.Hold(ProxyDirection.ToClient);
        Task<VersionedValue<long>?> step = counter.TrySetAsync(2, version);
        await Eventually.TrueAsync(async () => (await Other.GetDataAsync(path)).Stat.Version == version + 1, "it was carried out");
        proxy.Cut();
        proxy.Release();
        ConnectionLossException e = await Assert.ThrowsAsync<ConnectionLossException>(() => step.WaitAsync(Patience));
        Assert.True(e.OutcomeUnknown);
        Assert.Equal(version + 1, (await Other.GetDataAsync(path)).Stat.Version);
    }
}
