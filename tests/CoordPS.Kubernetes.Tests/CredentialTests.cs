using CoordPS.Testing;

namespace CoordPS.Kubernetes.Tests;

public sealed class CredentialTests : IDisposable
{
    private readonly TempDirectory _temp = new();
    private readonly List<string> _headers = [];

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("{token: abc}", "Bearer abc")]
    [InlineData("{username: me, password: 'p:w'}", "Basic bWU6cDp3")]
    [InlineData("{}", "")]
    public async Task Requests_carry_what_the_user_has(string user, string header)
    {
        using KubernetesClient client = Server().Connect(user);
        await client.GetServerVersionAsync();
        Assert.Equal([header], _headers);
    }

    [Fact]
    public async Task A_token_file_is_read_again_when_it_changes()
    {
        string file = _temp.Combine("token");
        File.WriteAllText(file, "one\n");
        using KubernetesClient client = Server().Connect($"{{tokenFile: '{file}', token: fallback}}");
        await client.GetServerVersionAsync();
        File.WriteAllText(file, "two");
        await client.GetServerVersionAsync();
        File.Delete(file);
        await client.GetServerVersionAsync();
        Assert.Equal(["Bearer one", "Bearer two", "Bearer two"], _headers);
    }

    [Fact]
    public async Task A_token_file_that_is_not_there_is_named()
    {
        string file = _temp.Combine("none");
        using KubernetesClient client = Server().Connect($"{{tokenFile: '{file}'}}");
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetServerVersionAsync());
        Assert.Equal(KubernetesErrorKind.Configuration, e.Kind);
        Assert.Contains(file, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Somebody_else_is_acted_as()
    {
        HttpRequestMessage? seen = null;
        var server = new ScriptedServer(request =>
        {
            seen = request;
            return ScriptedServer.Json("{}");
        });
        using KubernetesClient client = server.Connect("{as: jane, as-groups: [dev, ops], as-uid: '7', as-user-extra: {scope: [a, b]}}");
        await client.GetServerVersionAsync();
        Assert.Equal("jane|dev,ops|7|a,b", string.Join('|', new[] { "Impersonate-User", "Impersonate-Group", "Impersonate-Uid", "Impersonate-Extra-scope" }
            .Select(name => string.Join(',', seen!.Headers.GetValues(name)))));
    }

    [LinuxTheory]
    [InlineData("v1", 5, "Bearer env-arg-1")]
    [InlineData("v1beta1", -5, "Bearer env-arg-2")]
    public async Task The_token_of_an_exec_plugin_is_kept_until_it_expires(string version, int minutes, string second)
    {
        using KubernetesClient client = Client(version, $$"""
            echo x >> {{_temp.Combine("runs")}}
            echo "{\"apiVersion\":\"client.authentication.k8s.io/{{version}}\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"$A-$1-$(wc -l < {{_temp.Combine("runs")}})\",\"expirationTimestamp\":\"{{DateTime.UtcNow.AddMinutes(minutes):yyyy-MM-ddTHH:mm:ssZ}}\"} }"
            """);
        await client.GetServerVersionAsync();
        await client.GetServerVersionAsync();
        Assert.Equal(["Bearer env-arg-1", second], _headers);
    }

    [LinuxTheory]
    [InlineData("v1")]
    public async Task An_exec_plugin_is_run_again_when_the_server_does_not_accept_its_token(string version)
    {
        bool refuse = true;
        var server = new ScriptedServer(request =>
        {
            _headers.Add(request.Headers.Authorization?.ToString() ?? "");
            bool now = refuse;
            refuse = false;
            return now ? ScriptedServer.Status(401, "Unauthorized") : ScriptedServer.Json("{}");
        });
        using KubernetesClient client = server.Connect(Exec(version, $$"""
            echo x >> {{_temp.Combine("runs")}}
            echo "{\"apiVersion\":\"client.authentication.k8s.io/{{version}}\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"$(wc -l < {{_temp.Combine("runs")}})\"} }"
            """));
        await client.GetServerVersionAsync();
        Assert.Equal(["Bearer 1", "Bearer 2"], _headers);
    }

    [LinuxTheory]
    [InlineData("v1")]
    public async Task An_exec_plugin_is_told_of_the_cluster_when_it_asks(string version)
    {
        using KubernetesClient client = Client(version, $$"""
            printf '%s' "$KUBERNETES_EXEC_INFO" > {{_temp.Combine("info")}}
            echo '{"apiVersion":"client.authentication.k8s.io/{{version}}","kind":"ExecCredential","status":{"token":"t"} }'
            """);
        await client.GetServerVersionAsync();
        Assert.Equal("""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false,"cluster":{"server":"http://scripted"}}}""", File.ReadAllText(_temp.Combine("info")));
    }

    [LinuxTheory]
    [InlineData("echo you must sign in >&2; exit 3", "ended with exit code 3: you must sign in")]
    [InlineData("echo hello", "wrote no JSON")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"t"} }'""", "where client.authentication.k8s.io/v1 is configured")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}'""", "neither a token nor a client certificate")]
    public async Task An_exec_plugin_that_fails_says_why_and_gives_its_hint(string script, string message)
    {
        using KubernetesClient client = Client("v1", script);
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetServerVersionAsync());
        Assert.Equal(KubernetesErrorKind.Configuration, e.Kind);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Equal("Install the plugin.", e.RecommendedAction);
    }

    [Fact]
    public async Task An_exec_plugin_that_is_not_there_gives_its_hint()
    {
        using KubernetesClient client = Server().Connect("{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: no-such-plugin, installHint: Install the plugin.}}");
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetServerVersionAsync());
        Assert.Contains("no-such-plugin", e.Message, StringComparison.Ordinal);
        Assert.Equal("Install the plugin.", e.RecommendedAction);
    }

    [Fact]
    public async Task Who_is_not_known_is_told_which_user_that_was()
    {
        using KubernetesClient client = new ScriptedServer(_ => ScriptedServer.Status(401, "Unauthorized", "Unauthorized")).Connect("{token: old}");
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetServerVersionAsync());
        Assert.Equal((KubernetesErrorKind.Unauthorized, 401), (e.Kind, e.StatusCode));
        Assert.Contains("does not accept the credentials of 'u' (context 'x' of ", e.Message, StringComparison.Ordinal);
    }

    private KubernetesClient Client(string version, string script) => Server().Connect(Exec(version, script));

    private string Exec(string version, string script)
    {
        string file = _temp.Combine("plugin.sh");
        File.WriteAllText(file, script);
        return $"{{exec: {{apiVersion: client.authentication.k8s.io/{version}, command: sh, args: ['{file}', arg], env: [{{name: A, value: env}}], interactiveMode: Never, provideClusterInfo: true, installHint: Install the plugin.}}}}";
    }

    private ScriptedServer Server() => new(request =>
    {
        _headers.Add(request.Headers.Authorization?.ToString() ?? "");
        return ScriptedServer.Json("{}");
    });
}
