namespace CoordPS.Testing;

/// <summary>How a server under test differs from the usual.</summary>
public sealed class TestServerOptions
{
    /// <summary>The digest identity that <see cref="SuperUser"/> is the super user by.</summary>
    public const string SuperDigest = "super:D/InIHSb7yEEbrWz8b9l71RjZJU=";

    /// <summary>The credentials of the super user of every server under test.</summary>
    public const string SuperUser = "super:test";

    /// <summary>The length of a tick in milliseconds: sessions time out after 2 to 20 of them. Default 200.</summary>
    public int TickTime { get; init; } = 200;

    /// <summary>Lines added to the configuration file.</summary>
    public IReadOnlyList<string> ConfigLines { get; init; } = [];

    /// <summary>Settings that Apache reads from system properties, by their names there.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>The member's id, for one of an ensemble whose server.N lines are in <see cref="ConfigLines"/>.</summary>
    public int? MemberId { get; init; }

    /// <summary>The client port; null for a free one.</summary>
    public int? Port { get; init; }

    /// <summary>A data directory to serve, which is left in place afterwards; null for an empty one that goes with the server.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>The executable <c>coordps</c> to run; null for the one that was built with the tests.</summary>
    public string? Executable { get; init; }

    /// <summary>How long starting may take. A member of an ensemble without a quorum is ready when it answers at all.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(120);
}

/// <summary>A server that tests run against: of whichever make, on a free loopback port, with its data in a temporary place.</summary>
public interface ITestServer : IAsyncDisposable
{
    /// <summary>The client port on 127.0.0.1.</summary>
    int Port { get; }

    /// <summary>127.0.0.1 and the port.</summary>
    string ConnectionString { get; }

    /// <summary>Where its data is.</summary>
    string DataDirectory { get; }

    /// <summary>Starts it (again), on the same port and data.</summary>
    Task StartAsync(CancellationToken ct = default);

    /// <summary>Stops it in good order.</summary>
    Task StopAsync(CancellationToken ct = default);

    /// <summary>Ends it at once, as a crash would.</summary>
    Task KillAsync(CancellationToken ct = default);
}

/// <summary>A server in a process of its own.</summary>
public interface IServerProcess : ITestServer
{
    /// <summary>The id of the process; null when it does not run.</summary>
    int? ProcessId { get; }
}
