using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CoordPS.Server.Admin;
using Microsoft.Extensions.Logging.Abstractions;

namespace CoordPS.Server.Tests.Admin;

public sealed class AdminServerTests : IAsyncLifetime, IDisposable
{
    private readonly InspectedServer _server = new();
    private readonly HttpClient _http = new();
    private AdminServer _admin = null!;

    public Task InitializeAsync()
    {
        _server.Config = _server.Config with { AdminServerEnabled = true, AdminServerPort = 0, AdminServerAddress = "127.0.0.1", MetricsHttpPort = 0 };
        _admin = AdminServer.Start(_server, NullLogger.Instance);
        _http.BaseAddress = new Uri($"http://{_admin.EndPoint}");
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _admin.DisposeAsync();

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task The_commands_are_listed_as_links()
    {
        var page = await _http.GetStringAsync("/commands");

        foreach (var name in (string[])["configuration", "connections", "dirs", "dump", "environment", "initial_configuration", "is_read_only",
            "last_snapshot", "leader", "monitor", "observers", "ruok", "server_stats", "stat_reset", "stats", "system_properties", "voting_view",
            "watch_summary", "watches", "watches_by_path", "zabstate", "connection_stat_reset"])
        {
            Assert.Contains($"<a href=\"/commands/{name}\">{name}</a>", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_command_answers_JSON_with_its_name_and_no_error()
    {
        foreach (var name in new AdminCommands(_server).Names.Where(n => n != "leader"))
        {
            var answer = await Command(name);

            Assert.Equal(name, answer.GetProperty("command").GetString());
            Assert.Equal(JsonValueKind.Null, answer.GetProperty("error").ValueKind);
        }
    }

    [Fact]
    public async Task Short_names_answer_as_the_main_name()
    {
        Assert.Equal("server_stats", (await Command("srvr")).GetProperty("command").GetString());
        Assert.Equal("monitor", (await Command("mntr")).GetProperty("command").GetString());
    }

    [Fact]
    public async Task Connections_have_Apaches_fields()
    {
        var first = (await Command("connections")).GetProperty("connections")[0];

        Assert.Equal(
            ["remote_socket_address", "interest_ops", "outstanding_requests", "packets_received", "packets_sent", "session_id", "last_operation",
                "established", "session_timeout", "last_cxid", "last_zxid", "last_response_time", "last_latency", "min_latency", "avg_latency",
                "max_latency"],
            first.EnumerateObject().Select(p => p.Name));
        Assert.Equal(InspectedServer.First, first.GetProperty("session_id").GetInt64());
        Assert.Equal("127.0.0.1:38042", first.GetProperty("remote_socket_address").GetString());
    }

    [Fact]
    public async Task Server_stats_have_Apaches_fields()
    {
        var answer = await Command("server_stats");

        Assert.Equal(9, answer.GetProperty("node_count").GetInt32());
        Assert.Equal("standalone", answer.GetProperty("server_stats").GetProperty("server_state").GetString());
        Assert.Equal(0x1f, answer.GetProperty("server_stats").GetProperty("last_processed_zxid").GetInt64());
        Assert.Equal(-1, answer.GetProperty("client_response").GetProperty("last_buffer_size").GetInt32());
    }

    [Fact]
    public async Task The_other_commands_carry_the_servers_numbers()
    {
        Assert.Equal(2, (await Command("dump")).GetProperty("expiry_time_to_session_ids").GetProperty("2062000").GetArrayLength());
        Assert.Equal("tickTime=2000\n", (await Command("icfg")).GetProperty("initial_configuration").GetString());
        Assert.Equal("1e", (await Command("lsnp")).GetProperty("zxid").GetString());
        Assert.Equal(3, (await Command("watch_summary")).GetProperty("num_total_watches").GetInt32());
        Assert.Equal(2, (await Command("watches_by_path")).GetProperty("path_to_session_ids").GetProperty("/a/b").GetArrayLength());
        Assert.Equal(9, (await Command("monitor")).GetProperty("znode_count").GetInt32());
        Assert.Equal(2000, (await Command("configuration")).GetProperty("tick_time").GetInt32());
    }

    [Fact]
    public async Task The_super_digest_is_never_shown()
    {
        foreach (var name in new AdminCommands(_server).Names)
        {
            Assert.DoesNotContain("secret", await _http.GetStringAsync($"/commands/{name}"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_unknown_command_and_a_server_that_does_not_serve_are_errors_in_the_answer()
    {
        Assert.Equal("Unknown command: nope", (await Command("nope")).GetProperty("error").GetString());

        _server.IsServing = false;

        Assert.Contains("not currently serving", (await Command("stats")).GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, (await Command("monitor")).GetProperty("error").ValueKind);
    }

    [Fact]
    public async Task Metrics_are_Prometheus_text_on_both_endpoints()
    {
        _server.Metrics.ReadLatency.Record(3);
        using var response = await _http.GetAsync("/metrics");
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Contains("# TYPE znode_count gauge\nznode_count 9\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE connection_rejected counter\nconnection_rejected 0\n", text, StringComparison.Ordinal);
        Assert.Contains("readlatency{quantile=\"0.5\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains("readlatency_count 1\nreadlatency_sum 3\n", text, StringComparison.Ordinal);
        Assert.Contains("process_resident_memory_bytes ", text, StringComparison.Ordinal);
        Assert.All(text.TrimEnd('\n').Split('\n'), line => Assert.Matches(@"^(# (HELP|TYPE) \w+ .+|\w+(\{quantile=""[\d.]+""\})? (NaN|-?[\d.E+]+))$", line));
        Assert.Contains("znode_count 9", await _http.GetStringAsync($"http://127.0.0.1:{_admin.MetricsEndPoint!.Port}/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_paths_and_methods_are_refused()
    {
        using var nothing = await _http.GetAsync("/");
        using var post = await _http.PostAsync("/commands/ruok", new StringContent("x"));
        using var head = await _http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/commands/ruok"));

        Assert.Equal(HttpStatusCode.NotFound, nothing.StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.True(head.Content.Headers.ContentLength > 0);
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request")]
    [InlineData("GET http://[/ HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request")]
    [InlineData("GET /commands HTTP/2.0\r\n\r\n", "HTTP/1.1 400 Bad Request")]
    [InlineData("GET /commands/ruok HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK")]
    [InlineData("GET /commands/ruok HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK")]
    public async Task A_request_gets_one_answer_and_the_connection_ends(string request, string status)
    {
        var answer = await Exchange(Encoding.ASCII.GetBytes(request));

        Assert.StartsWith(status + "\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(1, answer.Split("HTTP/1.1 ").Length - 1);
    }

    [Fact]
    public async Task A_head_beyond_the_limit_is_refused()
    {
        Assert.StartsWith("HTTP/1.1 431 ", await Exchange(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nX: " + new string('x', 8192 - 19))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_may_be_pipelined_on_one_connection()
    {
        const string One = "GET /commands/ruok HTTP/1.1\r\nHost: x\r\n\r\n";

        var answer = await Exchange(Encoding.ASCII.GetBytes(One + One + One.Replace("Host: x", "Connection: close", StringComparison.Ordinal)));

        Assert.Equal(3, answer.Split("HTTP/1.1 200 OK").Length - 1);
    }

    [Fact]
    public async Task A_silent_connection_is_closed_after_the_idle_timeout()
    {
        _server.Config = _server.Config with { AdminIdleTimeout = 50 };
        await using var admin = AdminServer.Start(_server, NullLogger.Instance);
        using var client = new TcpClient();
        await client.ConnectAsync(admin.EndPoint!);

        Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task A_port_that_is_taken_does_not_stop_the_server()
    {
        _server.Config = _server.Config with { AdminServerPort = _admin.EndPoint!.Port, MetricsHttpPort = null };

        await using var second = AdminServer.Start(_server, NullLogger.Instance);

        Assert.Null(second.EndPoint);
    }

    [Fact]
    public async Task It_is_off_unless_asked_for()
    {
        _server.Config = new ServerConfig { DataDir = "/zk" };

        await using var admin = AdminServer.Start(_server, NullLogger.Instance);

        Assert.Null(admin.EndPoint);
        Assert.Null(admin.MetricsEndPoint);
    }

    [Fact]
    public async Task An_ensemble_shows_its_leader_and_voters()
    {
        _server.Ensemble = new EnsembleInfo
        {
            IsLeader = false, LeaderId = 2, LeaderAddress = "10.0.0.2", ZabState = "broadcast", IsVoting = true,
            VotingView = new Dictionary<long, QuorumServer> { [2] = QuorumServer.Parse(2, "10.0.0.2:2888:3888;2181") },
        };
        _server.LastProcessedZxid = 0x500000007;

        Assert.Equal(2, (await Command("leader")).GetProperty("leader_id").GetInt64());
        Assert.Equal("10.0.0.2:2888", (await Command("voting_view")).GetProperty("current_config").GetProperty("2").GetProperty("server_addresses")[0].GetString());
        Assert.Equal(5, (await Command("zabstate")).GetProperty("zab_epoch").GetInt64());
        Assert.Equal(7, (await Command("zabstate")).GetProperty("zab_counter").GetInt64());
    }

    private async Task<JsonElement> Command(string name)
    {
        using var response = await _http.GetAsync($"/commands/{name}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return document.RootElement.Clone();
    }

    private async Task<string> Exchange(byte[] request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_admin.EndPoint!);
        await client.GetStream().WriteAsync(request);
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        var text = new StringBuilder();
        var buffer = new char[4096];
        try
        {
            for (int read; (read = await reader.ReadAsync(buffer)) > 0;)
            {
                text.Append(buffer, 0, read);
            }
        }
        catch (IOException)
        {
            // A server that closes with unread input may reset the connection after its answer.
        }

        return text.ToString();
    }
}
