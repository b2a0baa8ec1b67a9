using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

public sealed partial class KubernetesClient
{
    /// <summary>The server ends a watch after so long; a connection that died without a word is noticed by then at the latest.</summary>
    private static readonly TimeSpan WatchTime = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(2);

    /// <summary>A server that just started may not know its users and their rights yet.</summary>
    private static readonly TimeSpan StartupGrace = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The objects, as they come, page by page. When the server does not know the first page's version any more, it goes on with later
    /// ones: an object that was changed meanwhile may then be missed.
    /// </summary>
    /// <param name="type">Their type.</param>
    /// <param name="ns">Their namespace; null for the client's.</param>
    /// <param name="options">Which; null for all.</param>
    /// <param name="ct">Ends it.</param>
    public async IAsyncEnumerable<KubernetesObject> EnumerateAsync(ResourceType type, string? ns = null, ListOptions? options = null,
        [EnumeratorCancellation] CancellationToken ct = default)
    {
        options ??= new ListOptions();
        string? next = null;
        do
        {
            JsonObject page;
            try
            {
                page = await GetPageAsync(type, ns, options, options.PageSize, next, ct).ConfigureAwait(false);
            }
            catch (ExpiredPageException e) when (next is not null && e.InconsistentContinue is { } inconsistent)
            {
                OnRetry?.Invoke($"Listing {type.QualifiedName} took longer than the server keeps its versions; going on with the present one.");
                next = inconsistent;
                continue;
            }
            catch (ExpiredPageException e)
            {
                throw e.Error;
            }

            foreach (KubernetesObject item in ItemsOf(page, type))
                yield return item;
            next = page.Object("metadata").Text("continue");
        }
        while (!string.IsNullOrEmpty(next));
    }

    /// <summary>
    /// All objects as of one version, read page by page. When the server does not know that version any more, it starts again,
    /// without pages.
    /// </summary>
    /// <param name="type">Their type.</param>
    /// <param name="ns">Their namespace; null for the client's.</param>
    /// <param name="options">Which; null for all.</param>
    /// <param name="ct">Cancels it.</param>
    public async Task<KubernetesList> ListAsync(ResourceType type, string? ns = null, ListOptions? options = null, CancellationToken ct = default)
    {
        options ??= new ListOptions();
        int? pageSize = options.PageSize;
        while (true)
        {
            var items = new List<KubernetesObject>();
            string? next = null, version;
            try
            {
                do
                {
                    JsonObject page = await GetPageAsync(type, ns, options, pageSize, next, ct).ConfigureAwait(false);
                    items.AddRange(ItemsOf(page, type));
                    version = page.Object("metadata").Text("resourceVersion");
                    next = page.Object("metadata").Text("continue");
                }
                while (!string.IsNullOrEmpty(next));
                return new KubernetesList(items, version ?? "");
            }
            catch (ExpiredPageException) when (pageSize is not null)
            {
                OnRetry?.Invoke($"Listing {type.QualifiedName} took longer than the server keeps its versions; listing all at once.");
                pageSize = null;
            }
            catch (ExpiredPageException e)
            {
                throw e.Error;
            }
        }
    }

