using System.Globalization;
using System.Text;

namespace CoordPS.Server.Admin;

/// <summary>The numbers of a server in the three forms in which they are asked for: <c>mntr</c>, <c>monitor</c> and Prometheus text.</summary>
internal static class MetricsReport
{
    /// <summary>Values that are read when asked for, by Apache's names.</summary>
    public static IEnumerable<(string Name, string Help, double Value)> Gauges(IServerInspection server)
    {
        var metrics = server.Metrics;
        var latency = metrics.RequestLatency;
        var (last, min, max) = metrics.ClientResponseSize;
        yield return ("ephemerals_count", "Ephemeral znodes.", server.EphemeralCount);
        yield return ("num_alive_connections", "Open client connections.", server.ConnectionCount);
        yield return ("avg_latency", "Average milliseconds from a request's arrival to its response.", latency.Average);
        yield return ("outstanding_requests", "Requests received and not yet answered.", server.OutstandingRequests);
        yield return ("znode_count", "Znodes.", server.NodeCount);
        yield return ("global_sessions", "Sessions.", server.GlobalSessionCount);
        yield return ("last_client_response_size", "Bytes of the last response.", last);
        yield return ("packets_sent", "Packets sent to clients.", metrics.PacketsSent.Value);
        yield return ("packets_received", "Packets received from clients.", metrics.PacketsReceived.Value);
        yield return ("max_client_response_size", "Bytes of the largest response.", max);
        yield return ("watch_count", "Watches.", server.WatchCount);
        yield return ("auth_failed_count", "Failed authentications.", metrics.AuthFailedCount.Value);
        yield return ("min_latency", "Least milliseconds from a request's arrival to its response.", latency.Min);
        yield return ("max_file_descriptor_count", "File descriptors that the process may open.", ProcessInfo.MaxFileDescriptors);
        yield return ("approximate_data_size", "Bytes of paths and data in the tree.", server.ApproximateDataSize);
        yield return ("open_file_descriptor_count", "File descriptors that the process has open.", ProcessInfo.OpenFileDescriptors());
        yield return ("local_sessions", "Sessions known to this member only.", server.LocalSessionCount);
        yield return ("uptime", "Milliseconds since the server started to serve.", Math.Floor(server.Uptime.TotalMilliseconds));
        yield return ("max_latency", "Most milliseconds from a request's arrival to its response.", latency.Max);
        yield return ("min_client_response_size", "Bytes of the smallest response.", min);
        if (server.Ensemble?.Leader is { } leader)
        {
            yield return ("learners", "Connected followers and observers.", leader.Learners);
            yield return ("synced_followers", "Voting followers in sync.", leader.SyncedFollowers);
            yield return ("synced_non_voting_followers", "Followers without a vote in sync.", leader.SyncedNonVotingFollowers);
            yield return ("synced_observers", "Observers in sync.", leader.SyncedObservers);
            yield return ("pending_syncs", "Syncs waiting for a commit.", leader.PendingSyncs);
            yield return ("leader_uptime", "Milliseconds since the member became leader.", Math.Floor(leader.Uptime.TotalMilliseconds));
            yield return ("last_proposal_size", "Bytes of the last proposal.", leader.LastProposalSize);
            yield return ("max_proposal_size", "Bytes of the largest proposal.", leader.MaxProposalSize);
            yield return ("min_proposal_size", "Bytes of the smallest proposal.", leader.MinProposalSize);
        }
    }

    /// <summary>Every value by name, in the order and with the prefixes of <c>mntr</c>, without its <c>zk_</c>.</summary>
    public static IEnumerable<(string Name, object Value)> Values(IServerInspection server)
    {
        yield return ("version", ServerVersion.Text);
        yield return ("server_state", FourLetterWords.StateName(server.Mode));
        foreach (var (name, _, value) in Gauges(server))
        {
            // What Apache keeps as a floating-point number is shown as one even when it is whole.
            yield return (name, name == "avg_latency" ? (object)value : (long)value);
        }

        foreach (var (name, _, source) in server.Metrics.All())
        {
            switch (source)
            {
                case Counter counter:
                    yield return (name, counter.Value);
                    break;
                case Summary summary:
                    yield return ($"avg_{name}", summary.Average);
                    yield return ($"min_{name}", summary.Min);
                    yield return ($"max_{name}", summary.Max);
                    yield return ($"cnt_{name}", summary.Count);
                    yield return ($"sum_{name}", summary.Sum);
                    if (summary.Histogram is { } histogram)
                    {
                        yield return ($"p50_{name}", histogram.Quantile(0.5));
                        yield return ($"p95_{name}", histogram.Quantile(0.95));
                        yield return ($"p99_{name}", histogram.Quantile(0.99));
                        yield return ($"p999_{name}", histogram.Quantile(0.999));
                    }

                    break;
            }
        }
    }

    /// <summary>A number as Java prints it: at most four decimals, at least one for a floating-point number.</summary>
    public static string Format(object value) => value is double number
        ? number.ToString("0.0###", CultureInfo.InvariantCulture)
        : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    /// <summary>The Prometheus text format, version 0.0.4, with the names that Apache's PrometheusMetricsProvider exposes.</summary>
    public static string Prometheus(IServerInspection server)
    {
        var text = new StringBuilder(8192);
        foreach (var (name, help, value) in Gauges(server))
        {
            Family(text, name, help, "gauge").Append(name).Append(' ').Append(Number(value)).Append('\n');
        }

        foreach (var (name, help, source) in server.Metrics.All())
        {
            switch (source)
            {
                case Counter counter:
                    Family(text, name, help, "counter").Append(name).Append(' ').Append(Number(counter.Value)).Append('\n');
                    break;
                case Summary summary:
                    Family(text, name, help, "summary");
                    if (summary.Histogram is { } histogram)
                    {
                        foreach (var quantile in (ReadOnlySpan<double>)[0.5, 0.9, 0.99])
                        {
                            var value = summary.Count == 0 ? double.NaN : histogram.Quantile(quantile);
                            text.Append(CultureInfo.InvariantCulture, $"{name}{{quantile=\"{quantile}\"}} {Number(value)}\n");
                        }
                    }

                    text.Append(CultureInfo.InvariantCulture, $"{name}_count {Number(summary.Count)}\n{name}_sum {Number(summary.Sum)}\n");
                    break;
            }
        }

        if (server.Config.MetricsExportProcessInfo)
        {
            foreach (var (name, help, type, value) in ProcessInfo.Metrics())
            {
                Family(text, name, help, type).Append(name).Append(' ').Append(Number(value)).Append('\n');
            }
        }

        return text.ToString();
    }

    private static StringBuilder Family(StringBuilder text, string name, string help, string type) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
