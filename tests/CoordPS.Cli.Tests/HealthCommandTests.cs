using System.Globalization;
using CoordPS.Testing;

namespace CoordPS.Cli.Tests;

public sealed class HealthCommandTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("coordps-health-");

    public void Dispose() => _directory.Delete(recursive: true);

    [UnixFact]
    public async Task A_server_that_serves_is_healthy_and_one_that_is_gone_is_not()
    {
        string config = Config($"dataDir={_directory.FullName}\nclientPort=0\nclientPortAddress=127.0.0.1\n");
        using var server = await Coordps.StartAsync("Serving clients on", "server", config);
        int port = CommandTests.PortOf(server.Output);

        var (serving, output, _) = await Health(port);
        await server.TerminateAsync();
        var (gone, _, errors) = await Health(port);

        Assert.Equal((0, 1), (serving, gone));
        Assert.Contains("serves as standalone", output, StringComparison.Ordinal);
        Assert.Contains("nothing listens there", errors, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task A_member_without_a_quorum_is_alive_and_not_healthy()
    {
        int[] ports = [.. Enumerable.Range(0, 4).Select(_ => FreePort.Next())];
        File.WriteAllText(Path.Combine(_directory.FullName, "myid"), "1");
        string config = Config(string.Create(
            CultureInfo.InvariantCulture,
            $"dataDir={_directory.FullName}\ntickTime=500\ninitLimit=10\nsyncLimit=5\nserver.1=127.0.0.1:{ports[0]}:{ports[1]};127.0.0.1:{ports[2]}\nserver.2=127.0.0.1:{ports[3]}:{ports[3] + 1};127.0.0.1:{ports[3] + 2}\n"));
        using var server = await Coordps.StartAsync("two participants", "server", config);

        await Eventually.TrueAsync(async () => (await Health(ports[2], "--alive")).ExitCode == 0, "alive");
        var (served, _, errors) = await Health(ports[2]);
        await server.TerminateAsync();

        Assert.Equal(1, served);
        Assert.Contains("serves no clients", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_address_is_exit_code_2() => Assert.Equal(2, (await Coordps.RunAsync("health", "nowhere:port")).ExitCode);

    private static Task<(int ExitCode, string Output, string Errors)> Health(int port, params string[] options) =>
        Coordps.RunAsync(["health", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), .. options]);

    private string Config(string text)
    {
        string file = Path.Combine(_directory.FullName, "zoo.cfg");
        File.WriteAllText(file, text);
        return file;
    }
}
