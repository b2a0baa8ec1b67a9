using System.Text.Json.Nodes;
using CoordPS.Client.Recipes;
using CoordPS.Testing;

namespace CoordPS.Client.Tests.Recipes;

public abstract partial class RecipeContract
{
    [ContractFact]
    public async Task A_configuration_is_applied_as_a_whole_or_not_at_all()
    {
        var store = new ConfigStore(Other, $"{Root}/a/config");
        ConfigSnapshot empty = await store.LoadAsync();
        Assert.False(empty.Exists);
        JsonNode wanted = JsonNode.Parse("""{"db":{"host":"h1","port":5432,"tags":["x","y"]},"on":true,"text":"8080"}""")!;
        ConfigDiff diff = empty.DiffTo(ConfigJson.Flatten(wanted));
        Assert.All(diff.Changes, change => Assert.Equal(ConfigChangeType.Add, change.Type));
        ConfigSnapshot first = await store.ApplyAsync(diff);
        Assert.True(JsonNode.DeepEquals(wanted, first.ToJson()));
        Assert.True(first.DiffTo(ConfigJson.Flatten(wanted), prune: true).IsEmpty);
        Assert.Equal("h1", first.ToEnvironment("APP_")["APP_DB__HOST"]);

        ConfigDiff change = first.DiffTo(ConfigJson.Flatten(JsonNode.Parse("""{"db":{"host":"h2"},"new":1}""")), prune: true);
        Assert.Equal(["new", "db/host", "text", "on", "db/tags", "db/port"], change.Changes.Select(c => c.Path));
        await Other.SetDataAsync($"{store.Root}/db/host", Bytes("h3"));
        ConfigConflictException e = await Assert.ThrowsAsync<ConfigConflictException>(() => store.ApplyAsync(change));
        Assert.Equal($"{store.Root}/db/host", e.Path);
        ConfigSnapshot second = await store.LoadAsync();
        Assert.True(second.Zxid > first.Zxid);
        Assert.Equal(first.Entries.Keys, second.Entries.Keys);
        ConfigSnapshot third = await store.ApplyAsync(second.DiffTo(ConfigJson.Flatten(JsonNode.Parse("""{"db":{"host":"h2"},"new":1}""")), prune: true));
        Assert.Equal("""{"db":{"host":"h2"},"new":1}""", third.ToJson()!.ToJsonString());
    }

    [ContractFact]
    public async Task A_configuration_is_read_as_it_was_at_one_moment()
    {
        var store = new ConfigStore(Other, $"{Root}/config");
        await store.ApplyAsync((await store.LoadAsync()).DiffTo(ConfigJson.Flatten(JsonNode.Parse("""{"a":0,"b":0}"""))));
        using var stop = new CancellationTokenSource();
        ZooKeeperClient writer = await ConnectAsync();
        Task writes = Task.Run(async () =>
        {
            for (int i = 1; !stop.IsCancellationRequested; i++)
            {
                await writer.MultiAsync([ZooKeeperOperation.SetData($"{store.Root}/a", Bytes($"{i}")), ZooKeeperOperation.SetData($"{store.Root}/b", Bytes($"{i}"))]);
                await Task.Delay(2);
            }
        });
        for (int i = 0; i < 20; i++)
        {
            ConfigSnapshot snapshot = await store.LoadAsync().WaitAsync(Patience);
            Assert.Equal(Text(snapshot.Entries["a"].Data), Text(snapshot.Entries["b"].Data));
        }

        await stop.CancelAsync();
        await writes;
    }

    [ContractFact]
    public async Task A_watched_configuration_goes_on_when_its_session_expires_while_it_is_read()
    {
        string path = $"{Root}/config";
        await Other.CreateAsync(path, Bytes("1"));
        FaultProxy proxy = Proxy();
        ZooKeeperClient client = await ConnectAsync(proxy.ConnectionString);
        await using IAsyncEnumerator<ConfigUpdate> updates = new ConfigStore(client, path).WatchAsync(TimeSpan.Zero).GetAsyncEnumerator();
        Assert.True(await updates.MoveNextAsync());

        proxy.Refuse();
        proxy.Cut();
        await UntilAsync(client, SessionState.Disconnected);
        // Reads it once more, for what came while it was read for the first time, as soon as there is a connection.
        Task<bool> next = updates.MoveNextAsync().AsTask();
        await SessionFaults.ExpireAsync(client, Fixture.Server.ConnectionString);
        await Other.SetDataAsync(path, Bytes("2"));
        proxy.Accept();
        Assert.True(await next.WaitAsync(Patience));
        Assert.Equal("2", Text(updates.Current.Snapshot.Entries[""].Data));
    }

    [ContractFact]
    public async Task A_watched_configuration_reports_a_burst_of_changes_once()
    {
        var store = new ConfigStore(Other, $"{Root}/config");
        await Other.CreateAsync(store.Root);
        using var stop = new CancellationTokenSource(Patience);
        await using IAsyncEnumerator<ConfigUpdate> updates = store.WatchAsync(TimeSpan.FromSeconds(1), stop.Token).GetAsyncEnumerator();
        Assert.True(await updates.MoveNextAsync());
        Task<bool> next = updates.MoveNextAsync().AsTask();
        await Task.WhenAll(Enumerable.Range(0, 5).Select(i => Other.CreateAsync($"{store.Root}/n{i}")));
        Assert.True(await next);
        Assert.Equal(["n0", "n1", "n2", "n3", "n4"], updates.Current.Changes.Select(c => c.Path));
    }
}
