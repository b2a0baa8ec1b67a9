using CoordPS.Server.Admin;

namespace CoordPS;

/// <summary>What <c>Measure-CoordEnsemble</c> measured for one operation. Latencies are milliseconds from the call to its completion, in the client.</summary>
public sealed class CoordMeasurement
{
    internal CoordMeasurement(string ensemble, CoordLoadOperation operation, TimeSpan duration, LatencyHistogram latency, IReadOnlyDictionary<string, long> errors)
    {
        Ensemble = ensemble;
        Operation = operation;
        Duration = duration;
        Count = latency.Count();
        Throughput = Count / Math.Max(duration.TotalSeconds, 1e-9);
        (P50, P90, P99, P999, Max) = (Of(0.5), Of(0.9), Of(0.99), Of(0.999), Of(1));
        Errors = errors;

        double Of(double quantile) => latency.Quantile(quantile) / 1000.0;
    }

    /// <summary>The name of the ensemble; for one that runs elsewhere, its servers.</summary>
    public string Ensemble { get; }

    /// <summary>What was done.</summary>
    public CoordLoadOperation Operation { get; }

    /// <summary>How long it was measured.</summary>
    public TimeSpan Duration { get; }

    /// <summary>Operations that succeeded.</summary>
    public long Count { get; }

    /// <summary>Operations that succeeded, a second.</summary>
    public double Throughput { get; }

    /// <summary>Half of the operations took no longer.</summary>
    public double P50 { get; }

    /// <summary>Nine of ten operations took no longer.</summary>
    public double P90 { get; }

    /// <summary>99 of 100 operations took no longer.</summary>
    public double P99 { get; }

    /// <summary>999 of 1000 operations took no longer.</summary>
    public double P999 { get; }

    /// <summary>The longest took this.</summary>
    public double Max { get; }

    /// <summary>Operations that failed, by ZooKeeper error.</summary>
    public IReadOnlyDictionary<string, long> Errors { get; }

    /// <summary>Operations that failed.</summary>
    public long ErrorCount => Errors.Values.Sum();

    /// <summary>Sessions that made the load.</summary>
    public required int Sessions { get; init; }

    /// <summary>Requests that each session kept in flight.</summary>
    public required int Outstanding { get; init; }

    /// <summary>Bytes of data of each znode.</summary>
    public required int DataSize { get; init; }

    /// <summary>What each member had to do meanwhile, other clients' requests included.</summary>
    public required IReadOnlyList<CoordMemberRate> Members { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Operation}: {Throughput:0}/s";
}
