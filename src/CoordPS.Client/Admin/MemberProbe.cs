using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CoordPS.Client.Admin;

/// <summary>
/// Reads a member by four-letter words: <c>srvr</c>, which every member answers, and <c>mntr</c> and <c>conf</c>, which it must allow;
/// by its AdminServer what no word may tell, if its port is given.
/// </summary>
public static partial class MemberProbe
{
    private const string MonitorProperties =
        "Sessions Watches WatchCount EphemeralCount DataSize Learners SyncedFollowers SyncedObservers PendingSyncs AverageFsync MaxFsync SlowFsyncs OpenFiles MaxFiles Uptime PeerState Metrics";

    private const string ServerProperties =
        "Version Role LastZxid Epoch Connections Outstanding MinLatency AverageLatency MaxLatency Received Sent ZNodeCount";

    private const string ConfigurationProperties = "Id Membership Settings";

    /// <summary>Reads a member. That it does not answer is in the result.</summary>
    public static async Task<MemberStatus> ReadAsync(ServerName server, AdminOptions? options = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(server);
        options ??= new AdminOptions();
        var words = new FourLetterWordClient(server, options);
        var why = new Dictionary<string, string>(StringComparer.Ordinal);
        long start = Stopwatch.GetTimestamp();
        MemberStatus status;
        try
        {
            string answer = await words.SendAsync("srvr", ct).ConfigureAwait(false);
            status = ReadServer(new MemberStatus { Server = server, State = MemberState.Serving }, answer)
                with { ResponseTime = Stopwatch.GetElapsedTime(start).TotalMilliseconds };
        }
        catch (AdminException e)
        {
            foreach (string name in Names(ServerProperties, MonitorProperties, ConfigurationProperties))
                why[name] = e.Reason;
            bool runs = e.Failure is AdminFailure.NotServing
                || (e.Failure is AdminFailure.Closed && await AnswersAsync(words, ct).ConfigureAwait(false));
            status = new MemberStatus { Server = server, State = runs ? MemberState.NotServing : MemberState.Unreachable, Reason = e.Reason };
            return await WithAdminServerAsync(status, options, runs, why, ct).ConfigureAwait(false) with { WhyUnknown = why };
        }

        Task<string?> monitor = TryAsync(words, "mntr", MonitorProperties, why, ct), configuration = TryAsync(words, "conf", ConfigurationProperties, why, ct);
        if (await monitor.ConfigureAwait(false) is { } metrics)
        {
            status = ReadMonitor(
                status, AdminText.Pairs(metrics, '\t').ToDictionary(pair => pair.Key.StartsWith("zk_", StringComparison.Ordinal) ? pair.Key[3..] : pair.Key, pair => pair.Value));
        }

        if (await configuration.ConfigureAwait(false) is { } settings)
            status = ReadConfiguration(status, AdminText.Pairs(settings, '='), EnsembleMembership.Parse(settings));
        if (status.Metrics.Count == 0 || status.Settings.Count == 0)
            status = await WithAdminServerAsync(status, options, true, why, ct).ConfigureAwait(false);
        if (status.Metrics.Count > 0)
            ExplainMissingMetrics(status, why);
        return status with { WhyUnknown = why };
    }

    /// <summary>Fills in what <c>srvr</c> or <c>stat</c> answered.</summary>
    internal static MemberStatus ReadServer(MemberStatus status, string answer)
    {
        IReadOnlyDictionary<string, string> pairs = AdminText.Pairs(answer, ':');
        string? Text(string name) => pairs.GetValueOrDefault(name);
        string[] latency = Text("Latency min/avg/max")?.Split('/') ?? [];
        string? mode = Text("Mode");
        bool readOnly = mode == "read-only" || answer.Contains("\nREAD-ONLY mode", StringComparison.Ordinal);
        return status with
        {
            State = readOnly ? MemberState.ReadOnly : status.State,
            Reason = readOnly ? "it has lost its quorum and serves reads only" : status.Reason,
            Version = ShortVersion(Text("Zookeeper version")),
            Role = ParseRole(mode),
            LastZxid = AdminText.Hex(Text("Zxid")),
            Connections = AdminText.Whole(Text("Connections")),
            Outstanding = AdminText.Whole(Text("Outstanding")),
            MinLatency = AdminText.Number(latency.ElementAtOrDefault(0)),
            AverageLatency = AdminText.Number(latency.ElementAtOrDefault(1)),
            MaxLatency = AdminText.Number(latency.ElementAtOrDefault(2)),
            Received = AdminText.Whole(Text("Received")),
            Sent = AdminText.Whole(Text("Sent")),
            ZNodeCount = AdminText.Whole(Text("Node count")),
        };
    }

