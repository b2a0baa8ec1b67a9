using CoordPS.Testing;

namespace CoordPS.Client.Tests;

/// <summary>The server that the tests of a class share, and the way to start more of its make.</summary>
public abstract class ServerFixture : IAsyncLifetime
{
    private static readonly TestServerOptions Options = new()
    {
        // Short sessions for tests that let them expire, long ones for the others on a busy machine.
        ConfigLines = ["minSessionTimeout=400", "maxSessionTimeout=60000"],
        Properties = new Dictionary<string, string> { ["znode.container.checkIntervalMs"] = "100" },
    };

    private ITestServer? _server;

    public ITestServer Server => _server ?? throw new InvalidOperationException("The server is not there: its peer is missing.");

    protected abstract bool IsAvailable { get; }

    public Task<ITestServer> StartServerAsync() => StartServerAsync(Options);

    public abstract Task<ITestServer> StartServerAsync(TestServerOptions options);

    public async Task InitializeAsync()
    {
        if (IsAvailable)
            _server = await StartServerAsync();
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}

public sealed class ApacheFixture : ServerFixture
{
    protected override bool IsAvailable => Peers.Missing(Peer.Apache) is null;

    public override async Task<ITestServer> StartServerAsync(TestServerOptions options) => await ApacheZooKeeper.StartNewAsync(options);
}