    /// <summary>
    /// What is there, and every change from then on, each once and in order, until it is cancelled. When the connection breaks or the
    /// server goes away it is taken up again where it was; when the server has forgotten that version, everything is listed anew and
    /// the difference is told, so that nothing is missed or told twice.
    /// </summary>
    /// <param name="type">The objects' type.</param>
    /// <param name="ns">Their namespace; null for the client's.</param>
    /// <param name="options">Which; null for all.</param>
    /// <param name="from">A list that the caller has: only what differs from it is told. Null to begin with all objects.</param>
    /// <param name="ct">Ends it, with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="KubernetesException">It can't even begin, or, later, will not work again: the rights or the type were taken away.</exception>
    public async IAsyncEnumerable<WatchEvent> WatchAsync(ResourceType type, string? ns = null, ListOptions? options = null, KubernetesList? from = null,
        [EnumeratorCancellation] CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(type);
        options ??= new ListOptions();
        var known = new Dictionary<(string?, string), KubernetesObject>();
        string? version = from?.ResourceVersion;
        foreach (KubernetesObject item in from?.Items ?? [])
            known[(item.Namespace, item.Name)] = item;

        TimeSpan backoff = FirstBackoff;
        bool started = false;
        long? interrupted = null;
        while (true)
        {
            bool progressed = false;
            KubernetesException? failure = null;
            if (version is null)
            {
                KubernetesList? list = null;
                try
                {
                    list = await ListAsync(type, ns, options, ct).ConfigureAwait(false);
                }
                catch (KubernetesException e) when (started && MayPass(e, interrupted))
                {
                    failure = e;
                }

                if (list is not null)
                {
                    foreach (WatchEvent change in Difference(known, list))
                        yield return change;
                    version = list.ResourceVersion;
                    (started, progressed, interrupted) = (true, true, null);
                    yield return new WatchEvent(WatchEventType.Synced, null, version) { HasObjects = known.Count > 0 };
                }
            }

            if (failure is null)
            {
                WatchStream? stream = null;
                try
                {
                    stream = await OpenWatchAsync(type, ns, options, version!, ct).ConfigureAwait(false);
                    interrupted = null;
                }
                catch (KubernetesException e) when (e.Kind == KubernetesErrorKind.Expired)
                {
                    version = null;
                    started = true;
                    continue;
                }
                catch (KubernetesException e) when (started && MayPass(e, interrupted))
                {
                    failure = e;
                }

                if (stream is not null)
                {
                    started = true;
                    using (stream)
                    {
                        while (failure is null)
                        {
                            WatchEvent? change = null;
                            try
                            {
                                change = await stream.ReadAsync(ct).ConfigureAwait(false);
                            }
                            catch (KubernetesException e) when (e.Kind == KubernetesErrorKind.Expired)
                            {
                                version = null;
                                break;
                            }
                            catch (KubernetesException e) when (MayPass(e, interrupted ?? Stopwatch.GetTimestamp()))
                            {
                                failure = e;
                                break;
                            }

                            if (change is null)
                                break;
                            progressed = true;
                            version = change.ResourceVersion;
                            if (change.Object is { } value)
                            {
                                if (Remember(known, change, value) is { } told)
                                    yield return told;
                            }
                        }
                    }
                }
            }

            if (version is null)
                continue;
            if (progressed)
                backoff = FirstBackoff;
            if (failure is null && progressed)
                continue;
            if (failure is not null)
            {
                interrupted ??= Stopwatch.GetTimestamp();
                OnRetry?.Invoke($"{failure.Message} Watching {type.QualifiedName} again in {backoff.TotalSeconds:0.#} s.");
            }

            await Task.Delay(backoff * (0.8 + (Random.Shared.NextDouble() * 0.4)), _clock, ct).ConfigureAwait(false);
            backoff = backoff * 2 < MaxBackoff ? backoff * 2 : MaxBackoff;
        }
    }

    /// <summary>Whether an error of a watch that worked may be over soon.</summary>
    private static bool MayPass(KubernetesException e, long? interrupted) => e.IsTransient
        || (e.Kind is KubernetesErrorKind.Unauthorized or KubernetesErrorKind.Forbidden or KubernetesErrorKind.NotFound
            && interrupted is { } since && Stopwatch.GetElapsedTime(since) < StartupGrace);

    /// <summary>Brings what is known up to a list, and tells what differs.</summary>
    private static List<WatchEvent> Difference(Dictionary<(string?, string), KubernetesObject> known, KubernetesList list)
    {
        var changes = new List<WatchEvent>();
        var there = list.Items.ToDictionary(static item => (item.Namespace, item.Name));
        foreach (((string?, string) key, KubernetesObject old) in known.ToArray())
        {
            if (there.TryGetValue(key, out KubernetesObject? now) && now.Uid == old.Uid)
                continue;
            known.Remove(key);
            changes.Add(new WatchEvent(WatchEventType.Deleted, old, list.ResourceVersion));
        }

        foreach (KubernetesObject item in list.Items)
        {
            bool had = known.TryGetValue((item.Namespace, item.Name), out KubernetesObject? old);
            if (had && old!.ResourceVersion == item.ResourceVersion)
                continue;
            known[(item.Namespace, item.Name)] = item;
            changes.Add(new WatchEvent(had ? WatchEventType.Modified : WatchEventType.Added, item, list.ResourceVersion));
        }

        return changes;
    }

    /// <summary>Keeps what is known up to date, and tells what the change is to somebody who has seen all before.</summary>
    private static WatchEvent? Remember(Dictionary<(string?, string), KubernetesObject> known, WatchEvent change, KubernetesObject value)
    {
        (string?, string) key = (value.Namespace, value.Name);
        bool had = known.TryGetValue(key, out KubernetesObject? old);
        if (change.Type == WatchEventType.Deleted)
            return known.Remove(key) ? change : null;
        if (had && old!.ResourceVersion == value.ResourceVersion)
            return null;
        known[key] = value;
        return change with { Type = had ? WatchEventType.Modified : WatchEventType.Added };
    }

