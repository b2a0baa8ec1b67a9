using System.Globalization;
using System.Text;
using CoordPS.Client;
using CoordPS.Protocol;
using CoordPS.Testing;

namespace CoordPS.Server.Tests.Quorum;

/// <summary>Reconfigurations of ensembles that members of both makes form, each make leading.</summary>
public sealed class MixedReconfigTests
{
    /// <summary>Ours leads when it has the highest id, since nobody has written before and no quorum is without the member that has it.</summary>
    [PeerTheory(Peer.Apache)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Members_are_removed_added_and_changed_whoever_leads(int ours)
    {
        await using var members = new Members(ours);
        foreach (int id in new[] { 3, 1, 2 })
            await members.StartAsync(id, 3);
        await members.WaitForModeAsync(ours, ours == 3 ? "leader" : "follower");
        await using Writer writer = await Writer.StartAsync(members.ConnectionString, "/w");
        await using ZooKeeperClient super = await TestEnsemble.ConnectAsSuperAsync(members.ConnectionString);
        await writer.WroteAsync(20);

        // Apache's joins, is given a vote, loses it, and goes.
        await members.StartAsync(4, 4);
        await members.WaitForModeAsync(4, "follower");
        await members.ReconfigAsync(super, joining: members.LineOf(4));
        await writer.WroteAsync(20);
        await members.ReconfigAsync(super, joining: members.LineOf(4, "observer"));
        await members.WaitForModeAsync(4, "observer");
        await writer.WroteAsync(20);
        await members.ReconfigAsync(super, leaving: "4");
        await members.StopAsync(4);
        await writer.WroteAsync(20);

        // Ours changes its part, and so the leader if it is the one.
        await members.StartAsync(5, 5);
        await members.WaitForModeAsync(5, "follower");
        await members.ReconfigAsync(super, joining: members.LineOf(5));
        await members.ReconfigAsync(super, joining: members.LineOf(ours, "observer"));
        await members.WaitForModeAsync(ours, "observer");
        await writer.WroteAsync(20);
        await members.ReconfigAsync(super, joining: members.LineOf(ours));
        await members.WaitForModeAsync(ours, "follower");
        await writer.WroteAsync(20);

        // An Apache member that leads or follows goes.
        await members.ReconfigAsync(super, leaving: "2");
        await writer.WroteAsync(20);
        await writer.StopAsync();
        int[] left = [.. new[] { 1, 3, 5 }];
        await members.AssertEqualAsync(left, "/w", writer.Acknowledged);
        await members.AssertSameConfigAsync(left);

        // Ours comes back with what it knows.
        await members.StopAsync(ours);
        await members.StartAsync(ours, 3);
        await members.WaitForModeAsync(ours, "follower", "leader");
        await members.AssertSameConfigAsync(left);
    }

    [PeerFact(Peer.Apache)]
    public async Task Apaches_joins_an_ensemble_of_ours_and_ours_one_of_Apaches()
    {
        await using TestEnsemble ensemble = await TestEnsemble.StartNewAsync(3, 0, Members.Settings);
        await using Writer writer = await Writer.StartAsync(ensemble.ConnectionString, "/w");
        await using ZooKeeperClient super = await TestEnsemble.ConnectAsSuperAsync(ensemble.ConnectionString);
        await Task.WhenAll(Enumerable.Range(0, 700).Select(i => super.CreateAsync($"/s{i}", new byte[100])));
        int joiner = ensemble.AddJoiner();
        await using ApacheZooKeeper apache = await ApacheZooKeeper.StartNewAsync(new TestServerOptions
        {
            TickTime = TestEnsemble.TickTime,
            MemberId = joiner,
            Port = ensemble.Ports[joiner - 1],
            ConfigLines = [.. Members.Settings[..^1], .. TestEnsemble.Timing[1..], ensemble.ServerLines, ensemble.LineOf(joiner)],
        });
        await Eventually.TrueAsync(async () => (await TestEnsemble.AskModeAsync(apache.Port)).Contains("Mode: follower", StringComparison.Ordinal), "Apache's follows");
        await super.ReconfigAsync(joining: ensemble.LineOf(joiner));
        await writer.WroteAsync(20);
        // It counts: with it, two of ours are a quorum, and without it they are none.
        await ensemble.StopAsync(await ensemble.FollowerAsync());
        await writer.WroteAsync(20);
        await using ZooKeeperClient client = await TestEnsemble.ConnectAsync(apache.ConnectionString);
        await client.SyncAsync("/w");
        await writer.StopAsync();
        await client.SyncAsync("/w");
        Assert.Empty(writer.Acknowledged.Except((await client.GetChildrenAsync("/w")).Children));
        Assert.Equal(ReconfigTests.Text(await super.GetConfigAsync()), ReconfigTests.Text(await client.GetConfigAsync()));
    }

    /// <summary>Members of both makes, by their ids; those beyond the third join at run time.</summary>
    private sealed class Members(int ours) : IAsyncDisposable
    {
        internal static readonly string[] Settings =
            ["reconfigEnabled=true", $"DigestAuthenticationProvider.superDigest={TestServerOptions.SuperDigest}"];

        private readonly Dictionary<int, ApacheZooKeeper> _started = [];
        private readonly Dictionary<int, int> _ports = Enumerable.Range(1, 5).ToDictionary(static id => id, static _ => FreePort.Next());
        private readonly Dictionary<int, string> _addresses =
            Enumerable.Range(1, 5).ToDictionary(static id => id, static _ => $"127.0.0.1:{FreePort.Next()}:{FreePort.Next()}");

        private readonly TempDirectory _directory = new();
        private readonly MemberLogs _logs = new();
        private ZooKeeperServer? _server;

        public string ConnectionString => string.Join(',', _ports.Values.Select(static p => $"127.0.0.1:{p}"));

        public string LineOf(int id, string role = "participant") => $"server.{id}={_addresses[id]}:{role};127.0.0.1:{_ports[id]}";

        public async Task StartAsync(int id, int joiner)
        {
            string[] lines = [.. new[] { 1, 2, 3, joiner }.Distinct().Select(i => LineOf(i)), .. TestEnsemble.Timing[1..]];
            if (id == ours)
            {
                string data = _directory.Combine("ours");
                string file = _directory.Combine("zoo.cfg");
                Directory.CreateDirectory(data);
                await File.WriteAllTextAsync(Path.Combine(data, "myid"), id.ToString(CultureInfo.InvariantCulture));
                if (!File.Exists(file))
                {
                    await File.WriteAllLinesAsync(file,
                    [
                        $"dataDir={data.Replace('\\', '/')}", "maxClientCnxns=0", "admin.enableServer=false", "4lw.commands.whitelist=*", .. Settings, TestEnsemble.Timing[0], .. lines,
                        $"clientPort={_ports[id]}", "clientPortAddress=127.0.0.1",
                    ]);
                }

                _server = await ZooKeeperServer.StartAsync(ServerConfig.Load(file), _logs.For(id));
                return;
            }

            _started[id] = await ApacheZooKeeper.StartNewAsync(new TestServerOptions
            {
                TickTime = TestEnsemble.TickTime,
                MemberId = id,
                Port = _ports[id],
                ConfigLines = [Settings[0], .. lines],
            });
        }

        public async Task StopAsync(int id)
        {
            if (id != ours)
            {
                await _started[id].StopAsync();
                return;
            }

            await _server!.StopAsync();
            _server = null;
        }

        /// <summary>Reconfigures, again if the answer was lost with the leader's office or a member is not up to date yet.</summary>
        public async Task ReconfigAsync(ZooKeeperClient super, string? joining = null, string? leaving = null)
        {
            ErrorCode last = ErrorCode.Ok;
            try
            {
                await Eventually.TrueAsync(
                    async () =>
                    {
                        try
                        {
                            await super.ReconfigAsync(joining, leaving);
                            return true;
                        }
                        catch (ZooKeeperException e) when (e.Error is ErrorCode.ConnectionLoss or ErrorCode.NewConfigNoQuorum or ErrorCode.ReconfigInProgress)
                        {
                            last = e.Error;
                            return false;
                        }
                    },
                    $"{joining ?? leaving} is carried out");
            }
            catch (TimeoutException e)
            {
                throw new TimeoutException($"{e.Message} {last}\n{_logs}");
            }
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

        public async Task AssertEqualAsync(int[] ids, string path, IReadOnlyList<string> expected)
        {
            List<string>? first = null;
            foreach (int id in ids)
            {
                await using ZooKeeperClient client = await TestEnsemble.ConnectAsync($"127.0.0.1:{_ports[id]}");
                await client.SyncAsync(path);
                List<string> names = [.. (await client.GetChildrenAsync(path)).Children.Order(StringComparer.Ordinal)];
                Assert.Empty(expected.Except(names));
                first ??= names;
                Assert.Equal(first, names);
            }
        }

        public async Task AssertSameConfigAsync(int[] ids)
        {
            var configs = new HashSet<string>();
            foreach (int id in ids)
            {
                await using ZooKeeperClient client = await TestEnsemble.ConnectAsync($"127.0.0.1:{_ports[id]}");
                configs.Add(ReconfigTests.Text(await client.GetConfigAsync()));
            }

            Assert.Single(configs);
        }

        public async ValueTask DisposeAsync()
        {
            if (_server is not null)
                await _server.StopAsync();
            foreach (ApacheZooKeeper server in _started.Values)
                await server.DisposeAsync();
            _directory.Dispose();
        }
    }
}
