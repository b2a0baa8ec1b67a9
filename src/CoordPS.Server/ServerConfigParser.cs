using System.Globalization;

namespace CoordPS.Server;

/// <summary>Turns the settings of a <c>zoo.cfg</c> into a <see cref="ServerConfig"/>, by the rules of Apache's QuorumPeerConfig.</summary>
internal static class ServerConfigParser
{
    private const string PropertyPrefix = "zookeeper.";
    private const int MinSnapRetainCount = 3;
    private const string PrometheusProvider = "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider";
    private const string DefaultProvider = "org.apache.zookeeper.metrics.impl.DefaultMetricsProvider";
    private const string NullProvider = "org.apache.zookeeper.metrics.impl.NullMetricsProvider";

    // Apache's settings that tune its Java classes, or name features that do not exist here; they are safe to go without. That holds for
    // authentication providers too: an access control list of a scheme that no provider knows lets nobody in.
    private static readonly string[] WithoutEffect =
    [
        "admin.httpVersion", "audit.", "authProvider.", "bitHashCacheSize", "clientTcpKeepAlive", "closeSessionTxn.enabled", "commitProcessor.",
        "connection", "datadir.autocreate", "db.autocreate", "digest.enabled", "enableEagerACLCheck", "fastleader.", "flushDelay",
        "follower.", "forward_learner_requests", "intBufferStartingSizeBytes", "jmx.", "jute.maxbuffer.extrasize", "jvm.pause.",
        "kerberos.", "large", "leader.", "leaderConnectDelayDuringRetryMs", "learner.", "maxBatchSize",
        "maxGetChildrenResponseCacheSize", "maxInProcessingDeadWatchers", "maxResponseCacheSize", "maxWriteQueuePollTime",
        "messageTracker.", "multiAddress.", "netty.", "nio.", "observer.", "quorum.cnxn.threads.size", "quorumCnxnTimeoutMs",
        "request", "serverCnxnFactory", "skipLearnerRequestToNextProcessor", "snapshot.compression.method", "snapshotSizeFactor",
        "tcpKeepAlive", "throttled_op_wait_time", "txnLogSizeLimitInKb", "watchManagerName", "watcherClean",
    ];

    /// <summary>Builds the configuration.</summary>
    /// <param name="entries">The settings of the main file.</param>
    /// <param name="file">The file, or null.</param>
    /// <param name="text">The text of the main file.</param>
    /// <exception cref="ConfigException">A value is wrong, or one is missing.</exception>
    public static ServerConfig Build(List<ConfigFileEntry> entries, string? file, string text)
    {
        var warnings = new List<ConfigWarning>();
        var settings = LastOfEach(entries, warnings);
        var members = new EnsembleSettings();
        var dynamicFile = settings.GetValueOrDefault("dynamicConfigFile")?.Text();
        var config = new ServerConfig { DataDir = "", AdminServerEnabled = true, ConfigFile = file, InitialConfig = text };
        string? metricsProvider = null;
        foreach (var entry in settings.Values.OrderBy(e => e.Line))
        {
            if (EnsembleSettings.Owns(entry.Key))
            {
                if (dynamicFile is not null)
                {
                    throw entry.Invalid("must be in the file that dynamicConfigFile names");
                }

                members.Add(entry);
            }
            else if (entry.Key == "metricsProvider.className")
            {
                metricsProvider = entry.Value;
                config = entry.Value switch
                {
                    PrometheusProvider => config with { MetricsHttpPort = config.MetricsHttpPort ?? 7000 },
                    DefaultProvider or NullProvider => config,
                    _ => throw entry.Invalid($"no such metrics provider: must be {PrometheusProvider}, {DefaultProvider} or {NullProvider}"),
                };
            }
            else
            {
                config = Apply(config, entry, warnings);
            }
        }

        if (metricsProvider != PrometheusProvider)
        {
            config = config with { MetricsHttpPort = null };
        }

        if (dynamicFile is not null)
        {
            config = config with { DynamicConfigFile = dynamicFile, ConfigVersion = VersionOf(dynamicFile) };
            members.AddDynamicFile(dynamicFile);
        }

        config = config with { Servers = members.Servers, Groups = members.Groups(), Weights = members.Weights };
        return Complete(config, settings, warnings) with { Warnings = warnings };
    }

