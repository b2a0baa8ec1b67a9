using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CoordPS.Testing;

namespace CoordPS.Kubernetes.Tests;

public class WatchTests
{
    [Fact]
    public async Task A_watch_tells_what_is_there_then_what_changes_and_goes_on_from_the_last_version()
    {
        var server = new ScriptedServer(Answers(
            List("10", ("a", "1", "5")),
            Stream(Event("MODIFIED", "a", "1", "11"), Bookmark("20")),
            Stream(Event("DELETED", "a", "1", "21"))));
        Assert.Equal(["Added a 5", "Synced", "Modified a 11", "Deleted a 21"], await WatchAsync(server, 4));
        Assert.Equal(["10", "20"], Versions(server));
    }

    [Fact]
    public async Task After_an_error_event_of_an_expired_version_only_the_difference_is_told()
    {
        var server = new ScriptedServer(Answers(
            List("10", ("a", "1", "5"), ("b", "1", "6"), ("c", "1", "7")),
            Stream(Event("MODIFIED", "a", "1", "11"), """{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}}"""),
            List("50", ("a", "1", "11"), ("b", "1", "40"), ("c", "2", "41"), ("d", "1", "42")),
            Stream(Event("MODIFIED", "d", "1", "51"))));
        Assert.Equal(
            ["Added a 5", "Added b 6", "Added c 7", "Synced", "Modified a 11", "Deleted c 7", "Modified b 40", "Added c 41", "Added d 42", "Synced", "Modified d 51"],
            await WatchAsync(server, 11));
    }

    [Fact]
    public async Task After_a_410_the_difference_to_the_list_that_the_caller_has_is_told()
    {
        var server = new ScriptedServer(Answers(
            _ => ScriptedServer.Status(410, "Expired", "too old resource version: 1 (50)"),
            List("50", ("b", "1", "40")),
            Stream(Event("ADDED", "c", "1", "51"))));
        using KubernetesClient client = server.Connect();
        var from = new KubernetesList([Item("a", "1", "1")], "1");
        Assert.Equal(["Deleted a 1", "Added b 40", "Synced", "Added c 51"], await WatchAsync(client, 4, from));
        Assert.Equal(["1", "50"], Versions(server));
    }

    [Fact]
    public async Task An_object_that_comes_again_after_a_reconnect_is_told_once()
    {
        var server = new ScriptedServer(Answers(
            List("10"),
            Stream(Event("ADDED", "a", "1", "11")),
            Stream(Event("ADDED", "a", "1", "11"), Event("ADDED", "b", "1", "12"))));
        Assert.Equal(["Synced", "Added a 11", "Added b 12"], await WatchAsync(server, 3));
    }

    [Fact]
    public async Task A_change_that_was_cut_off_comes_whole_later()
    {
        var server = new ScriptedServer(Answers(
            List("10"),
            _ => Body(Event("ADDED", "a", "1", "11")[..30]),
            Stream(Event("ADDED", "a", "1", "11"))));
        Assert.Equal(["Synced", "Added a 11"], await WatchAsync(server, 2));
    }

