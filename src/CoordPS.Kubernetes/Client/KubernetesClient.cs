using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>
/// A client of one cluster's API. Safe for use by many callers at once: requests share pooled connections, over HTTP/2 where the server
/// speaks it. All operations throw <see cref="KubernetesException"/> when the server refuses or can't be reached.
/// </summary>
/// <remarks>
/// A request that the server asks to repeat later (429 or 5xx with <c>Retry-After</c>) is repeated up to ten times; one that broke on the
/// way is repeated once if doing it twice is the same as once; one that is not authorized is repeated once with a new credential where an
/// exec plugin gives one.
/// </remarks>
public sealed partial class KubernetesClient : IDisposable
{
    private const int MaxRetries = 10;

    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(30);

    private readonly KubernetesTransport _transport;
    private readonly TimeProvider _clock;

    /// <summary>A client for a connection. Nothing is sent yet.</summary>
    public KubernetesClient(KubernetesConnection connection)
        : this(connection, null, null)
    {
    }

    internal KubernetesClient(KubernetesConnection connection, HttpMessageHandler? handler, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        Connection = connection;
        _transport = new KubernetesTransport(connection, handler);
        _clock = clock ?? TimeProvider.System;
        Discovery = new KubernetesDiscovery(this);
    }

    /// <summary>Where to, and as whom.</summary>
    public KubernetesConnection Connection { get; }

    /// <summary>The namespace that is used where none is given.</summary>
    public string Namespace => Connection.Namespace;

    /// <summary>What the server serves.</summary>
    public KubernetesDiscovery Discovery { get; }

    /// <summary>How long one attempt of a request may take, watches and followed logs excepted. Default: 60 s.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Called with each warning that the server sends, such as that a version is deprecated. May be called by any thread.</summary>
    public Action<string>? OnWarning { get; set; }

    /// <summary>Called before a request or a watch is tried again, with the reason. May be called by any thread.</summary>
    public Action<string>? OnRetry { get; set; }

    /// <summary>A client for what kubectl would use; see <see cref="KubernetesConnection.Load"/>.</summary>
    /// <exception cref="KubernetesException">Nothing is configured, or an entry or file is missing or wrong; the message names it.</exception>
    public static KubernetesClient Load(string? path = null, string? context = null, string? namespaceOverride = null) =>
        new(KubernetesConnection.Load(path, context, namespaceOverride));

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();

    /// <summary>The server's version, such as <c>v1.29.3</c>.</summary>
    public async Task<string> GetServerVersionAsync(CancellationToken ct = default) =>
        (await GetRawAsync("version", ct).ConfigureAwait(false)).Text("gitVersion") ?? "";

    /// <summary>Gets any path of the server as JSON, such as <c>apis/metrics.k8s.io/v1beta1/namespaces/shop/pods</c>.</summary>
    /// <param name="path">Path and query, relative to the server.</param>
    /// <param name="ct">Cancels it.</param>
    public Task<JsonObject> GetRawAsync(string path, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        return SendAsync(new ApiRequest(HttpMethod.Get, path.TrimStart('/'), "get", path) { IsRepeatable = true }, ct);
    }

