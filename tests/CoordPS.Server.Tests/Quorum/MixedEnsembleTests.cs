using System.Globalization;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Server.Tests.Quorum;

/// <summary>Our member beside members of Apache ZooKeeper: snapshots and sessions. Every role, under load, is in CoordPS.Interop.Tests.</summary>
public sealed class MixedEnsembleTests
{
    [PeerTheory(Peer.Apache)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_snapshot_is_understood_in_both_directions(bool fromOurs)
    {
        // The member that comes last has the lowest id, and none of what the others wrote.
        int late = 1;
        int ours = fromOurs ? 3 : late;
        await using var members = new Members(3, ours);
        await members.StartAsync(2);
        await members.StartAsync(3);
        await using (ZooKeeperClient client = await TestEnsemble.ConnectAsync(members.ConnectionString))
        {
            await client.CreateAsync("/s", Array.Empty<byte>());
            await client.CreateAsync("/acl", Array.Empty<byte>(), CreateMode.Persistent, [new Acl(Permissions.All, new AclId("digest", "u:x")), .. Acl.ReadUnsafe]);
            await Task.WhenAll(Enumerable.Range(0, 700).Select(i => client.CreateAsync($"/s/{i}", new byte[100])));
        }

        await members.StopAsync(2);
        await members.StartAsync(late);
        await members.WaitForModeAsync(late, "follower");
        await members.StartAsync(2);
        await members.AssertEqualAsync("/s", [.. Enumerable.Range(0, 700).Select(static i => i.ToString(CultureInfo.InvariantCulture))]);
        await using ZooKeeperClient last = await members.ConnectAsync(late);
        Assert.Equal(2, (await last.GetAclAsync("/acl")).Acl.Count);
    }

    [PeerFact(Peer.Apache)]
    public async Task Sessions_move_between_ours_and_Apaches()
    {
        await using var members = new Members(3, 2);
        for (int id = 1; id <= 3; id++)
            await members.StartAsync(id);
        await members.WaitForModeAsync(2, "follower", "leader");
        await using ZooKeeperClient watcher = await members.ConnectAsync(3);
        await using (ZooKeeperClient client = await TestEnsemble.ConnectAsync($"{members.ConnectionOf(1)},{members.ConnectionOf(2)}"))
        {
            await client.CreateAsync("/e", Array.Empty<byte>(), CreateMode.Ephemeral);
            long session = client.SessionId;
            int on = members.IdOf(((System.Net.IPEndPoint)client.CurrentServer!).Port);
            for (int round = 0; round < 2; round++)
            {
                await members.StopAsync(on);
                await Eventually.TrueAsync(() => client.State == SessionState.Connected && members.IdOf(((System.Net.IPEndPoint)client.CurrentServer!).Port) != on, "the client has moved");
                await client.SetDataAsync("/e", Array.Empty<byte>());
                Assert.Equal(session, client.SessionId);
                await members.StartAsync(on);
                on = members.IdOf(((System.Net.IPEndPoint)client.CurrentServer!).Port);
            }
        }

        await Eventually.TrueAsync(async () => await watcher.ExistsAsync("/e") is null, "the ephemeral went with its session");
    }

    /// <summary>Members of both makes, by their ids.</summary>
    private sealed class Members : IAsyncDisposable
    {
        private readonly Dictionary<int, ITestServer> _started = [];
        private readonly Dictionary<int, int> _ports = [];
        private readonly TempDirectory _directory = new();
        private readonly MemberLogs _logs = new();
        private readonly string[] _serverLines;
        private readonly int _ours;
        private ZooKeeperServer? _server;

        public Members(int participants, int ours)
        {
            _ours = ours;
            for (int id = 1; id <= participants; id++)
                _ports[id] = FreePort.Next();
            _serverLines = [.. Enumerable.Range(1, participants).Select(static id => $"server.{id}=127.0.0.1:{FreePort.Next()}:{FreePort.Next()}")];
        }

        public string ConnectionString => string.Join(',', _ports.Values.Select(static p => $"127.0.0.1:{p}"));

        public string ConnectionOf(int id) => $"127.0.0.1:{_ports[id]}";

        public int IdOf(int port) => _ports.First(p => p.Value == port).Key;

        public Task<ZooKeeperClient> ConnectAsync(int id) => TestEnsemble.ConnectAsync(ConnectionOf(id));

        public async Task StartAsync(int id)
        {
            if (id == _ours)
            {
                string data = _directory.Combine("ours");
                Directory.CreateDirectory(data);
                await File.WriteAllTextAsync(Path.Combine(data, "myid"), id.ToString(CultureInfo.InvariantCulture));
                _server = await ZooKeeperServer.StartAsync(
                    ServerConfig.Parse(string.Join('\n',
                    [
                        $"dataDir={data.Replace('\\', '/')}", $"clientPort={_ports[id]}", "clientPortAddress=127.0.0.1", "maxClientCnxns=0",
                        "admin.enableServer=false", "4lw.commands.whitelist=*", .. TestEnsemble.Timing, .. _serverLines,
                    ])),
                    _logs.For(id));
                return;
            }

            if (_started.TryGetValue(id, out ITestServer? server))
            {
                await server.StartAsync();
                return;
            }

            _started[id] = await ApacheZooKeeper.StartNewAsync(new TestServerOptions
            {
                TickTime = TestEnsemble.TickTime,
                MemberId = id,
                Port = _ports[id],
                ConfigLines = [.. TestEnsemble.Timing[1..], .. _serverLines],
            });
        }

        public async Task StopAsync(int id)
        {
            if (id != _ours)
            {
                await _started[id].StopAsync();
                return;
            }

            await _server!.StopAsync();
            _server = null;
        }

        public async Task WaitForModeAsync(int id, params string[] modes)
        {
            try
            {
                await Eventually.TrueAsync(
                    async () =>
                    {
                        string answer = await TestEnsemble.AskModeAsync(_ports[id]);
                        return modes.Any(mode => answer.Contains($"Mode: {mode}", StringComparison.Ordinal));
                    },
                    $"member {id} is {string.Join(" or ", modes)}");
            }
            catch (TimeoutException e)
            {
                throw new TimeoutException($"{e.Message}\n{_logs}");
            }
        }

        public async Task AssertEqualAsync(string path, IReadOnlyList<string> expected)
        {
            List<string>? first = null;
            foreach (int id in _ports.Keys)
            {
                await using ZooKeeperClient client = await ConnectAsync(id);
                await client.SyncAsync(path);
                List<string> names = [.. (await client.GetChildrenAsync(path)).Children.Order(StringComparer.Ordinal)];
                Assert.Empty(expected.Except(names));
                first ??= names;
                Assert.Equal(first, names);
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_server is not null)
                await _server.StopAsync();
            foreach (ITestServer server in _started.Values)
                await server.DisposeAsync();
            _directory.Dispose();
        }
    }
}
