using System.Buffers.Binary;
using System.Text;
using CoordPS.Server.Admin;

namespace CoordPS.Server.Tests.Admin;

/// <summary>The expected texts are those that Apache ZooKeeper 3.8.0 printed for a server in the same state.</summary>
public class FourLetterWordTests
{
    private readonly InspectedServer _server = new();

    [Theory]
    [InlineData("ruok", true)]
    [InlineData("wchp", true)]
    [InlineData("RUOK", false)]
    [InlineData("xxxx", false)]
    public void Words_are_told_from_lengths(string word, bool known)
    {
        Assert.Equal(known, FourLetterWords.IsWord(Length(word)));
    }

    [Fact]
    public void Every_length_that_a_frame_may_have_is_no_word()
    {
        Assert.DoesNotContain(Enumerable.Range(0, 0x100000), FourLetterWords.IsWord);
        Assert.False(FourLetterWords.IsWord(-1));
    }

    [Fact]
    public void Ruok_is_answered_without_a_line_break()
    {
        Assert.Equal("imok"u8.ToArray(), new FourLetterWords(_server).Answer(Length("ruok")));
    }

    [Fact]
    public void Only_srvr_answers_by_default()
    {
        _server.Config = new ServerConfig { DataDir = "/zk" };

        Assert.StartsWith("Zookeeper version: ", Answer("srvr"), StringComparison.Ordinal);
        Assert.Equal("ruok is not executed because it is not in the whitelist.\n", Answer("ruok"));
        Assert.Equal("isro is not executed because it is not in the whitelist.\n", Answer("isro"));
    }

    [Fact]
    public void A_whitelist_adds_its_words_and_read_only_mode_adds_isro()
    {
        _server.Config = new ServerConfig { DataDir = "/zk", FourLetterWordWhitelist = "stat, ruok,", ReadOnlyModeEnabled = true };

        Assert.Equal("imok", Answer("ruok"));
        Assert.Equal("rw", Answer("isro"));
        Assert.Contains("whitelist", Answer("mntr"), StringComparison.Ordinal);
    }

    [Fact]
    public void Srvr_and_stat_print_what_Apache_prints()
    {
        _server.Metrics.ReadLatency.Record(0);
        _server.Metrics.ReadLatency.Record(1);
        _server.Metrics.UpdateLatency.Record(6);

        _server.Metrics.PacketsReceived.Add(17);
        _server.Metrics.PacketsSent.Add(16);
        const string Numbers =
            "Latency min/avg/max: 0/2.3333/6\nReceived: 17\nSent: 16\nConnections: 2\nOutstanding: 3\nZxid: 0x1f\nMode: standalone\nNode count: 9\n";
        var version = $"Zookeeper version: {ServerVersion.Text}\n";

        Assert.Equal(version + Numbers, Answer("srvr"));
        Assert.Equal(
            version + "Clients:\n /127.0.0.1:38042[1](queued=1,recved=11,sent=10)\n /127.0.0.1:38100[0](queued=0,recved=1,sent=0)\n\n" + Numbers,
            Answer("stat"));
    }

    [Fact]
    public void The_version_begins_with_a_ZooKeeper_release_as_clients_expect()
    {
        Assert.Matches(@"^3\.8\.\d+-CoordPS-\d+\.\d+\.\d+.*, built on \d{4}-\d\d-\d\d \d\d:\d\d UTC$", ServerVersion.Text);
    }

    [Fact]
    public void Cons_prints_sessions_in_full_and_other_connections_in_brief()
    {
        Assert.Equal(
            " /127.0.0.1:38042[1](queued=1,recved=11,sent=10,sid=0x100001e9ca40000,lop=EXIS,est=1795318885966,to=10000,lcxid=0xa,lzxid=0x5,"
            + "lresp=2022395,llat=0,minlat=0,avglat=1,maxlat=6)\n /127.0.0.1:38100[0](queued=0,recved=1,sent=0)\n\n",
            Answer("cons"));
    }

    [Fact]
    public void Conf_prints_the_settings_in_force()
    {
        _server.SnapshotDirectory = _server.LogDirectory = "/does/not/exist/version-2";

        Assert.Equal(
            """
            clientPort=2181
            secureClientPort=-1
            dataDir=/does/not/exist/version-2
            dataDirSize=0
            dataLogDir=/does/not/exist/version-2
            dataLogSize=0
            tickTime=2000
            maxClientCnxns=0
            minSessionTimeout=4000
            maxSessionTimeout=40000
            clientPortListenBacklog=-1
            serverId=0

            """.ReplaceLineEndings("\n"),
            Answer("conf"));
    }

    [Fact]
    public void Dump_prints_sessions_ephemerals_and_connections()
    {
        Assert.Equal(
            """
            SessionTracker dump:
            Session Sets (1)/(2):
            2 expire at Mon Nov 02 03:04:05 UTC 2026:
            	0x100001e9ca40001
            	0x100001e9ca40000
            ephemeral nodes dump:
            Sessions with Ephemerals (1):
            0x100001e9ca40000:
            	/a/e
            	/a/f
            Connections dump:
            Connections (2):
            	ip: /127.0.0.1:38042 sessionId: 0x100001e9ca40000
            	ip: /127.0.0.1:38100 sessionId: 0x0

            """.ReplaceLineEndings("\n"),
            Answer("dump"));
    }