    private static Dictionary<string, ConfigFileEntry> LastOfEach(List<ConfigFileEntry> entries, List<ConfigWarning> warnings)
    {
        var settings = new Dictionary<string, ConfigFileEntry>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (entry.Value.Any(c => c is >= '\u0080' and <= '\u00ff'))
            {
                warnings.Add(entry.Warning("was read as ISO-8859-1, as Java does; write \\uXXXX for characters beyond ASCII"));
            }

            if (settings.TryGetValue(entry.Key, out var earlier))
            {
                warnings.Add(earlier.Warning(string.Create(CultureInfo.InvariantCulture, $"is set again on line {entry.Line}, which wins")));
            }

            settings[entry.Key] = entry;
        }

        return settings;
    }

    private static ServerConfig Apply(ServerConfig config, ConfigFileEntry entry, List<ConfigWarning> warnings)
    {
        var set = ApplyMain(config, entry, warnings) ?? ApplyProperty(config, entry);
        if (set is null)
        {
            RefuseSecurity(entry);
            warnings.Add(entry.Warning(WithoutEffect.Any(p => PropertyName(entry).StartsWith(p, StringComparison.Ordinal))
                ? "has no effect on this server"
                : "unknown setting, ignored"));
        }

        return set ?? config;
    }

    private static ServerConfig? ApplyMain(ServerConfig config, ConfigFileEntry entry, List<ConfigWarning> warnings) => entry.Key switch
    {
        "dataDir" => config with { DataDir = Directory(entry, warnings) },
        "dataLogDir" => config with { DataLogDir = Directory(entry, warnings) },
        "clientPort" => config with { ClientPort = entry.Port() },
        "clientPortAddress" => config with { ClientPortAddress = entry.Text() },
        "clientPortListenBacklog" => config with { ClientPortListenBacklog = entry.Int32(-1) },
        "tickTime" => config with { TickTime = entry.Int32(1, int.MaxValue / 20) },
        "initLimit" => config with { InitLimit = entry.Int32(0) },
        "syncLimit" => config with { SyncLimit = entry.Int32(0) },
        "connectToLearnerMasterLimit" => config with { ConnectToLearnerMasterLimit = entry.Int32(0) },
        "maxClientCnxns" => config with { MaxClientCnxns = entry.Int32(0) },
        "minSessionTimeout" => config with { MinSessionTimeout = entry.Int32(-1) },
        "maxSessionTimeout" => config with { MaxSessionTimeout = entry.Int32(-1) },
        "autopurge.snapRetainCount" => config with { AutopurgeSnapRetainCount = SnapRetainCount(entry, warnings) },
        "autopurge.purgeInterval" => config with { AutopurgePurgeInterval = entry.Int32() },
        "localSessionsEnabled" => config with { LocalSessionsEnabled = entry.Boolean() },
        "localSessionsUpgradingEnabled" => config with { LocalSessionsUpgradingEnabled = entry.Boolean() },
        "syncEnabled" => config with { SyncEnabled = entry.Boolean() },
        "standaloneEnabled" => config with { StandaloneEnabled = entry.Boolean() },
        "reconfigEnabled" => config with { ReconfigEnabled = entry.Boolean() },
        "quorumListenOnAllIPs" => config with { QuorumListenOnAllIPs = entry.Boolean() },
        "electionAlg" => entry.Int32() == 3 ? config : throw entry.Invalid("must be 3, the one election algorithm there is"),
        "peerType" => config with { PeerType = QuorumServer.Role(entry.Value) ?? throw entry.Invalid("must be participant or observer") },
        "dynamicConfigFile" => config,
        "metricsProvider.httpPort" => config with { MetricsHttpPort = entry.Port() },
        "metricsProvider.httpHost" => config with { MetricsHttpHost = entry.Text() },
        "metricsProvider.exportJvmInfo" => config with { MetricsExportProcessInfo = entry.Boolean() },
        _ => null,
    };

    private static ServerConfig? ApplyProperty(ServerConfig config, ConfigFileEntry entry) => PropertyName(entry) switch
    {
        "4lw.commands.whitelist" => config with { FourLetterWordWhitelist = entry.Value },
        "admin.enableServer" => config with { AdminServerEnabled = entry.Boolean() },
        "admin.serverPort" => config with { AdminServerPort = entry.PropertyPort() },
        "admin.serverAddress" => config with { AdminServerAddress = entry.Text() },
        "admin.idleTimeout" => config with { AdminIdleTimeout = entry.PropertyInt32(1) },
        "admin.commandURL" => config with { AdminCommandUrl = CommandUrl(entry) },
        "DigestAuthenticationProvider.superDigest" => config with { SuperDigest = SuperDigest(entry) },
        "forceSync" => config with { ForceSync = entry.YesNo() },
        "skipACL" => config with { SkipAcl = entry.YesNo() },
        "leaderServes" => config with { LeaderServes = entry.YesNo() },
        "snapCount" => config with { SnapCount = entry.PropertyInt32(2) },
        "snapSizeLimitInKb" => config with { SnapSizeLimitInKb = entry.PropertyInt64() },
        "preAllocSize" => config with { PreAllocSize = entry.PropertyInt64(0, int.MaxValue) },
        "jute.maxbuffer" => config with { JuteMaxBuffer = entry.PropertyInt32(1024) },
        "globalOutstandingLimit" => config with { GlobalOutstandingLimit = entry.PropertyInt32(1) },
        "maxCnxns" => config with { MaxCnxns = entry.PropertyInt32(0) },
        "extendedTypesEnabled" => config with { ExtendedTypesEnabled = entry.Boolean() },
        "enforceQuota" => config with { EnforceQuota = entry.Boolean() },
        "readonlymode.enabled" => config with { ReadOnlyModeEnabled = entry.Boolean() },
        "fsync.warningthresholdms" => config with { FsyncWarningThreshold = entry.PropertyInt64(0, int.MaxValue) },
        "commitLogCount" => config with { CommitLogCount = entry.PropertyInt32(1) },
        "snapshot.trust.empty" => config with { SnapshotTrustEmpty = entry.Boolean() },
        "znode.container.checkIntervalMs" => config with { ContainerCheckInterval = entry.PropertyInt32(1) },
        "znode.container.maxPerMinute" => config with { ContainerMaxPerMinute = entry.PropertyInt32(1) },
        "znode.container.maxNeverUsedIntervalMs" => config with { ContainerMaxNeverUsedInterval = entry.PropertyInt64(0) },
        "cnxTimeout" => config with { CnxTimeout = entry.PropertyInt32(1) },
        "electionPortBindRetry" => config with { ElectionPortBindRetry = entry.PropertyInt32(0) },
        _ => null,
    };

    private static string PropertyName(ConfigFileEntry entry) =>
        entry.Key.StartsWith(PropertyPrefix, StringComparison.Ordinal) ? entry.Key[PropertyPrefix.Length..] : entry.Key;

    // To ignore one of these would leave a server open that its owner believes closed, so it does not start.
    private static void RefuseSecurity(ConfigFileEntry entry)
    {
        var name = PropertyName(entry);
        var refused = name switch
        {
            "sslQuorum" or "portUnification" or "client.portUnification" or "admin.portUnification" or "admin.forceHttps"
                or "enforce.auth.enabled" or "sessionRequireClientSASLAuth" or "quorum.auth.enableSasl"
                or "quorum.auth.serverRequireSasl" or "quorum.auth.learnerRequireSasl" => entry.Boolean(),
            "secureClientPort" => entry.Port() != 0,
            "DigestAuthenticationProvider.enabled" => !entry.Boolean(),
            "DigestAuthenticationProvider.digestAlg" => !entry.Value.Equals("SHA1", StringComparison.OrdinalIgnoreCase),
            _ => false,
        };
        if (refused)
        {
            throw entry.Invalid("protects a server in a way that this one cannot; remove it, and protect the server by other means");
        }
    }

    private static string Directory(ConfigFileEntry entry, List<ConfigWarning> warnings)
    {
        var path = entry.Text();
        if (!Path.IsPathFullyQualified(path))
        {
            warnings.Add(entry.Warning($"is relative to the current directory: {Path.GetFullPath(path)}"));
        }

        return path;
    }

    private static int SnapRetainCount(ConfigFileEntry entry, List<ConfigWarning> warnings)
    {
        var count = entry.Int32();
        if (count >= MinSnapRetainCount)
        {
            return count;
        }

        warnings.Add(entry.Warning(string.Create(CultureInfo.InvariantCulture, $"is less than the minimum; {MinSnapRetainCount} is used")));
        return MinSnapRetainCount;
    }

    private static string CommandUrl(ConfigFileEntry entry) =>
        entry.Value is ['/', _, ..] ? entry.Value.TrimEnd('/') : throw entry.Invalid("must be a path that starts with /");

    private static string SuperDigest(ConfigFileEntry entry) =>
        entry.Value.IndexOf(':', StringComparison.Ordinal) > 0
            ? entry.Value
            // The value is a secret of a kind, so the error does not repeat it.
            : throw new ConfigException(entry.File, entry.Line, entry.Key, null, "must be user:digest, where digest is the Base64 SHA-1 of user:password");

    private static long VersionOf(string dynamicFile) =>
        long.TryParse(Path.GetExtension(dynamicFile).TrimStart('.'), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var version)
            ? version
            : 0;

    private static ServerConfig Complete(ServerConfig config, Dictionary<string, ConfigFileEntry> settings, List<ConfigWarning> warnings)
    {
        if (config.DataDir.Length == 0)
        {
            throw new ConfigException(config.ConfigFile, 0, "dataDir", null, "is not set; name the directory for snapshots and transaction logs");
        }

        config = config with { ServerId = ReadMyId(config) };
        if (config.Servers.TryGetValue(config.ServerId, out var self))
        {
            config = WithClientAddressOf(self, config, settings);
            if (self.Type != config.PeerType && settings.TryGetValue("peerType", out var peerType))
            {
                warnings.Add(peerType.Warning($"server.{self.Id} says {self.Type.ToString().ToUpperInvariant()}, which wins"));
            }

            config = config with { PeerType = self.Type };
        }

        if (config.ClientPort == 0 && !settings.ContainsKey("clientPort"))
        {
            throw new ConfigException(config.ConfigFile, 0, "clientPort", null, "is not set; name the port for clients (0: any free one)");
        }

        config.Validate(warnings);
        return config;
    }

    private static ServerConfig WithClientAddressOf(QuorumServer self, ServerConfig config, Dictionary<string, ConfigFileEntry> settings)
    {
        if (self.ClientHost is null)
        {
            return config;
        }

        if (settings.TryGetValue("clientPort", out var port) && config.ClientPort != 0 && config.ClientPort != self.ClientPort)
        {
            throw port.Invalid($"differs from the client port of server.{self.Id}={self}; remove one of the two");
        }

        if (settings.TryGetValue("clientPortAddress", out var address) && config.ClientPortAddress is not "0.0.0.0" and not "::"
            && config.ClientPortAddress != self.ClientHost)
        {
            throw address.Invalid($"differs from the client address of server.{self.Id}={self}; remove one of the two");
        }

        return config with { ClientPort = self.ClientPort, ClientPortAddress = self.ClientHost };
    }

    private static long ReadMyId(ServerConfig config)
    {
        var file = Path.Combine(config.DataDir, "myid");
        if (!File.Exists(file))
        {
            return config.ServerId;
        }

        string? line;
        try
        {
            using var reader = new StreamReader(file);
            line = reader.ReadLine();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"{file}: cannot be read: {e.Message}", e);
        }

        return long.TryParse(line, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id)
            ? id
            : throw new ConfigException(file, 1, null, null, $"'{line}' is not a member's number; write the N of this member's server.N line");
    }
}
