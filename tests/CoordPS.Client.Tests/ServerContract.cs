using System.Text;
using CoordPS.Testing;

namespace CoordPS.Client.Tests;

/// <summary>Tests that run on whichever server, each below a znode of its own.</summary>
public abstract class ServerContract(ServerFixture fixture) : IAsyncLifetime
{
    protected static readonly TimeSpan Patience = Eventually.Patience;

    private readonly List<IAsyncDisposable> _disposables = [];

    protected ServerFixture Fixture { get; } = fixture;

    protected string Root { get; } = $"/t-{Guid.NewGuid():N}";

    /// <summary>A session that is only for looking and for making changes behind the back of the one under test.</summary>
    protected ZooKeeperClient Other { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Other = await ConnectAsync();
        await Other.CreateAsync(Root);
    }

    public async Task DisposeAsync()
    {
        foreach (IAsyncDisposable disposable in Enumerable.Reverse(_disposables).Where(d => d != Other))
            await disposable.DisposeAsync();
        await Other.DisposeAsync();
        await using ZooKeeperClient super = await ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
        {
            ConnectionString = Fixture.Server.ConnectionString,
            Credentials = [new Credential("digest", Bytes(TestServerOptions.SuperUser))],
        });
        await super.DeleteRecursiveAsync(Root);
    }

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string Text(byte[]? data) => Encoding.UTF8.GetString(data!);

    /// <summary>Waits for a state, from whichever it is now.</summary>
    protected static async Task UntilAsync(ZooKeeperClient client, SessionState state)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnChange(object? sender, SessionStateChangedEventArgs e)
        {
            if (e.Current == state)
                reached.TrySetResult();
        }

        client.StateChanged += OnChange;
        if (client.State != state)
            await reached.Task.WaitAsync(Patience);
        client.StateChanged -= OnChange;
    }

    /// <summary>Drops the client's connection and waits until it has another.</summary>
    protected static async Task CutAsync(FaultProxy proxy, ZooKeeperClient client)
    {
        var back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnChange(object? sender, SessionStateChangedEventArgs e)
        {
            if (e is { Previous: SessionState.Disconnected, Current: SessionState.Connected })
                back.TrySetResult();
        }

        client.StateChanged += OnChange;
        proxy.Cut();
        await back.Task.WaitAsync(Patience);
        client.StateChanged -= OnChange;
    }

    protected async Task<ZooKeeperClient> ConnectAsync(string? connectionString = null, Action<ZooKeeperClientOptions>? configure = null)
    {
        var options = new ZooKeeperClientOptions { ConnectionString = connectionString ?? Fixture.Server.ConnectionString };
        configure?.Invoke(options);
        return Track(await ZooKeeperClient.ConnectAsync(options));
    }

    protected FaultProxy Proxy(int? port = null) => Track(new FaultProxy(port ?? Fixture.Server.Port));

    protected T Track<T>(T disposable) where T : IAsyncDisposable
    {
        _disposables.Add(disposable);
        return disposable;
    }
}
