using System.Text;

namespace CoordPS.Server.Tests.Config;

public sealed class ServerConfigTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("coordps-config-");

    private string Minimal => $"dataDir={Escaped(_directory.FullName)}\nclientPort=2181\n";

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_minimal_file_gets_Apaches_defaults()
    {
        var config = ServerConfig.Parse(Minimal);

        Assert.Equal(_directory.FullName, config.DataDir);
        Assert.Equal(_directory.FullName, config.DataLogDir);
        Assert.Equal(2181, config.ClientPort);
        Assert.Null(config.ClientPortAddress);
        Assert.Equal(3000, config.TickTime);
        Assert.Equal(6000, config.MinSessionTimeout);
        Assert.Equal(60000, config.MaxSessionTimeout);
        Assert.Equal(60, config.MaxClientCnxns);
        Assert.Equal(3, config.AutopurgeSnapRetainCount);
        Assert.Equal(0, config.AutopurgePurgeInterval);
        Assert.Equal("srvr", config.FourLetterWordWhitelist);
        Assert.True(config.AdminServerEnabled);
        Assert.Equal(8080, config.AdminServerPort);
        Assert.Equal("/commands", config.AdminCommandUrl);
        Assert.Null(config.MetricsHttpPort);
        Assert.True(config.ForceSync);
        Assert.Equal(0xfffff, config.JuteMaxBuffer);
        Assert.Equal(100000, config.SnapCount);
        Assert.False(config.IsDistributed);
        Assert.Empty(config.Warnings);
    }

    [Fact]
    public void Settings_that_Apache_turns_into_system_properties_are_read_with_and_without_their_prefix()
    {
        var config = ServerConfig.Parse(Minimal + """
            forceSync=no
            zookeeper.snapCount=1000
            preAllocSize=128
            jute.maxbuffer=0x200000
            globalOutstandingLimit=50
            skipACL=yes
            zookeeper.extendedTypesEnabled=true
            enforceQuota=TRUE
            readonlymode.enabled=true
            DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU=
            znode.container.checkIntervalMs=500
            """);

        Assert.False(config.ForceSync);
        Assert.Equal(1000, config.SnapCount);
        Assert.Equal(128, config.PreAllocSize);
        Assert.Equal(0x200000, config.JuteMaxBuffer);
        Assert.Equal(50, config.GlobalOutstandingLimit);
        Assert.True(config.SkipAcl);
        Assert.True(config.ExtendedTypesEnabled);
        Assert.True(config.EnforceQuota);
        Assert.True(config.ReadOnlyModeEnabled);
        Assert.Equal("super:D/InIHSb7yEEbrWz8b9l71RjZJU=", config.SuperDigest);
        Assert.Equal(500, config.ContainerCheckInterval);
        Assert.Empty(config.Warnings);
    }

    [Fact]
    public void Session_timeouts_follow_the_tick_time_unless_set()
    {
        Assert.Equal((4000, 40000), Timeouts("tickTime=2000"));
        Assert.Equal((100, 40000), Timeouts("tickTime=2000\nminSessionTimeout=100"));
        Assert.Equal((4000, 5000), Timeouts("tickTime=2000\nmaxSessionTimeout=5000\nminSessionTimeout=-1"));

        (int Min, int Max) Timeouts(string text)
        {
            var config = ServerConfig.Parse(Minimal + text);
            return (config.MinSessionTimeout, config.MaxSessionTimeout);
        }
    }

    [Fact]
    public void An_unknown_key_is_a_warning_that_names_it_and_its_line()
    {
        var warning = Assert.Single(ServerConfig.Parse(Minimal + "tickTme=2000").Warnings);

        Assert.Equal(("tickTme", 3), (warning.Key, warning.Line));
        Assert.Equal("line 3: tickTme: unknown setting, ignored", warning.ToString());
    }

    [Theory]
    [InlineData("zookeeper.nio.numSelectorThreads=4")]
    [InlineData("authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider")]
    public void A_setting_of_Apaches_internals_is_a_warning_that_says_it_has_no_effect(string line)
    {
        var warning = Assert.Single(ServerConfig.Parse(Minimal + line).Warnings);

        Assert.Contains("no effect", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_set_twice_is_a_warning_and_the_last_wins()
    {
        var config = ServerConfig.Parse(Minimal + "tickTime=1000\ntickTime=2000");

        Assert.Equal(2000, config.TickTime);
        Assert.Equal(("tickTime", 3), (config.Warnings.Single().Key, config.Warnings.Single().Line));
    }

    [Theory]
    [InlineData("clientPort=70000", "clientPort", "from 0 to 65535")]
    [InlineData("clientPort=x", "clientPort", "from 0 to 65535")]
    [InlineData("tickTime=0", "tickTime", "from 1")]
    [InlineData("forceSync=maybe", "forceSync", "yes or no")]
    [InlineData("reconfigEnabled=yes", "reconfigEnabled", "true or false")]
    [InlineData("electionAlg=1", "electionAlg", "must be 3")]
    [InlineData("peerType=boss", "peerType", "participant or observer")]
    [InlineData("snapCount=1", "snapCount", "at least 2")]
    [InlineData("server.1=host:1", "server.1", "host:quorumPort:electionPort")]
    [InlineData("server.x=host:1:2", "server.x", "must be a number")]
    [InlineData("metricsProvider.className=com.example.Mine", "metricsProvider.className", "PrometheusMetricsProvider")]
    [InlineData("secureClientPort=2281", "secureClientPort", "remove it")]
    [InlineData("enforce.auth.enabled=true", "enforce.auth.enabled", "remove it")]
    public void A_wrong_value_names_file_line_key_value_and_what_is_allowed(string line, string key, string allowed)
    {
        var path = Path.Combine(_directory.FullName, "zoo.cfg");
        File.WriteAllText(path, Minimal + line);

        var error = Assert.Throws<ConfigException>(() => ServerConfig.Load(path));

        Assert.Equal((path, 3, key), (error.File, error.Line, error.Key));
        Assert.StartsWith($"{path}, line 3: {line}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(allowed, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_super_digest_is_not_repeated_in_the_error()
    {
        var error = Assert.Throws<ConfigException>(() => ServerConfig.Parse(Minimal + "DigestAuthenticationProvider.superDigest=hunter2"));

        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clientPort=2181", "dataDir")]
    [InlineData("dataDir=/zk", "clientPort")]
    [InlineData("dataDir=/zk\nclientPort=2181\nminSessionTimeout=9\nmaxSessionTimeout=8", "minSessionTimeout")]
    public void What_is_missing_or_contradictory_is_named(string text, string key)
    {
        Assert.Equal(key, Assert.Throws<ConfigException>(() => ServerConfig.Parse(text)).Key);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_named()
    {
        var path = Path.Combine(_directory.FullName, "missing.cfg");

        Assert.Contains(path, Assert.Throws<ConfigException>(() => ServerConfig.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_Prometheus_provider_opens_its_port()
    {
        const string Provider = "metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider\n";

        Assert.Equal(7000, ServerConfig.Parse(Minimal + Provider).MetricsHttpPort);
        Assert.Equal(7070, ServerConfig.Parse(Minimal + Provider + "metricsProvider.httpPort=7070").MetricsHttpPort);
        Assert.Equal(7070, ServerConfig.Parse(Minimal + "metricsProvider.httpPort=7070\n" + Provider).MetricsHttpPort);
        Assert.Null(ServerConfig.Parse(Minimal + "metricsProvider.httpPort=7070").MetricsHttpPort);
    }

    [Fact]
    public void An_ensemble_has_members_its_own_number_and_its_client_port()
    {
        MyId("2");
        var config = ServerConfig.Parse($"""
            dataDir={Escaped(_directory.FullName)}
            initLimit=10
            syncLimit=5
            server.1=zoo1:2888:3888;2181
            server.2=zoo2:2888:3888:participant;127.0.0.1:2182
            server.3=[2001:db8::3]:2888:3888:observer|zoo3b:2889:3889:observer;[::1]:2183
            server.4=zoo4:2888:3888;2184
            """);

        Assert.True(config.IsDistributed);
        Assert.Equal(2, config.ServerId);
        Assert.Equal(("127.0.0.1", 2182), (config.ClientPortAddress, config.ClientPort));
        Assert.Equal("zoo1:2888:3888:participant;0.0.0.0:2181", config.Servers[1].ToString());
        Assert.Equal("[2001:db8::3]:2888:3888|zoo3b:2889:3889:observer;[::1]:2183", config.Servers[3].ToString());
        Assert.Equal(LearnerType.Observer, config.Servers[3].Type);
        Assert.Equal([new QuorumAddress("2001:db8::3", 2888, 3888), new QuorumAddress("zoo3b", 2889, 3889)], config.Servers[3].Addresses);
        Assert.Empty(config.Warnings);
    }

    [Theory]
    [InlineData("", "initLimit")]
    [InlineData("initLimit=1", "syncLimit")]
    [InlineData("initLimit=1\nsyncLimit=1", "myid")]
    public void An_ensemble_needs_its_limits_and_a_number(string text, string key)
    {
        var members = "\nserver.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n";

        Assert.Equal(key, Assert.Throws<ConfigException>(() => ServerConfig.Parse(Minimal + text + members)).Key);
    }

    [Fact]
    public void A_myid_that_is_no_number_is_an_error()
    {
        MyId("two");

        Assert.Contains("myid", Assert.Throws<ConfigException>(() => ServerConfig.Parse(Minimal)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_member_alone_runs_standalone_unless_told_otherwise()
    {
        MyId("1");
        var alone = ServerConfig.Parse(Minimal + "server.1=a:1:2");
        var ensemble = ServerConfig.Parse(Minimal + "server.1=a:1:2\nstandaloneEnabled=false\ninitLimit=1\nsyncLimit=1");

        Assert.False(alone.IsDistributed);
        Assert.Single(alone.Warnings);
        Assert.True(ensemble.IsDistributed);
    }

    [Fact]
    public void Hierarchical_quorums_have_groups_and_weights()
    {
        MyId("1");
        var config = ServerConfig.Parse(Minimal + "initLimit=1\nsyncLimit=1\nserver.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n"
            + "group.1=1:2\ngroup.2=3\nweight.3=2");

        Assert.Equal([1L, 2L], config.Groups[1]);
        Assert.Equal([3L], config.Groups[2]);
        Assert.Equal(2, config.Weights[3]);
    }

    [Fact]
    public void A_member_may_be_in_one_group_only_and_must_be_in_one()
    {
        const string Members = "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n";

        Assert.Equal("group.2", Assert.Throws<ConfigException>(() => ServerConfig.Parse(Minimal + Members + "group.1=1:2\ngroup.2=2:3")).Key);
        Assert.Equal("server.3", Assert.Throws<ConfigException>(() => ServerConfig.Parse(Minimal + Members + "group.1=1:2")).Key);
    }

    [Fact]
    public void A_dynamic_file_holds_the_members_and_its_name_the_version()
    {
        MyId("3");
        var dynamic = Path.Combine(_directory.FullName, "zoo.cfg.dynamic.100000000");
        File.WriteAllText(dynamic, "server.1=a:1:2:participant;2181\nserver.2=b:1:2:participant;2181\nserver.3=c:1:2:participant;2190\n");

        var config = ServerConfig.Parse(
            $"dataDir={Escaped(_directory.FullName)}\ninitLimit=1\nsyncLimit=1\ndynamicConfigFile={Escaped(dynamic)}");

        Assert.Equal([1L, 2L, 3L], config.Servers.Keys);
        Assert.Equal(0x100000000, config.ConfigVersion);
        Assert.Equal(2190, config.ClientPort);
    }

    [Fact]
    public void Members_may_not_be_in_both_files()
    {
        var error = Assert.Throws<ConfigException>(() => ServerConfig.Parse(Minimal + "server.1=a:1:2\ndynamicConfigFile=/no"));

        Assert.Equal("server.1", error.Key);
    }

    [Fact]
    public void A_client_port_that_contradicts_the_server_line_is_an_error()
    {
        MyId("1");
        var text = "\ninitLimit=1\nsyncLimit=1\nserver.1=a:1:2;2190\nserver.2=b:1:2\nserver.3=c:1:2";

        Assert.Equal("clientPort", Assert.Throws<ConfigException>(() => ServerConfig.Parse(Minimal + text)).Key);
    }

    [Fact]
    public void Bytes_beyond_ASCII_are_ISO_8859_1_and_a_warning()
    {
        var path = Path.Combine(_directory.FullName, "zoo.cfg");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes("dataDir=/zo\u00eb\nclientPort=2181"));

        var config = ServerConfig.Load(path);

        Assert.Equal("/zo\u00eb", config.DataDir);
        Assert.Contains(config.Warnings, w => w.Key == "dataDir" && w.Message.Contains("8859", StringComparison.Ordinal));
    }

    [Fact]
    public void A_configuration_made_in_code_is_checked_too()
    {
        Assert.Throws<ConfigException>(() => new ServerConfig { DataDir = "/zk", MinSessionTimeout = 2, MaxSessionTimeout = 1 }.Validate());
        new ServerConfig { DataDir = "/zk" }.Validate();
    }

    [Fact]
    public void Its_text_form_keeps_the_super_digest_secret()
    {
        Assert.DoesNotContain("secret", new ServerConfig { DataDir = "/zk", SuperDigest = "super:secret" }.ToString(), StringComparison.Ordinal);
    }

    private static string Escaped(string path) => path.Replace("\\", "\\\\", StringComparison.Ordinal);

    private void MyId(string text) => File.WriteAllText(Path.Combine(_directory.FullName, "myid"), text + "\n");
}