    [Fact]
    public void Watches_are_printed_in_sum_by_session_and_by_path()
    {
        Assert.Equal("2 connections watching 2 paths\nTotal watches:3\n", Answer("wchs"));
        Assert.Equal("0x100001e9ca40000\n\t/a/b\n\t/nope\n0x100001e9ca40001\n\t/a/b\n\n", Answer("wchc"));
        Assert.Equal("/a/b\n\t0x100001e9ca40000\n\t0x100001e9ca40001\n/nope\n\t0x100001e9ca40000\n\n", Answer("wchp"));
    }

    [Fact]
    public void Dirs_adds_up_the_files()
    {
        var directory = Directory.CreateTempSubdirectory("coordps-dirs-");
        try
        {
            File.WriteAllBytes(Path.Combine(directory.FullName, "log.1"), new byte[100]);
            File.WriteAllBytes(Path.Combine(directory.FullName, "snapshot.0"), new byte[23]);
            _server.SnapshotDirectory = _server.LogDirectory = directory.FullName;

            Assert.Equal("datadir_size: 123\nlogdir_size: 123\n", Answer("dirs"));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Mntr_prints_the_well_known_keys()
    {
        _server.Metrics.FsyncTime.Record(4);
        _server.Metrics.FsyncTime.Record(5);
        _server.Metrics.UpdateLatency.Record(7);
        var values = Answer("mntr").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('\t')).ToDictionary(l => l[0], l => l[1]);

        Assert.Equal(ServerVersion.Text, values["zk_version"]);
        Assert.Equal("standalone", values["zk_server_state"]);
        Assert.Equal("9", values["zk_znode_count"]);
        Assert.Equal("4", values["zk_watch_count"]);
        Assert.Equal("2", values["zk_ephemerals_count"]);
        Assert.Equal("60", values["zk_approximate_data_size"]);
        Assert.Equal("2", values["zk_num_alive_connections"]);
        Assert.Equal("3", values["zk_outstanding_requests"]);
        Assert.Equal("2", values["zk_global_sessions"]);
        Assert.Equal("0", values["zk_local_sessions"]);
        Assert.Equal("18574", values["zk_uptime"]);
        Assert.Equal("7.0", values["zk_avg_latency"]);
        Assert.Equal("4.5", values["zk_avg_fsynctime"]);
        Assert.Equal("2", values["zk_cnt_fsynctime"]);
        Assert.Equal("7", values["zk_p99_updatelatency"]);
        Assert.Equal("-1", values["zk_last_client_response_size"]);
        Assert.All(
            ["zk_max_latency", "zk_min_latency", "zk_packets_received", "zk_packets_sent", "zk_open_file_descriptor_count",
                "zk_max_file_descriptor_count", "zk_connection_rejected"],
            key => Assert.Contains(key, values.Keys));
    }

    [Fact]
    public void A_leader_adds_its_learners_and_proposals()
    {
        _server.Mode = ServerMode.Leader;
        _server.Ensemble = new EnsembleInfo
        {
            IsLeader = true, LeaderId = 1, LeaderAddress = "10.0.0.1", ZabState = "broadcast", IsVoting = true,
            Leader = new LeaderInfo(3, 2, 0, 1, 0, TimeSpan.FromSeconds(5)) { LastProposalSize = 36, MinProposalSize = 32, MaxProposalSize = 96 },
        };

        Assert.Contains("zk_synced_followers\t2\n", Answer("mntr"), StringComparison.Ordinal);
        Assert.EndsWith("Mode: leader\nNode count: 9\nProposal sizes last/min/max: 36/32/96\n", Answer("srvr"), StringComparison.Ordinal);
    }

    [Fact]
    public void Envi_tells_version_and_system()
    {
        Assert.StartsWith($"Environment:\nzookeeper.version={ServerVersion.Text}\nhost.name=", Answer("envi"), StringComparison.Ordinal);
    }

    [Fact]
    public void Resets_are_confirmed()
    {
        _server.Metrics.PacketsReceived.Add(5);
        _server.Metrics.FsyncTime.Record(5);

        Assert.Equal("Server stats reset.\n", Answer("srst"));
        Assert.Equal("Connection stats reset.\n", Answer("crst"));
        Assert.Equal(0, _server.Metrics.PacketsReceived.Value);
        Assert.Equal(0, _server.Metrics.FsyncTime.Count);
        Assert.Equal(1, _server.ConnectionResets);
    }

    [Fact]
    public void A_server_that_does_not_serve_says_so()
    {
        _server.IsServing = false;

        Assert.Equal("This ZooKeeper instance is not currently serving requests\n", Answer("srvr"));
        Assert.Equal("This ZooKeeper instance is not currently serving requests\n", Answer("mntr"));
        Assert.Equal("null", Answer("isro"));
        Assert.Equal("imok", Answer("ruok"));
    }

    [Fact]
    public void A_read_only_server_says_so()
    {
        _server.Mode = ServerMode.ReadOnly;

        Assert.Equal("ro", Answer("isro"));
        Assert.Contains("READ-ONLY mode; serving only read-only clients\n", Answer("srvr"), StringComparison.Ordinal);
    }

    private static int Length(string word) => BinaryPrimitives.ReadInt32BigEndian(Encoding.ASCII.GetBytes(word));

    private string Answer(string word) => new FourLetterWords(_server).Answer(word);
}
