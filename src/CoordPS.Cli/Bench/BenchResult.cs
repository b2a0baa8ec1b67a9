using System.Text.Json;
using CoordPS.Server.Admin;

namespace CoordPS.Cli.Bench;

/// <summary>What came out for one operation.</summary>
internal sealed record BenchResult
{
    public required string Operation { get; init; }

    public required TimeSpan Elapsed { get; init; }

    public required long Operations { get; init; }

    /// <summary>Microseconds from the call to its completion.</summary>
    public required LatencyHistogram Latency { get; init; }

    public required IReadOnlyDictionary<string, long> Errors { get; init; }

    public required ProcessUsage Usage { get; init; }

    /// <summary>Further values of an operation, by name.</summary>
    public IReadOnlyList<(string Name, double Value)> More { get; init; } = [];

    public double PerSecond => Operations / Math.Max(Elapsed.TotalSeconds, 1e-9);

    public long ErrorCount => Errors.Values.Sum();

    public double ServerMicrosecondsPerOperation => Operations == 0 ? 0 : Usage.Server.TotalMicroseconds / Operations;

    public double ServerPercent => 100 * Usage.Server / Elapsed;

    public double ClientPercent => 100 * Usage.Client / Elapsed;

    public void Write(Utf8JsonWriter json, BenchOptions options)
    {
        json.WriteStartObject();
        if (options.Label.Length > 0)
        {
            json.WriteString("label", options.Label);
        }

        json.WriteString("op", Operation);
        json.WriteString("hosts", options.Address);
        json.WriteNumber("sessions", options.Sessions);
        json.WriteNumber("window", options.Window);
        json.WriteNumber("payload", options.Payload);
        json.WriteNumber("seconds", Math.Round(Elapsed.TotalSeconds, 3));
        json.WriteNumber("ops", Operations);
        json.WriteNumber("ops_per_s", Math.Round(PerSecond, 1));
        json.WriteNumber("p50_us", Latency.Quantile(0.5));
        json.WriteNumber("p99_us", Latency.Quantile(0.99));
        json.WriteNumber("p999_us", Latency.Quantile(0.999));
        json.WriteNumber("max_us", Latency.Quantile(1));
        foreach (var (name, value) in More)
        {
            json.WriteNumber(name, Math.Round(value, 1));
        }

        json.WriteNumber("errors", ErrorCount);
        if (Errors.Count > 0)
        {
            json.WriteStartObject("errors_by_name");
            foreach (var (name, count) in Errors)
            {
                json.WriteNumber(name, count);
            }

            json.WriteEndObject();
        }

        json.WriteNumber("client_cpu_pct", Math.Round(ClientPercent, 1));
        if (options.ServerPids.Count > 0)
        {
            json.WriteNumber("server_cpu_us_per_op", Math.Round(ServerMicrosecondsPerOperation, 2));
            json.WriteNumber("server_cpu_pct", Math.Round(ServerPercent, 1));
            json.WriteNumber("server_rss_mb", Math.Round(Usage.ServerResidentBytes / (1024.0 * 1024), 1));
        }

        json.WriteEndObject();
    }
}