    [Fact]
    public async Task A_server_that_is_away_is_asked_again_and_says_why()
    {
        var server = new ScriptedServer(Answers(
            List("10"),
            _ => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused"),
            _ => ScriptedServer.Status(503, "ServiceUnavailable", "starting"),
            _ => ScriptedServer.Status(403, "Forbidden", "RBAC is not there yet"),
            Stream(Event("ADDED", "a", "1", "11"))));
        using KubernetesClient client = server.Connect();
        var retries = new List<string>();
        client.OnRetry = retries.Add;
        Assert.Equal(["Synced", "Added a 11"], await WatchAsync(client, 2));
        Assert.Equal(3, retries.Count);
        Assert.Contains("Can't reach the API server scripted", retries[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_that_may_not_begin_fails_at_once()
    {
        var server = new ScriptedServer(_ => ScriptedServer.Status(403, "Forbidden", "no"));
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => WatchAsync(server, 1));
        Assert.Equal(KubernetesErrorKind.Forbidden, e.Kind);
    }

    [Fact]
    public async Task A_list_whose_version_expired_amid_its_pages_is_read_again_at_once()
    {
        var server = new ScriptedServer(Answers(
            _ => ScriptedServer.Json("""{"kind":"ConfigMapList","metadata":{"resourceVersion":"10","continue":"next"},"items":[{"metadata":{"name":"a"}}]}"""),
            _ => ScriptedServer.Status(410, "Expired", "too old"),
            List("20", ("a", "1", "1"), ("b", "1", "2"))));
        using KubernetesClient client = server.Connect();
        KubernetesList list = await client.ListAsync(ResourceType.ConfigMaps, options: new ListOptions { PageSize = 1 });
        Assert.Equal(("20", 2), (list.ResourceVersion, list.Items.Count));
        Assert.DoesNotContain("limit", server.Requests[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_of_pages_goes_on_with_the_token_that_the_server_offers()
    {
        var server = new ScriptedServer(Answers(
            _ => ScriptedServer.Json("""{"kind":"ConfigMapList","metadata":{"resourceVersion":"10","continue":"next"},"items":[{"metadata":{"name":"a"}}]}"""),
            _ => ScriptedServer.Status(410, "Expired", "too old", "\"continue\":\"inconsistent\""),
            List("20", ("b", "1", "2"))));
        using KubernetesClient client = server.Connect();
        Assert.Equal(["a", "b"], await client.EnumerateAsync(ResourceType.ConfigMaps, options: new ListOptions { PageSize = 1 }).Select(o => o.Name).ToArrayAsync());
        Assert.Contains("continue=inconsistent", server.Requests[^1], StringComparison.Ordinal);
    }

    private static async Task<List<string>> WatchAsync(ScriptedServer server, int count)
    {
        using KubernetesClient client = server.Connect();
        return await WatchAsync(client, count);
    }

    private static async Task<List<string>> WatchAsync(KubernetesClient client, int count, KubernetesList? from = null)
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        var told = new List<string>();
        await foreach (WatchEvent change in client.WatchAsync(ResourceType.ConfigMaps, from: from, ct: patience.Token))
        {
            told.Add(change.Object is { } value ? $"{change.Type} {value.Name} {value.ResourceVersion}" : $"{change.Type}");
            if (told.Count == count)
                break;
        }

        return told;
    }

    /// <summary>One answer after the other; the last then lasts.</summary>
    private static Func<HttpRequestMessage, HttpResponseMessage> Answers(params Func<HttpRequestMessage, HttpResponseMessage>[] answers)
    {
        int next = 0;
        return request => next < answers.Length ? answers[next++](request) : new HttpResponseMessage { Content = new StreamContent(new SilentStream()) };
    }

    private static string[] Versions(ScriptedServer server) =>
        [.. server.Requests.Where(r => r.Contains("watch=true", StringComparison.Ordinal)).Select(r => r.Split("resourceVersion=")[1].Split('&')[0]).Take(2)];

    private static Func<HttpRequestMessage, HttpResponseMessage> List(string version, params (string Name, string Uid, string Version)[] items) => _ => ScriptedServer.Json(new JsonObject
    {
        ["kind"] = "ConfigMapList",
        ["metadata"] = new JsonObject { ["resourceVersion"] = version },
        ["items"] = new JsonArray([.. items.Select(i => Item(i.Name, i.Uid, i.Version).Json)]),
    }.ToJsonString());

    private static Func<HttpRequestMessage, HttpResponseMessage> Stream(params string[] lines) => _ => Body(string.Concat(lines.Select(line => line + "\n")));

    private static HttpResponseMessage Body(string text) => new(HttpStatusCode.OK) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text)) };

    private static KubernetesObject Item(string name, string uid, string version) => KubernetesObject.Parse(
        $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}","namespace":"ns","uid":"{{{uid}}}","resourceVersion":"{{{version}}}"} }""");

    private static string Event(string type, string name, string uid, string version) => $$"""{"type":"{{type}}","object":{{Item(name, uid, version).Json.ToJsonString()}} }""";

    private static string Bookmark(string version) => $$$"""{"type":"BOOKMARK","object":{"kind":"ConfigMap","metadata":{"resourceVersion":"{{{version}}}"} } }""";

    /// <summary>A watch in which nothing happens.</summary>
    private sealed class SilentStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
