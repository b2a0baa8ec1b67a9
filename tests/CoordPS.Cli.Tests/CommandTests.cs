using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CoordPS.Cli.Tests;

public sealed partial class CommandTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("coordps-cli-");

    public void Dispose() => _directory.Delete(recursive: true);

    [UnixFact]
    public async Task The_server_serves_until_it_is_asked_to_stop_and_its_data_are_there_the_next_time()
    {
        var config = Config("4lw.commands.whitelist=*");
        for (var run = 0; run < 2; run++)
        {
            using var server = await Coordps.StartAsync("Serving clients on", "server", config);
            var port = PortOf(server.Output);
            var bench = await Coordps.RunAsync("bench", $"127.0.0.1:{port}", "--operations", "create", "--sessions", "1", "--count", "50", "--keep");

            Assert.Equal("imok", await Coordps.FourLetterWordAsync(port, "ruok"));
            Assert.Equal(0, bench.ExitCode);
            Assert.Contains("Mode: standalone", await Coordps.FourLetterWordAsync(port, "srvr"), StringComparison.Ordinal);
            Assert.True(NodeCount(await Coordps.FourLetterWordAsync(port, "srvr")) > 50 * (run + 1));
            Assert.Equal(0, await server.TerminateAsync());
        }
    }

    [UnixFact]
    public async Task The_log_can_be_JSON_and_warnings_of_the_configuration_are_in_it()
    {
        using var server = await Coordps.StartAsync("Serving clients on", "server", Config("tickTme=5"), "--log-format", "json");
        await server.TerminateAsync();

        var lines = server.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        Assert.All(lines, l => Assert.True(l.GetProperty("time").GetDateTime() > DateTime.UtcNow.AddHours(-1)));
        Assert.Contains(lines, l => l.GetProperty("level").GetString() == "warn" && l.GetProperty("message").GetString()!.Contains("tickTme", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.GetProperty("values").TryGetProperty("EndPoint", out _));
    }

    [Theory]
    [InlineData("tickTime=soon", "zoo.cfg, line 6: tickTime=soon: must be a whole number")]
    [InlineData("server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n", "initLimit: is not set")]
    public async Task A_wrong_configuration_is_exit_code_2_and_one_line(string line, string message)
    {
        var (exitCode, _, errors) = await Coordps.RunAsync("server", Config(line));

        Assert.Equal(2, exitCode);
        Assert.Contains(message, errors, StringComparison.Ordinal);
        Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_missing_file_and_a_wrong_command_line_are_exit_code_2()
    {
        Assert.Equal(2, (await Coordps.RunAsync("server", Path.Combine(_directory.FullName, "none.cfg"))).ExitCode);
        Assert.Equal(2, (await Coordps.RunAsync("server")).ExitCode);
        Assert.Equal(2, (await Coordps.RunAsync("serve")).ExitCode);
    }

    [Fact]
    public async Task A_data_directory_that_is_a_file_is_exit_code_3()
    {
        File.WriteAllText(Path.Combine(_directory.FullName, "data"), "");

        var (exitCode, _, errors) = await Coordps.RunAsync("server", Config(""));

        Assert.Equal(3, exitCode);
        Assert.Contains(Path.Combine(_directory.FullName, "data"), errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_measures_every_operation_and_clears_up()
    {
        using var server = await Coordps.StartAsync("Serving clients on", "server", Config("4lw.commands.whitelist=*"));
        var port = PortOf(server.Output);
        var before = NodeCount(await Coordps.FourLetterWordAsync(port, "srvr"));
        var (exitCode, output, errors) = await Coordps.RunAsync(
            "bench", $"127.0.0.1:{port}", "--json", "--operations", "create,set,get,exists,mixed,delete,watch,connect,load", "--sessions", "2",
            "--window", "4", "--count", "40", "--keys", "10", "--watchers", "3", "--rounds", "2", "--label", "x",
            "--server-pid", server.Id.ToString(CultureInfo.InvariantCulture));

        Assert.Equal((0, ""), (exitCode, errors));
        var results = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        Assert.Equal(["create", "set", "get", "exists", "mixed", "delete", "watch", "connect", "load"], results.Select(r => r.GetProperty("op").GetString()));
        Assert.All(results, r =>
        {
            Assert.Equal(r.GetProperty("op").GetString() == "watch" ? 6 : 40, r.GetProperty("ops").GetInt64());
            Assert.Equal(0, r.GetProperty("errors").GetInt64());
            Assert.True(r.GetProperty("ops_per_s").GetDouble() > 0);
            Assert.True(r.GetProperty("p50_us").GetInt64() <= r.GetProperty("p999_us").GetInt64());
            Assert.True(r.GetProperty("server_rss_mb").GetDouble() > 1);
        });
        Assert.Equal(before, NodeCount(await Coordps.FourLetterWordAsync(port, "srvr")));
    }

    [Fact]
    public async Task Bench_says_when_there_is_no_server()
    {
        var (exitCode, _, errors) = await Coordps.RunAsync("bench", "127.0.0.1:1", "--operations", "get");

        Assert.Equal(1, exitCode);
        Assert.Contains("127.0.0.1:1", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_quick_start_shows_its_steps_and_leaves_nothing()
    {
        var (exitCode, output, errors) = await Coordps.RunAsync("quickstart");

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Matches(@"update +/app/config +color=green +1", output);
        Assert.Matches(@"BadVersion", output);
        Assert.Matches(@"NodeDeleted +/app\b", output);
        Assert.Contains("its data is removed", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("server", "--help")]
    [InlineData("bench", "--help")]
    [InlineData("quickstart", "--help")]
    [InlineData("version")]
    public async Task Help_and_version_are_on_standard_output(params string[] arguments)
    {
        var (exitCode, output, errors) = await Coordps.RunAsync(arguments);

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.StartsWith("coordps", output, StringComparison.Ordinal);
    }

    internal static int PortOf(string log) =>
        int.Parse(ServingLine().Match(log).Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    private static int NodeCount(string srvr) =>
        int.Parse(srvr.Split("Node count: ")[1].Trim(), CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Serving clients on 127\.0\.0\.1:(\d+)")]
    private static partial Regex ServingLine();

    private string Config(string more)
    {
        var path = Path.Combine(_directory.FullName, "zoo.cfg");
        var data = Path.Combine(_directory.FullName, "data").Replace("\\", "\\\\", StringComparison.Ordinal);
        File.WriteAllText(path, $"dataDir={data}\nclientPort=0\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\npreAllocSize=64\n{more}\n");
        return path;
    }
}