    /// <summary>Fills in what <c>mntr</c> answered. Names and meanings are those of 3.4 to 3.9: 3.6 renamed some and added many.</summary>
    internal static MemberStatus ReadMonitor(MemberStatus status, IReadOnlyDictionary<string, string> metrics)
    {
        double? Number(string name) => AdminText.Number(metrics.GetValueOrDefault(name));
        long? Whole(string name) => AdminText.Whole(metrics.GetValueOrDefault(name));
        return status with
        {
            Version = status.Version ?? ShortVersion(metrics.GetValueOrDefault("version")),
            Role = status.Role == MemberRole.Unknown ? ParseRole(metrics.GetValueOrDefault("server_state")) : status.Role,
            Connections = status.Connections ?? Whole("num_alive_connections"),
            Outstanding = status.Outstanding ?? Whole("outstanding_requests"),
            MinLatency = status.MinLatency ?? Number("min_latency"),
            AverageLatency = status.AverageLatency ?? Number("avg_latency"),
            MaxLatency = status.MaxLatency ?? Number("max_latency"),
            Received = status.Received ?? Whole("packets_received"),
            Sent = status.Sent ?? Whole("packets_sent"),
            ZNodeCount = status.ZNodeCount ?? Whole("znode_count"),
            Sessions = Whole("global_sessions"),
            WatchCount = Whole("watch_count"),
            EphemeralCount = Whole("ephemerals_count"),
            DataSize = Whole("approximate_data_size"),
            Learners = Whole("learners") ?? Whole("followers"),
            SyncedFollowers = Whole("synced_followers"),
            SyncedObservers = Whole("synced_observers"),
            PendingSyncs = Whole("pending_syncs"),
            AverageFsync = Whole("cnt_fsynctime") is 0 ? null : Number("avg_fsynctime"),
            MaxFsync = Whole("cnt_fsynctime") is 0 ? null : Number("max_fsynctime"),
            SlowFsyncs = Whole("fsync_threshold_exceed_count"),
            OpenFiles = Whole("open_file_descriptor_count"),
            MaxFiles = Whole("max_file_descriptor_count"),
            Uptime = Whole("uptime") is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null,
            PeerState = metrics.GetValueOrDefault("peer_state"),
            Metrics = metrics,
        };
    }

    /// <summary>Fills in what <c>conf</c> answered.</summary>
    internal static MemberStatus ReadConfiguration(MemberStatus status, IReadOnlyDictionary<string, string> settings, EnsembleMembership? membership) => status with
    {
        Id = (int?)AdminText.Whole(settings.GetValueOrDefault("serverId")),
        Membership = membership,
        Settings = settings,
    };

    /// <summary>The version by itself: <c>3.8.0</c> of <c>3.8.0-5a02a05eddb59aee6ac762f7ea82e92a68eb9c0f, built on ...</c>.</summary>
    internal static string? ShortVersion(string? text) => text is not null && VersionNumber().Match(text) is { Success: true } match ? match.Value : null;

    private static MemberRole ParseRole(string? mode) => mode switch
    {
        "leader" => MemberRole.Leader,
        "follower" => MemberRole.Follower,
        "observer" => MemberRole.Observer,
        "standalone" => MemberRole.Standalone,
        _ => MemberRole.Unknown,
    };

    private static async Task<bool> AnswersAsync(FourLetterWordClient words, CancellationToken ct)
    {
        try
        {
            await words.SendAsync("ruok", ct).ConfigureAwait(false);
            return true;
        }
        catch (AdminException e)
        {
            return e.Failure == AdminFailure.NotAllowed;
        }
    }

    private static async Task<string?> TryAsync(
        FourLetterWordClient words, string word, string properties, Dictionary<string, string> why, CancellationToken ct)
    {
        try
        {
            return await words.SendAsync(word, ct).ConfigureAwait(false);
        }
        catch (AdminException e)
        {
            lock (why)
            {
                foreach (string name in Names(properties))
                    why[name] = e.Failure == AdminFailure.NotAllowed ? $"{e.Reason}: add it there and restart the member, or give the port of its AdminServer" : e.Reason;
            }

            return null;
        }
    }

