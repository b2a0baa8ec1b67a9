using CoordPS.Client.Recipes;
using CoordPS.Testing;

namespace CoordPS.Client.Tests.Recipes;

public abstract partial class RecipeContract
{
    [ContractFact]
    public async Task A_registered_service_is_found_until_it_is_unregistered()
    {
        var registry = new ServiceDiscovery(Other, $"{Root}/services");
        Assert.Empty(await registry.GetNamesAsync());
        ZooKeeperClient client = await ConnectAsync();
        var owner = new ServiceDiscovery(client, registry.BasePath);
        ServiceRegistration web = Track(await owner.RegisterAsync(new ServiceInstance { Name = "web", Id = "1", Address = "10.0.0.1", Port = 80 }));
        ServiceRegistration fixedOne = Track(await owner.RegisterAsync(new ServiceInstance { Name = "db", Id = "s", ServiceType = ServiceType.Static }));
        Assert.Equal(["db", "web"], await registry.GetNamesAsync());
        Assert.Equal("http://10.0.0.1:80", (await registry.GetInstanceAsync("web", "1"))!.Uri);
        ServiceCache cache = Track(await registry.OpenCacheAsync("web"));
        Assert.Equal(80, Assert.Single(cache.Instances).Port);
        await web.UpdateAsync(web.Instance with { Port = 81 });
        await Eventually.TrueAsync(() => cache.Instances is [{ Port: 81 }], "the change is seen");
        await Other.CreateAsync($"{registry.BasePath}/web/broken", Bytes("{"));

        await SessionFaults.ExpireAsync(client);
        await Eventually.TrueAsync(async () => await Other.ExistsAsync($"{registry.BasePath}/web/1") is { } stat && stat.EphemeralOwner != client.SessionId, "it is registered anew");
        await Eventually.TrueAsync(() => cache.Instances is [{ Port: 81 }], "and seen");
        await web.DisposeAsync();
        await Eventually.TrueAsync(() => cache.Instances.Count == 0, "it is gone");
        Assert.NotNull(await registry.GetInstanceAsync("db", "s"));
        await fixedOne.DisposeAsync();
        Assert.Null(await registry.GetInstanceAsync("db", "s"));
    }

    [ContractFact]
    public async Task A_provider_leaves_out_what_is_down_or_disabled()
    {
        var registry = new ServiceDiscovery(Other, $"{Root}/services");
        foreach (string id in new[] { "a", "b", "c" })
            Track(await registry.RegisterAsync(new ServiceInstance { Name = "web", Id = id, Enabled = id != "c" }));
        ServiceProvider provider = Track(await registry.OpenProviderAsync("web", null, new DownInstancePolicy { ErrorThreshold = 2, Timeout = TimeSpan.FromHours(1) }));
        Assert.Equal(["a", "b", "a"], [provider.GetInstance()!.Id, provider.GetInstance()!.Id, provider.GetInstance()!.Id]);
        ServiceInstance a = provider.GetInstances()[0];
        provider.NoteError(a);
        Assert.Equal(2, provider.GetInstances().Count);
        provider.NoteError(a);
        Assert.Equal(["b", "b"], [provider.GetInstance()!.Id, provider.GetInstance()!.Id]);
    }
}
