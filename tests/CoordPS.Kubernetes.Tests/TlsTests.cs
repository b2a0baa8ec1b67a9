using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using CoordPS.Testing;

namespace CoordPS.Kubernetes.Tests;

public sealed class TlsTests : IDisposable
{
    private readonly TempDirectory _temp = new();
    private readonly X509Certificate2 _authority = TestCertificates.Authority();

    public void Dispose()
    {
        _authority.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public async Task A_server_of_the_configured_authority_is_trusted()
    {
        await using var server = new TlsServer(TestCertificates.Server(_authority));
        using KubernetesClient client = Connect(server.Port, Trust());
        Assert.Equal("v9", await client.GetServerVersionAsync());
    }

    [Fact]
    public async Task A_server_of_another_authority_is_not_trusted()
    {
        using X509Certificate2 other = TestCertificates.Authority("CN=other-ca");
        await using var server = new TlsServer(TestCertificates.Server(other));
        KubernetesException e = await FailAsync(server.Port, Trust());
        Assert.Equal(KubernetesErrorKind.CertificateNotTrusted, e.Kind);
        Assert.Contains("was issued by \"CN=other-ca\", which is not the certificate authority configured", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_not_trusted_unless_that_name_is_configured()
    {
        await using var server = new TlsServer(TestCertificates.Server(_authority, loopback: false));
        KubernetesException e = await FailAsync(server.Port, Trust());
        Assert.Equal(KubernetesErrorKind.CertificateNotTrusted, e.Kind);
        Assert.Contains("it is for kubernetes and not for 127.0.0.1", e.Message, StringComparison.Ordinal);
        using KubernetesClient client = Connect(server.Port, Trust() + ", tls-server-name: kubernetes");
        Assert.Equal("v9", await client.GetServerVersionAsync());
    }

    [Fact]
    public async Task An_expired_server_certificate_says_since_when()
    {
        await using var server = new TlsServer(TestCertificates.Server(_authority, DateTimeOffset.UtcNow.AddDays(-30)));
        KubernetesException e = await FailAsync(server.Port, Trust());
        Assert.Equal(KubernetesErrorKind.CertificateNotTrusted, e.Kind);
        Assert.Contains($"it expired on {DateTimeOffset.UtcNow.AddDays(-30):yyyy-MM-dd}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_the_insecure_flag_any_certificate_will_do()
    {
        await using var server = new TlsServer(TestCertificates.Server(_authority, DateTimeOffset.UtcNow.AddDays(-30)));
        using KubernetesClient client = Connect(server.Port, "insecure-skip-tls-verify: true");
        Assert.Equal("v9", await client.GetServerVersionAsync());
    }

    [Fact]
    public async Task A_client_certificate_that_a_handshake_refuses_says_when_it_expired()
    {
        await using var server = new TlsServer(TestCertificates.Server(_authority), refuseClients: true);
        KubernetesException e = await FailAsync(server.Port, Trust(), User(TestCertificates.ClientPem(DateTimeOffset.UtcNow.AddDays(-3))));
        Assert.Equal(KubernetesErrorKind.ClientCertificateExpired, e.Kind);
        Assert.Contains($"expired on {DateTimeOffset.UtcNow.AddDays(-3):yyyy-MM-dd}", e.Message, StringComparison.Ordinal);
        Assert.Contains("'u'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_listen_is_unreachable_and_named()
    {
        int port = FreePort.Next();
        KubernetesException e = await FailAsync(port, Trust());
        Assert.Equal(KubernetesErrorKind.Unreachable, e.Kind);
        Assert.Contains($"127.0.0.1:{port}", e.Message, StringComparison.Ordinal);
        Assert.Contains("the connection was refused", e.Message, StringComparison.Ordinal);
    }

    [LinuxTheory]
    [InlineData(5, "CN=first")]
    [InlineData(-5, "CN=second")]
    public async Task A_client_certificate_of_an_exec_plugin_is_presented_until_it_expires(int minutes, string second)
    {
        foreach (string name in new[] { "first", "second" })
        {
            (string certificate, string key) = TestCertificates.ClientPem(name: $"CN={name}");
            File.WriteAllText(_temp.Combine(name), new JsonObject
            {
                ["apiVersion"] = "client.authentication.k8s.io/v1",
                ["kind"] = "ExecCredential",
                ["status"] = new JsonObject
                {
                    ["clientCertificateData"] = certificate,
                    ["clientKeyData"] = key,
                    ["expirationTimestamp"] = $"{DateTime.UtcNow.AddMinutes(minutes):yyyy-MM-ddTHH:mm:ssZ}",
                },
            }.ToJsonString());
        }

        File.WriteAllText(_temp.Combine("plugin.sh"), $"cat {_temp.Combine("first")}; cp {_temp.Combine("second")} {_temp.Combine("first")}");
        await using var server = new TlsServer(TestCertificates.Server(_authority));
        using KubernetesClient client = Connect(server.Port, Trust(),
            $"{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: ['{_temp.Combine("plugin.sh")}'], interactiveMode: Never}}}}");
        await client.GetServerVersionAsync();
        Assert.Equal("CN=first", server.LastClient);
        await client.GetServerVersionAsync();
        Assert.Equal(second, server.LastClient);
    }

    [Fact]
    public async Task A_proxy_is_gone_through_with_its_password()
    {
        await using var server = new TlsServer(TestCertificates.Server(_authority));
        await using var proxy = new TunnelProxy();
        using KubernetesClient client = Connect(server.Port, $"{Trust()}, proxy-url: 'http://me:secret@127.0.0.1:{proxy.Port}'");
        Assert.Equal("v9", await client.GetServerVersionAsync());
        Assert.Equal([$"CONNECT 127.0.0.1:{server.Port} HTTP/1.1", $"Proxy-Authorization: Basic {Base64("me:secret")}"], proxy.Seen);
    }

    [Fact]
    public async Task A_proxy_that_is_away_is_named()
    {
        int port = FreePort.Next();
        KubernetesException e = await FailAsync(1, $"{Trust()}, proxy-url: 'socks5://127.0.0.1:{port}'");
        Assert.Equal(KubernetesErrorKind.Unreachable, e.Kind);
        Assert.Contains($"through the proxy 127.0.0.1:{port}", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RSA PRIVATE KEY")]
    [InlineData("PRIVATE KEY")]
    [InlineData("EC PRIVATE KEY")]
    public async Task Client_keys_of_all_forms_are_presented(string form)
    {
        using AsymmetricAlgorithm key = form.StartsWith("EC", StringComparison.Ordinal) ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : RSA.Create(2048);
        CertificateRequest request = key is ECDsa ec ? new CertificateRequest("CN=me", ec, HashAlgorithmName.SHA256) : new CertificateRequest("CN=me", (RSA)key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string pem = form switch
        {
            "RSA PRIVATE KEY" => ((RSA)key).ExportRSAPrivateKeyPem(),
            "EC PRIVATE KEY" => ((ECDsa)key).ExportECPrivateKeyPem(),
            _ => key.ExportPkcs8PrivateKeyPem(),
        };
        Assert.Contains($"BEGIN {form}", pem, StringComparison.Ordinal);
        await using var server = new TlsServer(TestCertificates.Server(_authority));
        using KubernetesClient client = Connect(server.Port, Trust(), User((certificate.ExportCertificatePem(), pem)));
        await client.GetServerVersionAsync();
        Assert.Equal("CN=me", server.LastClient);
    }

    private static string User((string Certificate, string Key) pem) =>
        $"{{client-certificate-data: {Base64(pem.Certificate)}, client-key-data: {Base64(pem.Key)}}}";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    private string Trust() => $"certificate-authority-data: {Base64(_authority.ExportCertificatePem())}";

    private async Task<KubernetesException> FailAsync(int port, string cluster, string user = "{}")
    {
        using KubernetesClient client = Connect(port, cluster, user);
        return await Assert.ThrowsAsync<KubernetesException>(() => client.GetServerVersionAsync());
    }

    private KubernetesClient Connect(int port, string cluster, string user = "{}")
    {
        string file = _temp.Combine("config");
        File.WriteAllText(file, $$"""
            clusters: [{name: c, cluster: {server: 'https://127.0.0.1:{{port}}', {{cluster}} } }]
            contexts: [{name: x, context: {cluster: c, user: u} }]
            users: [{name: u, user: {{user}} }]
            current-context: x
            """);
        return KubernetesClient.Load(file);
    }

    /// <summary>A proxy that asks for a password and makes tunnels.</summary>
    private sealed class TunnelProxy : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly List<string> _seen = [];
        private readonly Task _serving;

        public TunnelProxy()
        {
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _serving = Task.Run(ServeAsync);
        }

        public int Port { get; }

        /// <summary>The request with the password that came last.</summary>
        public IReadOnlyList<string> Seen => _seen;

        public async ValueTask DisposeAsync()
        {
            _listener.Dispose();
            await _serving;
        }

        private async Task ServeAsync()
        {
            while (true)
            {
                try
                {
                    using TcpClient client = await _listener.AcceptTcpClientAsync();
                    NetworkStream stream = client.GetStream();
                    while (await ReadHeadAsync(stream) is [{ Length: > 0 } request, .. var headers])
                    {
                        if (headers.FirstOrDefault(h => h.StartsWith("Proxy-Authorization", StringComparison.Ordinal)) is not { } password)
                        {
                            await stream.WriteAsync("HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
                            continue;
                        }

                        _seen.AddRange([request, password]);
                        using var server = new TcpClient();
                        await server.ConnectAsync(IPAddress.Loopback, int.Parse(request.Split(' ', ':')[2], System.Globalization.CultureInfo.InvariantCulture));
                        await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
                        await Task.WhenAny(stream.CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(stream));
                        break;
                    }
                }
                catch (IOException)
                {
                    // The client went.
                }
                catch (Exception e) when (e is SocketException or InvalidOperationException)
                {
                    return;
                }
            }
        }

        private static async Task<string[]> ReadHeadAsync(NetworkStream stream)
        {
            var head = new StringBuilder();
            byte[] one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1)
                head.Append((char)one[0]);
            return head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        }
    }

    /// <summary>Says its version to everybody who comes by TLS.</summary>
    private sealed class TlsServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly X509Certificate2 _certificate;
        private readonly bool _refuseClients;
        private readonly Task _serving;

        public TlsServer(X509Certificate2 certificate, bool refuseClients = false)
        {
            _certificate = certificate;
            _refuseClients = refuseClients;
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _serving = Task.Run(ServeAsync);
        }

        public int Port { get; }

        public string? LastClient { get; private set; }

        public async ValueTask DisposeAsync()
        {
            _listener.Dispose();
            await _serving;
            _certificate.Dispose();
        }

        private async Task ServeAsync()
        {
            while (true)
            {
                try
                {
                    using TcpClient client = await _listener.AcceptTcpClientAsync();
                    await using var tls = new SslStream(client.GetStream());
                    await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                    {
                        ServerCertificate = _certificate,
                        ClientCertificateRequired = true,
                        RemoteCertificateValidationCallback = (_, _, _, _) => !_refuseClients,
                    });
                    LastClient = tls.RemoteCertificate?.Subject;
                    using var reader = new StreamReader(tls);
                    while (await reader.ReadLineAsync() is { Length: > 0 })
                    {
                        // Headers don't matter.
                    }

                    await tls.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 19\r\nConnection: close\r\n\r\n{\"gitVersion\":\"v9\"}"u8.ToArray());
                }
                catch (Exception e) when (e is IOException or AuthenticationException)
                {
                    // The client went, as some tests mean it to.
                }
                catch (Exception e) when (e is SocketException or InvalidOperationException)
                {
                    return;
                }
            }
        }
    }
}