    private static async Task<MemberStatus> WithAdminServerAsync(
        MemberStatus status, AdminOptions options, bool runs, Dictionary<string, string> why, CancellationToken ct)
    {
        if (options.AdminPort is not { } port || !runs)
            return status;
        var admin = new AdminServerClient(status.Server! with { Port = port }, options);
        try
        {
            if (status.Metrics.Count == 0)
            {
                status = ReadMonitor(status, Values(await admin.RunAsync("monitor", ct).ConfigureAwait(false)));
                Forget(MonitorProperties);
            }

            if (status.Settings.Count == 0)
            {
                IReadOnlyDictionary<string, string> settings = Values(await admin.RunAsync("configuration", ct).ConfigureAwait(false));
                string members = VotingView(await admin.RunAsync("voting_view", ct).ConfigureAwait(false));
                status = ReadConfiguration(
                    status, settings.ToDictionary(pair => Camel(pair.Key), pair => pair.Value, StringComparer.Ordinal), EnsembleMembership.Parse(members));
                Forget(ConfigurationProperties);
            }
        }
        catch (AdminException e)
        {
            foreach (string name in why.Keys.ToArray())
                why[name] += $"; {e.Server}: {e.Reason}";
        }

        return status;

        void Forget(string properties)
        {
            foreach (string name in Names(properties))
                why.Remove(name);
        }
    }

    private static Dictionary<string, string> Values(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.EnumerateObject()
            .Where(property => property.Name is not ("command" or "error") && property.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
            .ToDictionary(property => property.Name, property => property.Value.ToString(), StringComparer.Ordinal);
    }

    private static string VotingView(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return string.Join('\n', document.RootElement.GetProperty("current_config").EnumerateObject().Select(member =>
        {
            string quorum = member.Value.GetProperty("server_addresses")[0].GetString()!, election = member.Value.GetProperty("election_addresses")[0].GetString()!;
            string client = member.Value.GetProperty("client_address").GetString()!;
            return $"server.{member.Name}={quorum}:{election[(election.LastIndexOf(':') + 1)..]}:{member.Value.GetProperty("learner_type").GetString()}{(client.Length > 0 ? ";" + client : "")}";
        }));
    }

    private static string Camel(string name)
    {
        string[] parts = name.Split('_');
        return parts[0] + string.Concat(parts.Skip(1).Where(part => part.Length > 0).Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
    }

    private static void ExplainMissingMetrics(MemberStatus status, Dictionary<string, string> why)
    {
        Say(status.Role == MemberRole.Leader, "only a leader has it", "Learners", "SyncedFollowers", "SyncedObservers", "PendingSyncs");
        bool counted = status.Metrics.ContainsKey("cnt_fsynctime");
        Say(!counted || status.AverageFsync is not null, "it has made no fsync since the statistics were reset", "AverageFsync", "MaxFsync");
        foreach ((string name, bool isKnown) in new[]
        {
            ("Sessions", status.Sessions is not null), ("Uptime", status.Uptime is not null), ("AverageFsync", status.AverageFsync is not null),
            ("MaxFsync", status.MaxFsync is not null), ("PeerState", status.PeerState is not null), ("SlowFsyncs", status.SlowFsyncs is not null),
            ("OpenFiles", status.OpenFiles is not null), ("MaxFiles", status.MaxFiles is not null), ("SyncedObservers", status.SyncedObservers is not null),
            ("WatchCount", status.WatchCount is not null), ("EphemeralCount", status.EphemeralCount is not null), ("DataSize", status.DataSize is not null),
        })
        {
            if (!isKnown)
                why.TryAdd(name, $"version {status.Version ?? "?"} does not tell it");
        }

        void Say(bool holds, string reason, params ReadOnlySpan<string> names)
        {
            foreach (string name in names)
            {
                if (!holds)
                    why[name] = reason;
            }
        }
    }

    private static IEnumerable<string> Names(params string[] lists) => lists.SelectMany(list => list.Split(' '));

    [GeneratedRegex(@"\d+(\.\d+)+(-(alpha|beta|rc)([-.]?\d{1,2}(?![0-9A-Za-z]))?)?(-CoordPS-[0-9A-Za-z.]+(-(alpha|beta|rc|preview)[.0-9]*)?)?")]
    private static partial Regex VersionNumber();
}