    private static IEnumerable<KubernetesObject> ItemsOf(JsonObject page, ResourceType type)
    {
        if (page["items"] is not JsonArray items)
            yield break;
        JsonObject[] all = [.. items.OfType<JsonObject>()];
        items.Clear();
        foreach (JsonObject item in all)
        {
            // The items of a list do not repeat their type.
            if (item["kind"] is null)
            {
                item.Insert(0, "kind", type.Kind);
                item.Insert(0, "apiVersion", type.ApiVersion);
            }

            yield return new KubernetesObject(item);
        }
    }

    private async Task<JsonObject> GetPageAsync(ResourceType type, string? ns, ListOptions options, int? limit, string? next, CancellationToken ct)
    {
        ApiRequest request = ForList(type, ns, options, "list");
        request = request with { Path = request.Path.With(("limit", Invariant(limit)), ("continue", next)) };
        try
        {
            return await SendAsync(request, ct).ConfigureAwait(false);
        }
        catch (KubernetesException e) when (e.Kind == KubernetesErrorKind.Expired)
        {
            throw new ExpiredPageException(e);
        }
    }

    private ApiRequest ForList(ResourceType type, string? ns, ListOptions options, string verb)
    {
        ArgumentNullException.ThrowIfNull(type);
        ns = options.AllNamespaces ? null : NamespaceOf(type, ns);
        string path = type.Path(ns).With(("labelSelector", options.LabelSelector), ("fieldSelector", options.FieldSelector));
        return new ApiRequest(HttpMethod.Get, path, verb, type.Describe(null, ns)) { IsRepeatable = true };
    }

    private async Task<WatchStream> OpenWatchAsync(ResourceType type, string? ns, ListOptions options, string version, CancellationToken ct)
    {
        ApiRequest request = ForList(type, ns, options, "watch");
        request = request with
        {
            Path = request.Path.With(("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", version),
                ("timeoutSeconds", Invariant((int)WatchTime.TotalSeconds))),
        };
        HttpResponseMessage response = await SendForStreamAsync(request, ct).ConfigureAwait(false);
        return new WatchStream(this, request, response, await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false));
    }

    private sealed class WatchStream(KubernetesClient client, ApiRequest request, HttpResponseMessage response, Stream body) : IDisposable
    {
        private readonly LineReader _lines = new(body);

        /// <summary>The next change, or bookmark without an object; null when the server ended the watch.</summary>
        public async Task<WatchEvent?> ReadAsync(CancellationToken ct)
        {
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(ct);
            silence.CancelAfter(WatchTime + TimeSpan.FromSeconds(30));
            try
            {
                string? line = await _lines.ReadAsync(silence.Token).ConfigureAwait(false);
                return line is null ? null : Parse(line);
            }
            catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
            {
                throw client.TimedOut(request, e);
            }
            catch (JsonException)
            {
                // A connection that ended amid a change: the change comes again.
                return null;
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                throw client.Unreachable(request, e);
            }
        }

        public void Dispose()
        {
            body.Dispose();
            response.Dispose();
        }

        private WatchEvent? Parse(string line)
        {
            var json = (JsonObject)JsonNode.Parse(line)!;
            JsonObject? value = json.Object("object");
            json.Remove("object");
            string type = json.Text("type") ?? "";
            if (value is null)
                return null;
            if (type == "ERROR")
                throw KubernetesException.FromStatus(value, value.Int("code") ?? 500, request.Verb, request.Target, client.Connection.Server, null);
            var item = new KubernetesObject(value);
            return type switch
            {
                "ADDED" => new WatchEvent(WatchEventType.Added, item, item.ResourceVersion),
                "MODIFIED" => new WatchEvent(WatchEventType.Modified, item, item.ResourceVersion),
                "DELETED" => new WatchEvent(WatchEventType.Deleted, item, item.ResourceVersion),
                _ => new WatchEvent(WatchEventType.Synced, null, item.ResourceVersion),
            };
        }
    }

    /// <summary>The version of a list's first page is not known any more.</summary>
    private sealed class ExpiredPageException(KubernetesException error) : Exception(error.Message, error)
    {
        public KubernetesException Error => error;

        /// <summary>The server's offer to go on with the present version; null if it makes none.</summary>
        public string? InconsistentContinue => error.ContinueToken;
    }
}
