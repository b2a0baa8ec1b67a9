using System.Text;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;
using Xunit.Abstractions;

namespace CoordPS.Interop.Tests;

/// <summary>One data directory, served by one make of server after the other.</summary>
public sealed class DataSwapTests(ITestOutputHelper output)
{
    [PeerTheory(Peer.Apache)]
    [InlineData(Make.CoordPS)]
    [InlineData(Make.Apache)]
    public async Task A_tree_is_the_same_on_the_other_server_and_back_again(Make first)
    {
        using var directory = new TempDirectory();
        var options = new TestServerOptions
        {
            DataDirectory = directory.Combine("data"),
            Port = FreePort.Next(),
            TickTime = 2000,
            ConfigLines = ["maxSessionTimeout=120000"],
            Properties = new Dictionary<string, string> { ["jute.maxbuffer"] = "4000000", ["znode.container.checkIntervalMs"] = "3600000" },
        };
        Make make = first;
        ITestServer server = await Servers.StartAsync(make, options);
        try
        {
            await using ZooKeeperClient client = await Servers.ConnectAsync(server, Credential.Digest("ann", "1"));
            await CreateRichTreeAsync(client);
            Dictionary<string, string> before = await TreeDump.ReadAsync(client);
            for (int round = 0; round < 4; round++)
            {
                await server.DisposeAsync();
                make = Servers.Other(make);
                server = await Servers.StartAsync(make, options);
                // The session goes on there, by its password, and owns its ephemerals.
                long session = client.SessionId;
                Dictionary<string, string> after = await TreeDump.ReadAsync(client);
                Assert.Equal(session, client.SessionId);
                AssertSame(before, after, $"round {round}: {Servers.Other(make)}'s tree on {make}");
                Assert.Equal(3, (await client.GetEphemeralsAsync()).Count);
                Assert.Equal(before.Count - 1, await client.GetAllChildrenNumberAsync("/"));
                await ChangeAsync(client, round);
                before = await TreeDump.ReadAsync(client);
            }

            output.WriteLine($"{before.Count} znodes, written by both, the same on both");
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    /// <summary>Reports what differs rather than two whole trees.</summary>
    internal static void AssertSame(Dictionary<string, string> expected, Dictionary<string, string> actual, string what)
    {
        List<string> differences = [];
        foreach (string path in expected.Keys.Union(actual.Keys).Order(StringComparer.Ordinal))
        {
            string? e = expected.GetValueOrDefault(path), a = actual.GetValueOrDefault(path);
            if (e != a)
                differences.Add($"{path}:\n  {e ?? "missing"}\n  {a ?? "missing"}");
        }

        Assert.True(differences.Count == 0, $"{what} differs:\n{string.Join('\n', differences.Take(20))}");
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static async Task CreateRichTreeAsync(ZooKeeperClient client)
    {
        await client.CreateAsync("/modes");
        foreach (CreateMode mode in new[] { CreateMode.Persistent, CreateMode.PersistentSequential, CreateMode.Ephemeral, CreateMode.EphemeralSequential, CreateMode.Container })
            await client.CreateAsync($"/modes/{mode}-", Bytes(mode.ToString()), mode);
        await client.CreateAsync("/modes/ttl", null, CreateMode.PersistentWithTtl, ttl: TimeSpan.FromDays(365));
        await client.CreateAsync("/modes/ttl-s", null, CreateMode.PersistentSequentialWithTtl, ttl: TimeSpan.FromDays(1));
        await client.CreateAsync("/modes/Container-/child");

        await client.CreateAsync("/data");
        await client.CreateAsync("/data/null", null);
        await client.CreateAsync("/data/empty", []);
        await client.CreateAsync("/data/zeros", new byte[4096]);
        byte[] large = new byte[1 << 20];
        new Random(1).NextBytes(large);
        await client.CreateAsync("/data/large", large);

        await client.CreateAsync("/names");
        foreach (string name in new[] { "with space", "ünï-中文-\u0e01", "a.b", "...", "-", "%2f", "a:b", "\\", "'", "\"", new string('n', 1000) })
            await client.CreateAsync("/names/" + name, Bytes(name));

        await client.CreateAsync("/acl");
        Acl[][] lists =
        [
            [.. Acl.ReadUnsafe], [.. Acl.CreatorAll], [new Acl(Permissions.None, AclId.Anyone)],
            [new Acl(Permissions.Read | Permissions.Write, new AclId("ip", "10.0.0.0/8")), new Acl(Permissions.All, new AclId("digest", "bob:x"))],
        ];
        for (int i = 0; i < lists.Length; i++)
        {
            await client.CreateAsync($"/acl/created{i}", null, CreateMode.Persistent, lists[i]);
            await client.CreateAsync($"/acl/set{i}");
            await client.SetAclAsync($"/acl/set{i}", lists[i]);
            await client.SetAclAsync($"/acl/set{i}", lists[(i + 1) % lists.Length]);
        }

        await client.CreateAsync("/versions");
        for (int i = 0; i < 10; i++)
        {
            await client.SetDataAsync("/versions", Bytes($"{i}"));
            await client.CreateAsync("/versions/s", null, CreateMode.PersistentSequential);
        }

        await client.DeleteAsync("/versions/s0000000003");
        await client.DeleteAsync("/versions/s0000000009");

        await client.CreateAsync("/quota", Bytes("12345"));
        await client.EnsurePathAsync("/zookeeper/quota/quota");
        await client.CreateAsync("/zookeeper/quota/quota/zookeeper_limits", Bytes("count=100,bytes=-1=;byteHardLimit=100000;countHardLimit=-1"));
        await client.CreateAsync("/zookeeper/quota/quota/zookeeper_stats", Bytes("count=0,bytes=0"));
        await client.CreateAsync("/quota/child", Bytes("123"));

        await client.CreateAsync("/ephemerals");
        await client.CreateAsync("/ephemerals/one", Bytes("live"), CreateMode.Ephemeral);
        await client.MultiAsync(
        [
            ZooKeeperOperation.Create("/multi", Bytes("1")),
            ZooKeeperOperation.Create("/multi/container", null, CreateMode.Container),
            ZooKeeperOperation.Create("/multi/ttl", null, CreateMode.PersistentWithTtl, ttl: TimeSpan.FromDays(1)),
            ZooKeeperOperation.SetData("/multi", Bytes("2")),
            ZooKeeperOperation.Create("/multi/gone"),
            ZooKeeperOperation.Delete("/multi/gone"),
        ]);
        await Assert.ThrowsAsync<ZooKeeperTransactionException>(() => client.MultiAsync([ZooKeeperOperation.SetData("/multi", null), ZooKeeperOperation.Delete("/missing")]));
        string deep = "/deep";
        await client.CreateAsync(deep);
        for (int i = 0; i < 50; i++)
            await client.CreateAsync(deep += "/d");
        await client.CreateAsync("/wide");
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => client.CreateAsync($"/wide/{i:D4}", Bytes($"{i}"))));
        await Task.WhenAll(Enumerable.Range(0, 250).Select(i => client.DeleteAsync($"/wide/{i * 2:D4}")));
    }

    private static async Task ChangeAsync(ZooKeeperClient client, int round)
    {
        Assert.Equal($"/versions/s{10 + round:D10}", (await client.CreateAsync("/versions/s", Bytes($"{round}"), CreateMode.PersistentSequential)).Path);
        await client.SetDataAsync("/versions", Bytes($"round {round}"), 10 + round);
        await client.CreateAsync($"/quota/round{round}", Bytes("1"));
        await client.SetAclAsync("/acl/set0", [new Acl(Permissions.All, new AclId("digest", $"round:{round}"))]);
        await client.CreateAsync($"/acl/round{round}", null, CreateMode.Persistent, [new Acl(Permissions.All, new AclId("digest", $"round:{round}"))]);
        await client.DeleteAsync($"/wide/{1 + (2 * round):D4}");
        await client.MultiAsync([ZooKeeperOperation.Create($"/multi/{round}"), ZooKeeperOperation.Check("/multi", -1), ZooKeeperOperation.SetData("/multi", Bytes($"{round}"))]);
        await client.CreateAsync("/ephemerals/swapped", null, CreateMode.Ephemeral);
        await client.DeleteAsync("/ephemerals/swapped");
    }
}
