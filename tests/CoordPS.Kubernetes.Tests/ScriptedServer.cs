using System.Net;
using System.Text;
using CoordPS.Testing;

namespace CoordPS.Kubernetes.Tests;

/// <summary>Answers requests as a test says, for what no real server does on demand.</summary>
internal sealed class ScriptedServer(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
{
    private readonly List<string> _requests = [];

    /// <summary>Method, path and query of all requests so far.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_requests)
                return [.. _requests];
        }
    }

    public static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    public static HttpResponseMessage Status(int code, string reason, string message = "", string more = "") =>
        Json($$"""{"kind":"Status","apiVersion":"v1","metadata":{{{more}}},"status":"Failure","message":"{{message}}","reason":"{{reason}}","code":{{code}}}""", (HttpStatusCode)code);

    /// <summary>A client that talks to it.</summary>
    public KubernetesClient Connect(string user = "{}", TimeProvider? clock = null) => new(Connection(user), this, clock);

    /// <summary>A connection with the user of a kubeconfig given as YAML in flow style.</summary>
    public static KubernetesConnection Connection(string user = "{}", string? directory = null)
    {
        using var temp = new TempDirectory();
        string file = Path.Combine(directory ?? temp.Path, "config");
        File.WriteAllText(file, $$"""
            clusters: [{name: c, cluster: {server: 'http://scripted'} }]
            contexts: [{name: x, context: {cluster: c, user: u, namespace: ns} }]
            users: [{name: u, user: {{user}} }]
            current-context: x
            """);
        return KubernetesConnection.Load(file);
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        lock (_requests)
            _requests.Add($"{request.Method} {request.RequestUri!.PathAndQuery}");
        return Task.FromResult(answer(request));
    }
}
