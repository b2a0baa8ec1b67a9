using System.Globalization;
using CoordPS.Client;
using CoordPS.Server.Tests.Quorum;
using CoordPS.Testing;

namespace CoordPS.Server.Tests.Backup;

/// <summary>An ensemble of three, all of one make, whose members can be started from given data directories.</summary>
internal sealed class TestMembers : IAsyncDisposable
{
    private readonly List<ITestServer> _servers = [];
    private readonly TempDirectory _directory = new();

    private TestMembers()
    {
    }

    public string ServerLines { get; } = string.Join('\n', Enumerable.Range(1, 3).Select(static id => $"server.{id}=127.0.0.1:{FreePort.Next()}:{FreePort.Next()}"));

    public string ConnectionString => string.Join(',', _servers.Select(static s => s.ConnectionString));

    public IReadOnlyList<string> DataDirectories => [.. _servers.Select(static s => s.DataDirectory)];

    /// <param name="apache">Whether the members are Apache's.</param>
    /// <param name="dataDirectories">Their data; null for none.</param>
    /// <param name="configLines">More settings.</param>
    public static async Task<TestMembers> StartNewAsync(bool apache, IReadOnlyList<string>? dataDirectories = null, params string[] configLines)
    {
        var members = new TestMembers();
        try
        {
            for (int id = 1; id <= 3; id++)
            {
                string data = dataDirectories?[id - 1] ?? members._directory.Combine(id.ToString(CultureInfo.InvariantCulture));
                Directory.CreateDirectory(data);
                await File.WriteAllTextAsync(Path.Combine(data, "myid"), id.ToString(CultureInfo.InvariantCulture));
                var options = new TestServerOptions
                {
                    TickTime = TestEnsemble.TickTime,
                    MemberId = id,
                    DataDirectory = data,
                    ConfigLines = [.. TestEnsemble.Timing[1..], .. members.ServerLines.Split('\n'), .. configLines],
                };
                members._servers.Add(apache ? await ApacheZooKeeper.StartNewAsync(options) : await InProcessZooKeeper.StartNewAsync(options));
            }

            await using ZooKeeperClient client = await members.ConnectAsync();
            return members;
        }
        catch
        {
            await members.DisposeAsync();
            throw;
        }
    }

    public Task<ZooKeeperClient> ConnectAsync() => TestEnsemble.ConnectAsync(ConnectionString);

    public async Task StopAsync()
    {
        foreach (ITestServer server in _servers)
            await server.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ITestServer server in _servers)
            await server.DisposeAsync();
        _directory.Dispose();
    }
}
