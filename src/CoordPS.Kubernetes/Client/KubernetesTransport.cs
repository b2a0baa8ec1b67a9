using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace CoordPS.Kubernetes;

/// <summary>The connections to one API server: pooled, HTTP/2 where the server speaks it, made anew when the client certificate changes.</summary>
internal sealed class KubernetesTransport : IDisposable
{
    private readonly KubernetesConnection _connection;
    private readonly HttpMessageHandler? _handler;
    private readonly Lock _gate = new();
    private readonly List<HttpMessageInvoker> _retired = [];
    private HttpMessageInvoker? _invoker;
    private int _version;

    /// <param name="connection">Where to and as whom.</param>
    /// <param name="handler">Answers instead of a server; null for the network.</param>
    public KubernetesTransport(KubernetesConnection connection, HttpMessageHandler? handler)
    {
        _connection = connection;
        _handler = handler;
    }

    /// <summary>Sends over connections with the credential's certificate of now.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct) => Invoker().SendAsync(request, ct);

    public void Dispose()
    {
        lock (_gate)
        {
            _invoker?.Dispose();
            foreach (HttpMessageInvoker invoker in _retired)
                invoker.Dispose();
        }
    }

    private HttpMessageInvoker Invoker()
    {
        int version = _connection.Credential.CertificateVersion;
        lock (_gate)
        {
            if (_invoker is null || version != _version)
            {
                // What still runs over the old connections ends there.
                if (_invoker is not null)
                    _retired.Add(_invoker);
                _invoker = new HttpMessageInvoker(_handler ?? CreateHandler());
                _version = version;
            }

            return _invoker;
        }
    }

    private SocketsHttpHandler CreateHandler()
    {
        var handler = new SocketsHttpHandler
        {
            AutomaticDecompression = _connection.IsCompressionDisabled ? DecompressionMethods.None : DecompressionMethods.GZip,
            EnableMultipleHttp2Connections = true,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90),
            // A watch is silent for minutes: only these tell that the server's machine or the network has gone.
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            SslOptions = CreateTlsOptions(),
        };
        if (_connection.Proxy is { } proxy)
        {
            handler.Proxy = new WebProxy(proxy)
            {
                Credentials = proxy.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var rest]
                    ? new NetworkCredential(Uri.UnescapeDataString(user), rest is [var password] ? Uri.UnescapeDataString(password) : "")
                    : null,
            };
        }

        return handler;
    }

    private SslClientAuthenticationOptions CreateTlsOptions()
    {
        var options = new SslClientAuthenticationOptions
        {
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            ClientCertificateContext = _connection.Credential.Certificate?.Context,
        };
        string host = _connection.TlsServerName ?? _connection.Server.IdnHost;
        if (_connection.SkipsTlsVerification)
        {
            // Asked for in the kubeconfig, and in the connection's warnings.
#pragma warning disable CA5359
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
            return options;
        }

        if (_connection.Authorities is { } authorities)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            options.CertificateChainPolicy = policy;
        }

        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            ServerCertificateException.Check(certificate, chain, errors, _connection.Authorities, host);
        return options;
    }
}
