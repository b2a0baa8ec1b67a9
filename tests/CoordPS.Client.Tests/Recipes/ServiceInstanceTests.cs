using System.Text;
using System.Text.Json.Nodes;
using CoordPS.Client.Recipes;

namespace CoordPS.Client.Tests.Recipes;

public sealed class ServiceInstanceTests
{
    private static readonly ServiceInstance Instance = new()
    {
        Name = "web",
        Id = "i-1",
        Address = "10.0.0.1",
        Port = 8080,
        RegistrationTime = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000),
    };

    [Fact]
    public void An_instance_is_written_as_Curator_writes_it()
    {
        Assert.Equal(
            """{"name":"web","id":"i-1","address":"10.0.0.1","port":8080,"sslPort":null,"payload":null,"registrationTimeUTC":1700000000000,"serviceType":"DYNAMIC","uriSpec":null}""",
            Encoding.UTF8.GetString(ServiceInstanceJson.Write(Instance)));
        Assert.EndsWith(
            """
            "uriSpec":{"parts":[{"value":"scheme","variable":true},{"value":"://x:","variable":false},{"value":"port","variable":true}]},"enabled":false}
            """.Trim(),
            Encoding.UTF8.GetString(ServiceInstanceJson.Write(Instance with { UriSpec = ServiceUriSpec.Parse("{scheme}://x:{port}"), Enabled = false })), StringComparison.Ordinal);
    }

    [Fact]
    public void An_instance_is_read_back_whatever_else_is_in_it()
    {
        ServiceInstance read = ServiceInstanceJson.Read("""{"id":"1","name":"n","port":1,"payload":{"@class":"com.example.P","zone":"a","deep":{"x":1}},"new":[1]}"""u8);
        Assert.Equal(("n", "1", 1, ServiceType.Dynamic, true), (read.Name, read.Id, read.Port, read.ServiceType, read.Enabled));
        Assert.Equal("com.example.P", (string?)read.Payload!["@class"]);
        Assert.Equal([new("zone", "a")], read.Metadata);
        ServiceInstance full = Instance with { SslPort = 443, ServiceType = ServiceType.Permanent, UriSpec = ServiceUriSpec.Parse("{scheme}://{address}:{ssl-port}/{name}"), Enabled = false };
        ServiceInstance again = ServiceInstanceJson.Read(ServiceInstanceJson.Write(full));
        Assert.Equal(full, again);
        Assert.Equal("https://10.0.0.1:443/web", again.Uri);
        foreach (string bad in new[] { "", "[]", "{}", "{\"name\":1,\"id\":\"x\"}", "{\"name\":\"n\",\"id\":\"x\",\"serviceType\":\"ODD\"}" })
            Assert.Throws<FormatException>(() => ServiceInstanceJson.Read(Encoding.UTF8.GetBytes(bad)));
    }

    [Fact]
    public void Metadata_is_a_map_to_Curator()
    {
        JsonObject payload = ServiceInstance.ToPayload([new("weight", "3")]);
        Assert.Equal("""{"@class":"java.util.LinkedHashMap","weight":"3"}""", payload.ToJsonString());
        Assert.Equal("3", (Instance with { Payload = payload }).Metadata["weight"]);
    }

    [Theory]
    [InlineData("{a")]
    [InlineData("a}")]
    [InlineData("{a{b}}")]
    public void A_brace_without_its_partner_is_refused(string text) => Assert.Throws<FormatException>(() => ServiceUriSpec.Parse(text));

    [Fact]
    public void Strategies_choose_as_they_say()
    {
        ServiceInstance[] all = [.. new[] { "a", "b", "c" }.Select((id, i) => Instance with { Id = id, Payload = ServiceInstance.ToPayload([new("weight", $"{i}")]) })];
        var weighted = new WeightedStrategy(null, new Random(1));
        ILookup<string, string> chosen = Enumerable.Range(0, 3000).Select(_ => weighted.Choose(all)!.Id).ToLookup(id => id);
        Assert.Empty(chosen["a"]);
        Assert.InRange(chosen["c"].Count() / (double)chosen["b"].Count(), 1.6, 2.4);

        var sticky = new StickyStrategy(new RoundRobinStrategy());
        Assert.Equal(["a", "a", "b"], [sticky.Choose(all)!.Id, sticky.Choose(all)!.Id, sticky.Choose(all[1..])!.Id is "c" or "b" ? "b" : "?"]);

        var least = new LeastRecentlyFailedStrategy();
        foreach (int i in new[] { 1, 0, 2 })
            least.NoteError(all[i]);
        Assert.Equal("b", least.Choose(all)!.Id);
        least.NoteError(all[1]);
        Assert.Equal("a", least.Choose(all)!.Id);
        foreach (IProviderStrategy strategy in new IProviderStrategy[] { weighted, sticky, least, new RandomStrategy(), new RoundRobinStrategy() })
            Assert.Null(strategy.Choose([]));
    }

    [Fact]
    public void A_down_instance_is_forgiven_after_a_while()
    {
        var time = new ManualTime();
        var down = new DownInstances(new DownInstancePolicy(), time);
        down.NoteError(Instance);
        Assert.False(down.IsDown(Instance));
        down.NoteError(Instance);
        Assert.True(down.IsDown(Instance));
        Assert.False(down.IsDown(Instance with { RegistrationTime = DateTimeOffset.UnixEpoch }));
        time.Now += TimeSpan.FromSeconds(30);
        Assert.False(down.IsDown(Instance));
    }

    private sealed class ManualTime : TimeProvider
    {
        internal TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
