namespace CoordPS.Server.Admin;

/// <summary>How a server takes part in its ensemble.</summary>
internal enum ServerMode
{
    Standalone,
    Leader,
    Follower,
    Observer,
    ReadOnly,
}

/// <summary>What the four-letter words and the admin endpoint show of a server. Every member may be called from any thread at any time.</summary>
internal interface IServerInspection
{
    /// <summary>The settings the server runs with.</summary>
    ServerConfig Config { get; }

    /// <summary>The port that clients reach it at: <see cref="ServerConfig.ClientPort"/>, or the free port that was found.</summary>
    int ClientPort { get; }

    /// <summary>Directory that holds the snapshot files themselves (<c>dataDir/version-2</c>), as an absolute path.</summary>
    string SnapshotDirectory { get; }

    /// <summary>Directory that holds the log files themselves (<c>dataLogDir/version-2</c>), as an absolute path.</summary>
    string LogDirectory { get; }

    /// <summary>Whether it serves clients; false while it starts, stops or looks for a leader.</summary>
    bool IsServing { get; }

    ServerMode Mode { get; }

    /// <summary>Time since the server started to serve.</summary>
    TimeSpan Uptime { get; }

    long LastProcessedZxid { get; }

    int NodeCount { get; }

    /// <summary>Watches of all kinds.</summary>
    int WatchCount { get; }

    int EphemeralCount { get; }

    /// <summary>Bytes of paths and data in the tree.</summary>
    long ApproximateDataSize { get; }

    int GlobalSessionCount { get; }

    int LocalSessionCount { get; }

    /// <summary>Requests received and not yet answered.</summary>
    int OutstandingRequests { get; }

    int ConnectionCount { get; }

    ServerMetrics Metrics { get; }

    /// <summary>The newest snapshot: its zxid and when it was written; null when there is none.</summary>
    (long Zxid, DateTimeOffset Time)? LastSnapshot { get; }

    /// <summary>What is to be known about the ensemble; null for a standalone server.</summary>
    EnsembleInfo? Ensemble { get; }

    IReadOnlyList<ConnectionInfo> Connections();

    /// <summary>Resets the counts and latencies of every connection.</summary>
    void ResetConnectionStats();

    /// <summary>When sessions expire unless they are heard of, earliest first.</summary>
    IReadOnlyList<SessionExpiry> SessionExpiries();

    /// <summary>The ephemeral znodes of each session that has any, ordered.</summary>
    IReadOnlyDictionary<long, IReadOnlyList<string>> Ephemerals();

    /// <summary>Data and existence watches, as Apache counts them for <c>wchs</c>: connections, paths, watches.</summary>
    (int Connections, int Paths, int Watches) WatchSummary();

    /// <summary>The paths that each session watches for data or existence.</summary>
    IReadOnlyDictionary<long, IReadOnlyList<string>> WatchesBySession();

    /// <summary>The sessions that watch each path for data or existence.</summary>
    IReadOnlyDictionary<string, IReadOnlyList<long>> WatchesByPath();
}
