using System.Globalization;
using System.Text.Json;

namespace CoordPS.Server.Admin;

/// <summary>The commands of the admin endpoint, with the names and fields of Apache's AdminServer in 3.8.</summary>
internal sealed class AdminCommands
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };
    private readonly IServerInspection _server;
    private readonly Dictionary<string, Command> _byName = new(StringComparer.Ordinal);

    public AdminCommands(IServerInspection server)
    {
        _server = server;
        Add(ResetConnectionStats, true, "connection_stat_reset", "crst");
        Add(Configuration, true, "configuration", "conf", "config");
        Add(Connections, true, "connections", "cons");
        Add(Dirs, true, "dirs");
        Add(Dump, true, "dump");
        Add(Environment, false, "environment", "env", "envi");
        Add(InitialConfiguration, true, "initial_configuration", "icfg");
        Add(IsReadOnly, true, "is_read_only", "isro");
        Add(LastSnapshot, true, "last_snapshot", "lsnp");
        Add(Leader, true, "leader", "lead");
        Add(Monitor, false, "monitor", "mntr");
        Add(Observers, true, "observers", "obsr");
        Add(_ => null, true, "ruok");
        Add(ServerStats, true, "server_stats", "srvr");
        Add(Stats, true, "stats", "stat");
        Add(ResetStats, true, "stat_reset", "srst");
        Add(SystemProperties, false, "system_properties", "sysp");
        Add(VotingView, true, "voting_view");
        Add(Watches, true, "watches", "wchc");
        Add(WatchesByPath, true, "watches_by_path", "wchp");
        Add(WatchSummary, true, "watch_summary", "wchs");
        Add(ZabState, false, "zabstate");
    }

    /// <summary>Writes the fields of a command's answer and returns its error, or null.</summary>
    private delegate string? Body(Utf8JsonWriter json);

    /// <summary>The commands' main names, in order.</summary>
    public IEnumerable<string> Names => _byName.Values.Select(c => c.Name).Distinct().Order(StringComparer.Ordinal);

    /// <summary>Runs a command. What is wrong is in the answer's <c>error</c>, which else is null.</summary>
    /// <param name="name">A name or short name.</param>
    /// <returns>JSON in UTF-8.</returns>
    public byte[] Run(string name)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Indented))
        {
            json.WriteStartObject();
            var error = $"Unknown command: {name}";
            if (_byName.TryGetValue(name, out var command))
            {
                error = command.NeedsServing && !_server.IsServing
                    ? "This ZooKeeper instance is not currently serving requests"
                    : command.Body(json);
            }

            json.WriteString("command", command?.Name ?? name);
            json.WriteString("error", error);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private void Add(Body body, bool needsServing, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            _byName[name] = new Command(names[0], needsServing, body);
        }
    }

    private string? ResetConnectionStats(Utf8JsonWriter json)
    {
        _server.ResetConnectionStats();
        return null;
    }

    private string? ResetStats(Utf8JsonWriter json)
    {
        _server.Metrics.Reset();
        return null;
    }

    private string? Configuration(Utf8JsonWriter json)
    {
        var config = _server.Config;
        json.WriteNumber("client_port", _server.ClientPort);
        json.WriteString("data_dir", _server.SnapshotDirectory);
        json.WriteString("data_log_dir", _server.LogDirectory);
        json.WriteNumber("tick_time", config.TickTime);
        json.WriteNumber("max_client_cnxns", config.MaxClientCnxns);
        json.WriteNumber("min_session_timeout", config.MinSessionTimeout);
        json.WriteNumber("max_session_timeout", config.MaxSessionTimeout);
        json.WriteNumber("server_id", Math.Max(0, config.ServerId));
        json.WriteNumber("client_port_listen_backlog", config.ClientPortListenBacklog);
        if (_server.Ensemble is { } ensemble)
        {
            json.WriteNumber("init_limit", config.InitLimit);
            json.WriteNumber("sync_limit", config.SyncLimit);
            json.WriteNumber("election_alg", 3);
            json.WriteString("quorum_address", ensemble.QuorumAddress);
            json.WriteString("election_address", ensemble.ElectionAddress);
        }

        return null;
    }

    private string? Connections(Utf8JsonWriter json)
    {
        WriteConnections(json, brief: false);
        return null;
    }

    private string? Dirs(Utf8JsonWriter json)
    {
        json.WriteNumber("datadir_size", DirectorySize.Of(_server.SnapshotDirectory));
        json.WriteNumber("logdir_size", DirectorySize.Of(_server.LogDirectory));
        return null;
    }

    private string? Dump(Utf8JsonWriter json)
    {
        json.WriteStartObject("expiry_time_to_session_ids");
        foreach (var expiry in _server.SessionExpiries())
        {
            WriteNumbers(json, expiry.MonotonicMilliseconds.ToString(CultureInfo.InvariantCulture), expiry.Sessions);
        }

        json.WriteEndObject();
        WriteSessionPaths(json, "session_id_to_ephemeral_paths", _server.Ephemerals());
        return null;
    }

    private string? Environment(Utf8JsonWriter json)
    {
        foreach (var (name, value) in EnvironmentReport.Values())
        {
            json.WriteString(name, value);
        }

        return null;
    }

    private string? InitialConfiguration(Utf8JsonWriter json)
    {
        json.WriteString("initial_configuration", _server.Config.InitialConfig);
        return null;
    }

    private string? IsReadOnly(Utf8JsonWriter json)
    {
        json.WriteBoolean("read_only", _server.Mode == ServerMode.ReadOnly);
        return null;
    }

    private string? LastSnapshot(Utf8JsonWriter json)
    {
        var snapshot = _server.LastSnapshot;
        json.WriteString("zxid", (snapshot?.Zxid ?? -1).ToString("x", CultureInfo.InvariantCulture));
        json.WriteNumber("timestamp", snapshot?.Time.ToUnixTimeSeconds() ?? -1);
        return null;
    }

    private string? Leader(Utf8JsonWriter json)
    {
        if (_server.Ensemble is not { } ensemble)
        {
            return "server is not initialized";
        }

        json.WriteBoolean("is_leader", ensemble.IsLeader);
        json.WriteNumber("leader_id", ensemble.LeaderId);
        json.WriteString("leader_ip", ensemble.LeaderAddress);
        return null;
    }

    private string? Monitor(Utf8JsonWriter json)
    {
        foreach (var (name, value) in MetricsReport.Values(_server))
        {
            switch (value)
            {
                case long number:
                    json.WriteNumber(name, number);
                    break;
                case double:
                    json.WritePropertyName(name);
                    json.WriteRawValue(MetricsReport.Format(value));
                    break;
                default:
                    json.WriteString(name, value.ToString());
                    break;
            }
        }

        return null;
    }

    private string? Observers(Utf8JsonWriter json)
    {
        var synced = _server.Ensemble?.Leader?.SyncedObservers ?? 0;
        json.WriteNumber("synced_observers", synced);
        if (synced == 0)
        {
            json.WriteStartArray("observers");
            json.WriteEndArray();
        }

        return null;
    }

    private string? ServerStats(Utf8JsonWriter json)
    {
        var metrics = _server.Metrics;
        json.WriteString("version", ServerVersion.Text);
        json.WriteBoolean("read_only", _server.Mode == ServerMode.ReadOnly);
        json.WriteStartObject("server_stats");
        json.WriteNumber("packets_sent", metrics.PacketsSent.Value);
        json.WriteNumber("packets_received", metrics.PacketsReceived.Value);
        json.WriteNumber("fsync_threshold_exceed_count", metrics.FsyncThresholdExceedCount.Value);
        WriteResponseSizes(json, "client_response_stats", metrics.ClientResponseSize);
        json.WriteNumber("data_dir_size", DirectorySize.Of(_server.SnapshotDirectory));
        json.WriteNumber("log_dir_size", DirectorySize.Of(_server.LogDirectory));
        json.WriteString("server_state", FourLetterWords.StateName(_server.Mode));
        json.WriteNumber("last_processed_zxid", _server.LastProcessedZxid);
        json.WriteNumber("outstanding_requests", _server.OutstandingRequests);
        json.WritePropertyName("avg_latency");
        json.WriteRawValue(MetricsReport.Format(metrics.RequestLatency.Average));
        json.WriteNumber("max_latency", metrics.RequestLatency.Max);
        json.WriteNumber("min_latency", metrics.RequestLatency.Min);
        json.WriteNumber("num_alive_client_connections", _server.ConnectionCount);
        json.WriteNumber("auth_failed_count", metrics.AuthFailedCount.Value);
        json.WriteNumber("uptime", (long)_server.Uptime.TotalMilliseconds);
        json.WriteEndObject();
        WriteResponseSizes(json, "client_response", metrics.ClientResponseSize);
        if (_server.Ensemble?.Leader is { } leader)
        {
            WriteSizes(json, "proposal_stats", leader.LastProposalSize, leader.MinProposalSize, leader.MaxProposalSize);
        }

        json.WriteNumber("node_count", _server.NodeCount);
        return null;
    }

    private string? Stats(Utf8JsonWriter json)
    {
        ServerStats(json);
        WriteConnections(json, brief: true);
        return null;
    }

    private string? SystemProperties(Utf8JsonWriter json)
    {
        // What Apache would have as system properties; the super digest is a secret and stays out.
        var config = _server.Config;
        json.WriteString("dotnet.version", System.Environment.Version.ToString());
        json.WriteString("jute.maxbuffer", config.JuteMaxBuffer.ToString(CultureInfo.InvariantCulture));
        json.WriteString("readonlymode.enabled", Text(config.ReadOnlyModeEnabled));
        json.WriteString("zookeeper.4lw.commands.whitelist", config.FourLetterWordWhitelist);
        json.WriteString("zookeeper.admin.commandURL", config.AdminCommandUrl);
        json.WriteString("zookeeper.admin.serverAddress", config.AdminServerAddress);
        json.WriteString("zookeeper.admin.serverPort", config.AdminServerPort.ToString(CultureInfo.InvariantCulture));
        json.WriteString("zookeeper.commitLogCount", config.CommitLogCount.ToString(CultureInfo.InvariantCulture));
        json.WriteString("zookeeper.enforceQuota", Text(config.EnforceQuota));
        json.WriteString("zookeeper.extendedTypesEnabled", Text(config.ExtendedTypesEnabled));
        json.WriteString("zookeeper.forceSync", config.ForceSync ? "yes" : "no");
        json.WriteString("zookeeper.globalOutstandingLimit", config.GlobalOutstandingLimit.ToString(CultureInfo.InvariantCulture));
        json.WriteString("zookeeper.preAllocSize", config.PreAllocSize.ToString(CultureInfo.InvariantCulture));
        json.WriteString("zookeeper.skipACL", config.SkipAcl ? "yes" : "no");
        json.WriteString("zookeeper.snapCount", config.SnapCount.ToString(CultureInfo.InvariantCulture));
        json.WriteString("zookeeper.snapSizeLimitInKb", config.SnapSizeLimitInKb.ToString(CultureInfo.InvariantCulture));
        return null;

        static string Text(bool value) => value ? "true" : "false";
    }

    private string? VotingView(Utf8JsonWriter json)
    {
        json.WriteStartObject("current_config");
        foreach (var member in _server.Ensemble?.VotingView.Values.OrderBy(s => s.Id) ?? Enumerable.Empty<QuorumServer>())
        {
            json.WriteStartObject(member.Id.ToString(CultureInfo.InvariantCulture));
            WriteTexts(json, "server_addresses", member.Addresses.Select(a => Address(a.Host, a.QuorumPort)));
            WriteTexts(json, "election_addresses", member.Addresses.Select(a => Address(a.Host, a.ElectionPort)));
            json.WriteString("client_address", member.ClientHost is null ? "" : Address(member.ClientHost, member.ClientPort));
            json.WriteString("learner_type", member.Type == LearnerType.Observer ? "observer" : "participant");
            json.WriteEndObject();
        }

        json.WriteEndObject();
        return null;
    }

    private string? Watches(Utf8JsonWriter json)
    {
        WriteSessionPaths(json, "session_id_to_watched_paths", _server.WatchesBySession());
        return null;
    }

    private string? WatchesByPath(Utf8JsonWriter json)
    {
        json.WriteStartObject("path_to_session_ids");
        foreach (var (path, sessions) in _server.WatchesByPath())
        {
            WriteNumbers(json, path, sessions);
        }

        json.WriteEndObject();
        return null;
    }

    private string? WatchSummary(Utf8JsonWriter json)
    {
        var (connections, paths, watches) = _server.WatchSummary();
        json.WriteNumber("num_connections", connections);
        json.WriteNumber("num_paths", paths);
        json.WriteNumber("num_total_watches", watches);
        return null;
    }

    private string? ZabState(Utf8JsonWriter json)
    {
        if (_server.Ensemble is not { } ensemble)
        {
            json.WriteBoolean("voting", false);
            json.WriteString("zabstate", "");
            return null;
        }

        var zxid = _server.LastProcessedZxid;
        json.WriteNumber("myid", _server.Config.ServerId);
        json.WriteBoolean("is_leader", ensemble.IsLeader);
        json.WriteString("quorum_address", ensemble.QuorumAddress);
        json.WriteString("election_address", ensemble.ElectionAddress);
        json.WriteString("client_address", ensemble.ClientAddress);
        json.WriteBoolean("voting", ensemble.IsVoting);
        json.WriteString("last_zxid", "0x" + zxid.ToString("x", CultureInfo.InvariantCulture));
        json.WriteNumber("zab_epoch", zxid >> 32);
        json.WriteNumber("zab_counter", zxid & 0xffffffff);
        json.WriteString("zabstate", ensemble.ZabState);
        return null;
    }

    private void WriteConnections(Utf8JsonWriter json, bool brief)
    {
        json.WriteStartArray("connections");
        foreach (var connection in _server.Connections())
        {
            json.WriteStartObject();
            json.WriteString("remote_socket_address", FourLetterWords.RemoteText(connection.Remote));
            json.WriteNumber("interest_ops", connection.InterestOps);
            json.WriteNumber("outstanding_requests", connection.Outstanding);
            json.WriteNumber("packets_received", connection.PacketsReceived);
            json.WriteNumber("packets_sent", connection.PacketsSent);
            if (!brief)
            {
                json.WriteNumber("session_id", connection.SessionId);
                json.WriteString("last_operation", connection.LastOperation);
                json.WriteNumber("established", connection.Established.ToUnixTimeMilliseconds());
                json.WriteNumber("session_timeout", connection.SessionTimeout);
                json.WriteNumber("last_cxid", connection.LastCxid);
                json.WriteNumber("last_zxid", connection.LastZxid);
                json.WriteNumber("last_response_time", connection.LastResponseTime);
                json.WriteNumber("last_latency", connection.LastLatency);
                json.WriteNumber("min_latency", connection.MinLatency);
                json.WriteNumber("avg_latency", connection.AverageLatency);
                json.WriteNumber("max_latency", connection.MaxLatency);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("secure_connections");
        json.WriteEndArray();
    }

    private static void WriteResponseSizes(Utf8JsonWriter json, string name, (int Last, int Min, int Max) sizes) =>
        WriteSizes(json, name, sizes.Last, sizes.Min, sizes.Max);

    private static void WriteSizes(Utf8JsonWriter json, string name, int last, int min, int max)
    {
        json.WriteStartObject(name);
        json.WriteNumber("last_buffer_size", last);
        json.WriteNumber("min_buffer_size", min);
        json.WriteNumber("max_buffer_size", max);
        json.WriteEndObject();
    }

    private static void WriteSessionPaths(Utf8JsonWriter json, string name, IReadOnlyDictionary<long, IReadOnlyList<string>> sessions)
    {
        json.WriteStartObject(name);
        foreach (var (session, paths) in sessions)
        {
            WriteTexts(json, session.ToString(CultureInfo.InvariantCulture), paths);
        }

        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<long> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private static string Address(string host, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}");

    private sealed record Command(string Name, bool NeedsServing, Body Body);
}
