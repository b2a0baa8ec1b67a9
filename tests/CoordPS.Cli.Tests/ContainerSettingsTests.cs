using CoordPS.Server;

namespace CoordPS.Cli.Tests;

public sealed class ContainerSettingsTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("coordps-container-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Without_any_variable_it_is_the_standalone_server_that_the_Apache_image_runs()
    {
        Assert.Equal(
            "dataDir=/data\ndataLogDir=/datalog\ntickTime=2000\ninitLimit=5\nsyncLimit=2\nautopurge.snapRetainCount=3\nautopurge.purgeInterval=0\n"
            + "maxClientCnxns=60\nstandaloneEnabled=true\nadmin.enableServer=true\nserver.1=localhost:2888:3888;2181\n",
            new ContainerSettings(_ => null).Config());
    }

    [Fact]
    public void Every_variable_of_the_Apache_image_becomes_its_setting()
    {
        ContainerSettings settings = Settings(
            ("ZOO_MY_ID", "2"), ("ZOO_SERVERS", "server.1=a:2888:3888;2181  server.2=b:2888:3888;2182\nserver.3=c:2888:3888:observer;2183"),
            ("ZOO_TICK_TIME", "1000"), ("ZOO_INIT_LIMIT", "11"), ("ZOO_SYNC_LIMIT", "4"), ("ZOO_MAX_CLIENT_CNXNS", "7"),
            ("ZOO_STANDALONE_ENABLED", "false"), ("ZOO_ADMINSERVER_ENABLED", "false"), ("ZOO_AUTOPURGE_PURGEINTERVAL", "24"),
            ("ZOO_AUTOPURGE_SNAPRETAINCOUNT", "9"), ("ZOO_4LW_COMMANDS_WHITELIST", "srvr, mntr"), ("ZOO_CFG_EXTRA", "snapCount=500 globalOutstandingLimit=77"));
        settings.Write();

        ServerConfig config = ServerConfig.Load(settings.ConfigFile);

        Assert.Equal(2, config.ServerId);
        Assert.Equal(2182, config.ClientPort);
        Assert.Equal([1L, 2, 3], config.Servers.Keys.Order());
        Assert.Equal((1000, 11, 4, 7), (config.TickTime, config.InitLimit, config.SyncLimit, config.MaxClientCnxns));
        Assert.Equal((false, false, 24, 9), (config.StandaloneEnabled, config.AdminServerEnabled, config.AutopurgePurgeInterval, config.AutopurgeSnapRetainCount));
        Assert.Equal(("srvr, mntr", 500, 77), (config.FourLetterWordWhitelist, config.SnapCount, config.GlobalOutstandingLimit));
        Assert.Equal((In("data"), In("log")), (config.DataDir, config.DataLogDir));
    }

    [Fact]
    public void Files_that_are_there_count()
    {
        ContainerSettings first = Settings(("ZOO_MY_ID", "1"), ("ZOO_TICK_TIME", "1000"));
        first.Write();
        File.AppendAllText(first.ConfigFile, "snapCount=77\n");

        Settings(("ZOO_MY_ID", "5"), ("ZOO_TICK_TIME", "3000")).Write();

        Assert.Contains("tickTime=1000\n", File.ReadAllText(first.ConfigFile), StringComparison.Ordinal);
        Assert.EndsWith("snapCount=77\n", File.ReadAllText(first.ConfigFile), StringComparison.Ordinal);
        Assert.Equal("1\n", File.ReadAllText(In("data", "myid")));
    }

    [Theory]
    [InlineData("zk-0", null, "1")]
    [InlineData("zk-2", null, "3")]
    [InlineData("zk-2", "7", "7")]
    [InlineData("other", null, "1")]
    public void A_pod_of_a_stateful_set_is_the_server_whose_host_has_its_name(string host, string? id, string expected)
    {
        Settings(("HOSTNAME", host), ("ZOO_MY_ID", id ?? ""), ("ZOO_SERVERS", "server.1=zk-0.zk:2888:3888;2181 server.2=zk-1.zk:2888:3888;2181 server.3=zk-2.zk:2888:3888;2181")).Write();

        Assert.Equal($"{expected}\n", File.ReadAllText(In("data", "myid")));
    }

    [Fact]
    public void What_is_about_Java_is_said_to_have_no_effect()
    {
        Assert.Contains("JVMFLAGS has no effect", Assert.Single(Settings(("JVMFLAGS", "-Xmx1g")).Warnings()), StringComparison.Ordinal);
        Assert.Empty(Settings(("JVMFLAGS", "")).Warnings());
    }

    private string In(params string[] names) => Path.Combine([_directory.FullName, .. names]);

    private ContainerSettings Settings(params (string Name, string Value)[] variables)
    {
        var values = variables.Append(("ZOO_CONF_DIR", In("conf"))).Append(("ZOO_DATA_DIR", In("data"))).Append(("ZOO_DATA_LOG_DIR", In("log")))
            .ToDictionary(v => v.Item1, v => v.Item2);
        return new ContainerSettings(values.GetValueOrDefault);
    }
}