    /// <summary>Sends a request and reads the JSON object of the answer.</summary>
    internal async Task<JsonObject> SendAsync(ApiRequest request, CancellationToken ct)
    {
        HttpResponseMessage? response = null;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            response = await SendForResponseAsync(request, timeout, ct).ConfigureAwait(false);
            Stream body = await response.Content.ReadAsStreamAsync(timeout.Token).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                JsonNode? json = await JsonNode.ParseAsync(body, cancellationToken: timeout.Token).ConfigureAwait(false);
                return json as JsonObject ?? throw NotAnApiServer(request, null);
            }
        }
        catch (JsonException e)
        {
            throw NotAnApiServer(request, e);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw TimedOut(request, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Unreachable(request, e);
        }
        finally
        {
            response?.Dispose();
        }
    }

    /// <summary>Sends a request and returns the answer as soon as its headers are there; it is a success, and its body may last as long as it likes.</summary>
    internal async Task<HttpResponseMessage> SendForStreamAsync(ApiRequest request, CancellationToken ct)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            HttpResponseMessage response = await SendForResponseAsync(request, timeout, ct).ConfigureAwait(false);
            timeout.CancelAfter(Timeout.InfiniteTimeSpan);
            return response;
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw TimedOut(request, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Unreachable(request, e);
        }
    }

    /// <summary>The error for a connection that could not be made, or broke.</summary>
    internal KubernetesException Unreachable(ApiRequest request, Exception cause)
    {
        Uri server = Connection.Server;
        if (Find<KubernetesException>(cause) is { } known)
            return known;
        if (Find<ServerCertificateException>(cause) is { } untrusted)
        {
            return new KubernetesException(KubernetesErrorKind.CertificateNotTrusted,
                $"The certificate of {server.Authority} is not trusted: {untrusted.Message}.",
                "Check the server's address, and certificate-authority and tls-server-name of the kubeconfig's cluster.", cause)
            { Server = server, Target = request.Target };
        }

        HttpRequestError error = Find<HttpRequestException>(cause)?.HttpRequestError ?? Find<HttpIOException>(cause)?.HttpRequestError ?? HttpRequestError.Unknown;
        SocketException? socket = Find<SocketException>(cause);
        bool reached = error is not (HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError);
        if (reached && socket?.SocketErrorCode != SocketError.ConnectionRefused && CertificateOutOfDate(cause) is { } expired)
            return expired;
        string via = Connection.Proxy is { } proxy ? $" through the proxy {proxy.Authority}" : "";
        string reason = error switch
        {
            HttpRequestError.NameResolutionError => "the name is not known",
            HttpRequestError.ProxyTunnelError => $"the proxy refused: {Innermost(cause)}",
            HttpRequestError.SecureConnectionError => $"the TLS handshake failed: {Innermost(cause)}",
            _ when socket is not null => socket.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => "the connection was refused",
                SocketError.ConnectionReset => "the connection was reset",
                _ => socket.Message,
            },
            HttpRequestError.ResponseEnded => "the connection ended before the answer",
            _ => Innermost(cause),
        };
        return new KubernetesException(KubernetesErrorKind.Unreachable,
            $"Can't reach the API server {server.Authority}{via} to {request.Verb} {request.Target}: {reason.TrimEnd('.')}.",
            error switch
            {
                HttpRequestError.ProxyTunnelError => "Check the proxy-url of the kubeconfig's cluster.",
                HttpRequestError.SecureConnectionError => "Check that the server's address in the kubeconfig is that of an API server (https).",
                _ => $"Check that the cluster runs, and the server's address in {Connection.Source}.",
            }, cause)
        { Server = server, Target = request.Target };
    }

    private static T? Find<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T found)
                return found;
        }

        return null;
    }

    private static string Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner)
            exception = inner;
        return exception.Message;
    }

    private async Task<HttpResponseMessage> SendForResponseAsync(ApiRequest request, CancellationTokenSource timeout, CancellationToken ct)
    {
        bool renewed = false, repeated = false;
        for (int retry = 0; ; retry++)
        {
            using HttpRequestMessage message = Build(request);
            // Without a timeout: a credential plugin may ask somebody to sign in.
            await Connection.Credential.PrepareAsync(message, ct).ConfigureAwait(false);
            timeout.CancelAfter(RequestTimeout);
            int certificateVersion = Connection.Credential.CertificateVersion;
            HttpResponseMessage response;
            try
            {
                response = await _transport.SendAsync(message, timeout.Token).ConfigureAwait(false);
            }
            catch (HttpRequestException e) when (!repeated && request.IsRepeatable
                && e.HttpRequestError is HttpRequestError.ResponseEnded or HttpRequestError.HttpProtocolError && Find<ServerCertificateException>(e) is null)
            {
                repeated = true;
                OnRetry?.Invoke($"The connection to {Connection.Server.Authority} broke; trying again to {request.Verb} {request.Target}.");
                continue;
            }

            foreach (string warning in response.Headers.TryGetValues("Warning", out IEnumerable<string>? values) ? values : [])
                OnWarning?.Invoke(WarningText(warning));
            if (response.IsSuccessStatusCode)
                return response;

            using (response)
            {
                if (response.StatusCode == HttpStatusCode.Unauthorized && !renewed && Connection.Credential.Invalidate(message.Headers.Authorization, certificateVersion))
                {
                    renewed = true;
                    OnRetry?.Invoke($"{Connection.Server.Authority} did not accept the credential; trying again with a new one.");
                    timeout.CancelAfter(Timeout.InfiniteTimeSpan);
                    continue;
                }

                KubernetesException error = await ErrorOfAsync(request, response, timeout.Token).ConfigureAwait(false);
                if (error.RetryAfter is not { } delay || retry >= MaxRetries || !((int)response.StatusCode is 429 or >= 500))
                    throw error;
                delay = delay > MaxRetryDelay ? MaxRetryDelay : delay;
                OnRetry?.Invoke($"{Connection.Server.Authority} is busy ({(int)response.StatusCode}); "
                    + $"trying again in {delay.TotalSeconds:0.#} s to {request.Verb} {request.Target}.");
                timeout.CancelAfter(Timeout.InfiniteTimeSpan);
                await Task.Delay(delay, _clock, ct).ConfigureAwait(false);
            }
        }
    }

    private HttpRequestMessage Build(ApiRequest request)
    {
        var message = new HttpRequestMessage(request.Method, new Uri(Connection.Server, request.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        // By this, not by the TLS options, the handler knows which name the certificate must be for.
        if (Connection.TlsServerName is { } name)
            message.Headers.Host = name;
        message.Headers.TryAddWithoutValidation("Accept", request.Accept);
        message.Headers.TryAddWithoutValidation("User-Agent", "CoordPS");
        if (request.Body is not null)
        {
            message.Content = new ByteArrayContent(request.Body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(request.ContentType);
        }

        if (Connection.Impersonation is { } who)
        {
            message.Headers.TryAddWithoutValidation("Impersonate-User", who.User);
            foreach (string group in who.Groups)
                message.Headers.TryAddWithoutValidation("Impersonate-Group", group);
            if (who.Uid is not null)
                message.Headers.TryAddWithoutValidation("Impersonate-Uid", who.Uid);
            foreach ((string key, IReadOnlyList<string> values) in who.Extra)
            {
                foreach (string value in values)
                    message.Headers.TryAddWithoutValidation($"Impersonate-Extra-{Uri.EscapeDataString(key)}", value);
            }
        }

        return message;
    }

    private async Task<KubernetesException> ErrorOfAsync(ApiRequest request, HttpResponseMessage response, CancellationToken ct)
    {
        string body = await response.Content.ReadAsStringAsync(ct).ConfigureAwait(false);
        JsonObject? status = KubernetesException.ParseStatus(body);
        int code = (int)response.StatusCode;
        if (code == 401 && CertificateOutOfDate(null) is { } expired)
            return expired;
        TimeSpan? retryAfter = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - _clock.GetUtcNow() is { Ticks: > 0 } left ? left : TimeSpan.Zero,
            _ => null,
        };
        // Not the API server's words, but those of something before it: a line is enough.
        string? other = status is not null ? null : body.ReplaceLineEndings(" ").Trim() is { Length: > 0 } text
            ? $"the server answered {code}: {(text.Length > 200 ? text[..200] + "…" : text)}"
            : $"the server answered {code} {response.ReasonPhrase}".TrimEnd();
        if (code == 401)
            other = $"{Connection.Server.Authority} does not accept the credentials of '{Connection.UserName}' ({Connection.Source})";
        return KubernetesException.FromStatus(status, code, request.Verb, request.Target, Connection.Server, retryAfter, other);
    }

    private KubernetesException? CertificateOutOfDate(Exception? cause)
    {
        if (Connection.Credential.Certificate?.Certificate is not { } certificate)
            return null;
        DateTimeOffset now = _clock.GetUtcNow(), until = certificate.NotAfter.ToUniversalTime(), from = certificate.NotBefore.ToUniversalTime();
        string? what = now > until ? $"expired on {until:yyyy-MM-dd HH:mm:ss} UTC"
            : now < from ? $"is valid only from {from:yyyy-MM-dd HH:mm:ss} UTC on; this machine's clock says {now:yyyy-MM-dd HH:mm:ss}" : null;
        return what is null ? null : new KubernetesException(KubernetesErrorKind.ClientCertificateExpired,
            $"The client certificate of '{Connection.UserName}' ({Connection.Source}) {what}, and {Connection.Server.Authority} does not accept it.",
            now > until ? "Get a new certificate or kubeconfig from whoever runs the cluster (with kubeadm: kubeadm certs renew admin.conf)." : "Set the clock.", cause)
        { Server = Connection.Server, StatusCode = cause is null ? 401 : null };
    }

    private KubernetesException NotAnApiServer(ApiRequest request, Exception? cause) => new(KubernetesErrorKind.Other,
        $"What answers at {Connection.Server.Authority} is no Kubernetes API server: asked to {request.Verb} {request.Target}, it sent no JSON object.",
        $"Check the server's address in {Connection.Source}.", cause)
    { Server = Connection.Server, Target = request.Target };

    private KubernetesException TimedOut(ApiRequest request, Exception cause) => new(KubernetesErrorKind.Timeout,
        $"The API server {Connection.Server.Authority} did not answer within {RequestTimeout.TotalSeconds:0.#} s when asked to {request.Verb} {request.Target}.",
        "Try again later, or look at the API server's health.", cause)
    { Server = Connection.Server, Target = request.Target };

    /// <summary>The text of a Warning header: <c>299 - "text"</c>.</summary>
    private static string WarningText(string header)
    {
        int start = header.IndexOf('"', StringComparison.Ordinal), end = header.LastIndexOf('"');
        return end > start && start >= 0 ? header[(start + 1)..end].Replace("\\\"", "\"", StringComparison.Ordinal) : header;
    }
}
