using System.Net;

namespace CoordPS.Kubernetes.Tests;

public class ClientTests
{
    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_server_that_asks_to_come_again_is_asked_again(int status)
    {
        int asked = 0;
        var server = new ScriptedServer(_ =>
        {
            if (++asked > 2)
                return ScriptedServer.Json("""{"gitVersion":"v9"}""");
            HttpResponseMessage busy = ScriptedServer.Status(status, "TooManyRequests");
            busy.Headers.TryAddWithoutValidation("Retry-After", "0");
            return busy;
        });
        using KubernetesClient client = server.Connect();
        var retries = new List<string>();
        client.OnRetry = retries.Add;
        Assert.Equal("v9", await client.GetServerVersionAsync());
        Assert.Equal((3, 2), (asked, retries.Count));
    }

    [Fact]
    public async Task A_server_that_fails_without_asking_to_come_again_is_not_asked_again()
    {
        var server = new ScriptedServer(_ => ScriptedServer.Status(500, "InternalError", "etcd is away"));
        using KubernetesClient client = server.Connect();
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetServerVersionAsync());
        Assert.Equal((KubernetesErrorKind.ServerError, true, 1), (e.Kind, e.IsTransient, server.Requests.Count));
        Assert.Contains("etcd is away", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, "NotFound", KubernetesErrorKind.NotFound)]
    [InlineData(409, "AlreadyExists", KubernetesErrorKind.AlreadyExists)]
    [InlineData(409, "Conflict", KubernetesErrorKind.Conflict)]
    [InlineData(422, "Invalid", KubernetesErrorKind.Invalid)]
    [InlineData(410, "Gone", KubernetesErrorKind.Expired)]
    [InlineData(504, "Timeout", KubernetesErrorKind.Timeout)]
    public async Task The_reason_of_a_refusal_is_told(int status, string reason, KubernetesErrorKind kind)
    {
        using KubernetesClient client = new ScriptedServer(_ => ScriptedServer.Status(status, reason, "said so")).Connect();
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetAsync(ResourceType.Deployments, "web", "shop"));
        Assert.Equal((kind, status, reason), (e.Kind, e.StatusCode, e.Reason));
        Assert.Equal("Can't get deployments.apps \"web\" in namespace shop: said so.", e.Message);
        Assert.NotEmpty(e.RecommendedAction);
    }

    [Theory]
    [InlineData(HttpStatusCode.OK)]
    [InlineData(HttpStatusCode.BadGateway)]
    public async Task What_is_no_api_server_is_told_so(HttpStatusCode status)
    {
        using KubernetesClient client = new ScriptedServer(_ => new HttpResponseMessage(status) { Content = new StringContent("<html>welcome</html>") }).Connect();
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetServerVersionAsync());
        Assert.Contains(status == HttpStatusCode.OK ? "is no Kubernetes API server" : "the server answered 502: <html>welcome</html>", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_takes_too_long_ends_with_a_timeout()
    {
        using var client = new KubernetesClient(ScriptedServer.Connection(), new Never());
        client.RequestTimeout = TimeSpan.FromMilliseconds(50);
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetServerVersionAsync());
        Assert.Equal((KubernetesErrorKind.Timeout, true), (e.Kind, e.IsTransient));
        Assert.Contains("did not answer within 0.1 s", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_a_request_at_once()
    {
        using var client = new KubernetesClient(ScriptedServer.Connection(), new Never());
        using var cancel = new CancellationTokenSource();
        Task<string> request = client.GetServerVersionAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
    }

    [Fact]
    public async Task Warnings_of_the_server_are_handed_on()
    {
        using KubernetesClient client = new ScriptedServer(_ =>
        {
            HttpResponseMessage response = ScriptedServer.Json("{}");
            response.Headers.TryAddWithoutValidation("Warning", "299 - \"policy/v1beta1 PodDisruptionBudget is deprecated\"");
            return response;
        }).Connect();
        var warnings = new List<string>();
        client.OnWarning = warnings.Add;
        await client.GetServerVersionAsync();
        Assert.Equal(["policy/v1beta1 PodDisruptionBudget is deprecated"], warnings);
    }

    [Theory]
    [InlineData("v1,v2beta2,v2", "autoscaling/v2")]
    [InlineData("v1,v2beta2", "autoscaling/v2beta2")]
    [InlineData("v1", "autoscaling/v1")]
    public async Task The_best_version_of_the_autoscaler_that_is_served_is_chosen(string served, string chosen)
    {
        using KubernetesClient client = Discovery(served.Split(','));
        Assert.Equal(chosen, (await client.Discovery.AutoscalersAsync()).ApiVersion);
    }

    [Fact]
    public async Task A_group_that_can_not_be_asked_does_not_hide_the_others()
    {
        using KubernetesClient client = Discovery(["v1"]);
        (IReadOnlyList<ResourceType> types, IReadOnlyList<KubernetesException> unreachable) = await client.Discovery.GetPreferredAsync();
        Assert.Contains(types, t => t.Kind == "HorizontalPodAutoscaler");
        Assert.Contains("metrics.example/v1", Assert.Single(unreachable).Message, StringComparison.Ordinal);
        Assert.Equal("horizontalpodautoscalers", (await client.Discovery.FindAsync("HPA")).Plural);
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => client.Discovery.FindAsync("none"));
        Assert.Contains("metrics.example/v1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_is_not_served_names_those_that_are()
    {
        using KubernetesClient client = Discovery(["v1", "v2beta2"]);
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => client.Discovery.ResolveAsync("autoscaling/v9", "HorizontalPodAutoscaler"));
        Assert.Equal(KubernetesErrorKind.NotFound, e.Kind);
        Assert.Contains("autoscaling/v1, autoscaling/v2beta2", e.RecommendedAction, StringComparison.Ordinal);
    }

    private static KubernetesClient Discovery(string[] versions) => new ScriptedServer(request => request.RequestUri!.AbsolutePath switch
    {
        "/api" => ScriptedServer.Json("""{"kind":"APIVersions","versions":[]}"""),
        "/apis" => ScriptedServer.Json($$"""
            {"kind":"APIGroupList","groups":[
              {"name":"metrics.example","versions":[{"groupVersion":"metrics.example/v1"}],"preferredVersion":{"groupVersion":"metrics.example/v1"} },
              {"name":"autoscaling","versions":[{{string.Join(',', versions.Select(v => $$"""{"groupVersion":"autoscaling/{{v}}"}"""))}}],"preferredVersion":{"groupVersion":"autoscaling/v1"} }]}
            """),
        "/apis/metrics.example/v1" => ScriptedServer.Status(503, "ServiceUnavailable", "the server is currently unable to handle the request"),
        var path when versions.Contains(path["/apis/autoscaling/".Length..]) => ScriptedServer.Json(
            """{"kind":"APIResourceList","resources":[{"name":"horizontalpodautoscalers","singularName":"","namespaced":true,"kind":"HorizontalPodAutoscaler","shortNames":["hpa"],"verbs":["get"]},{"name":"horizontalpodautoscalers/status","namespaced":true,"kind":"HorizontalPodAutoscaler","verbs":["get"]}]}"""),
        _ => ScriptedServer.Status(404, "NotFound", "the server could not find the requested resource"),
    }).Connect();

    private sealed class Never : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException();
        }
    }
}
